//! What the page's template sees. Numbers and dates are texts already.

use serde::Serialize;

use super::accounts::{AccountRow, FailureRow, SkippedRow};
use super::calendar::Calendar;
use super::histogram::Histogram;
use super::needs::Need;
use super::policy::{ExemptionRow, HoldRow};
use super::{accounts, needs, percent, policy};
use crate::Report;
use crate::model::{Compliance, Source};
use crate::text::{counted, number};

/// Rows of a list that are shown; all keys are in the table anyway.
pub(super) const SHOWN: usize = 200;

#[derive(Debug, Serialize)]
pub(super) struct Page {
    title: String,
    source: String,
    generated: String,
    mode: &'static str,
    headline: String,
    subline: String,
    policy: Vec<String>,
    tiles: Vec<Tile>,
    needs: Vec<Need>,
    histogram: Option<Histogram>,
    calendar: Calendar,
    holds: List<HoldRow>,
    exemptions: List<ExemptionRow>,
    failures: Vec<FailureRow>,
    skipped: Vec<SkippedRow>,
    accounts: List<AccountRow>,
    sums: String,
    keys: String,
    without_details: String,
}

/// A compliance with its share of all keys.
#[derive(Debug, Serialize)]
struct Tile {
    compliance: &'static str,
    mark: &'static str,
    count: String,
    meaning: &'static str,
    /// Percent of the bar's width.
    x: String,
    width: String,
}

/// The first rows of a list, and how many more there are.
#[derive(Debug, Serialize)]
pub(super) struct List<T> {
    pub(super) rows: Vec<T>,
    pub(super) count: String,
    pub(super) more: String,
}

impl<T> List<T> {
    pub(super) fn of(mut rows: Vec<T>, shown: usize) -> Self {
        let (count, more) = (rows.len(), rows.len().saturating_sub(shown));
        rows.truncate(shown);
        let more = if more > 0 { number(more) } else { String::new() };
        Self { rows, count: number(count), more }
    }
}

impl Page {
    pub(super) fn of(report: &Report) -> Self {
        let keys = &report.totals.keys;
        let of = report.organization.as_ref().map(|id| format!(" of {id}")).unwrap_or_default();
        let without: usize = report.accounts.iter().map(|account| account.keys_without_details).sum();
        Self {
            title: format!("Access keys{of}"),
            source: source(report),
            generated: format!("{:.0}", report.generated),
            mode: report.mode.as_str(),
            headline: headline(report),
            subline: subline(report),
            policy: policy::sentences(report),
            tiles: tiles(report),
            needs: needs::of(report),
            histogram: Histogram::of(report),
            calendar: Calendar::of(report),
            holds: policy::holds(report),
            exemptions: policy::exemptions(report),
            failures: accounts::failures(report),
            skipped: accounts::skipped(report),
            accounts: accounts::rows(report),
            sums: accounts::sums(report),
            keys: counted(keys.listed, "key"),
            without_details: if without > 0 { counted(without, "key") } else { String::new() },
        }
    }
}

fn source(report: &Report) -> String {
    match &report.source {
        Source::LiveAudit => "A look at the accounts".to_owned(),
        Source::Run { run_id, listed_at } => format!("Run {run_id} of {listed_at:.0}"),
    }
}

fn headline(report: &Report) -> String {
    let keys = &report.totals.keys;
    let pressing = keys.overdue + keys.held + keys.unknown;
    match (pressing, keys.listed) {
        (_, 0) => "No access key was seen".to_owned(),
        (0, listed) => format!("{} as the policy wants them", counted(listed, "key")),
        (pressing, listed) => format!("{} of {} need a look", number(pressing), counted(listed, "key")),
    }
}

fn subline(report: &Report) -> String {
    let (keys, accounts) = (&report.totals.keys, &report.totals.accounts);
    let missing = accounts.listed - accounts.answered - accounts.skipped;
    let share = percent(keys.compliant + keys.due, keys.listed);
    let of_keys = format!("{share:.0} % of all keys are within the policy today.");
    if missing == 0 {
        return format!("{of_keys} Every account in scope answered.");
    }
    format!("{of_keys} Of {} not all is known.", counted(missing, "account"))
}

fn tiles(report: &Report) -> Vec<Tile> {
    let keys = &report.totals.keys;
    let mut before = 0;
    let tiles = Compliance::ALL.into_iter().map(|compliance| {
        let count = keys.of_compliance(compliance);
        let tile = Tile {
            compliance: compliance.as_str(),
            mark: mark(compliance),
            count: number(count),
            meaning: meaning(compliance),
            x: format!("{:.3}%", percent(before, keys.listed)),
            width: format!("{:.3}%", percent(count, keys.listed)),
        };
        before += count;
        tile
    });
    tiles.collect()
}

/// A shape that tells a compliance without any colour.
pub(super) fn mark(compliance: Compliance) -> &'static str {
    match compliance {
        Compliance::Overdue => "▲",
        Compliance::Held => "◆",
        Compliance::Unknown => "?",
        Compliance::Due => "●",
        Compliance::Exempt => "○",
        Compliance::Compliant => "✓",
    }
}

fn meaning(compliance: Compliance) -> &'static str {
    match compliance {
        Compliance::Overdue => "its day has come and nothing was done",
        Compliance::Held => "its day has come and it may be in use",
        Compliance::Unknown => "not enough is known to tell",
        Compliance::Due => "its next step is near",
        Compliance::Exempt => "its user is exempt",
        Compliance::Compliant => "as the policy wants it",
    }
}
