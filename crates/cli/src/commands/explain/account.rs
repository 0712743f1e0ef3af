//! An account: what is remembered of it, and every key.

use jiff::Timestamp;
use keywheel_engine::account::Survey;
use keywheel_report::Report;
use keywheel_report::table::{Line, Options, render};

use super::{fact, heading, moment};

/// The account's lines.
pub(super) fn lines(survey: &Survey, report: &Report, now: Timestamp) -> Vec<Line> {
    let mut lines = vec![heading(&format!("account {}", survey.account))];
    let ledger = &survey.ledger;
    if survey.has_memory() {
        lines.extend(ledger.since.map(|at| fact("looked after", &format!("since {}", moment(at, now)))));
        lines.extend(ledger.swept.map(|at| fact("swept", &moment(at, now))));
        if let Some(claim) = ledger.claim.as_ref().filter(|claim| claim.until > now) {
            let text = format!("run {} until {:.0}, unless it renews it", claim.run_id, claim.until);
            lines.push(fact("claimed by", &text));
        }
    } else {
        lines.push(fact("looked after", "never, as far as is known: there is no ledger"));
    }
    lines.push(Line::default());
    lines.extend(render(report, Options { all: true }));
    lines
}
