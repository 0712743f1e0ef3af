//! Accounts and users of which not all is known, equal failures together.

use super::{Line, Style};
use crate::Report;
use crate::failures::{self, Failure};
use crate::text::{counted, shortened};

/// So many names of a group are shown.
const NAMED: usize = 3;
/// The most characters of an error.
const LONGEST_ERROR: usize = 200;

pub(super) fn lines(report: &Report) -> Vec<Line> {
    let failures = failures::grouped(report);
    if failures.is_empty() {
        return Vec::new();
    }
    let mut lines: Vec<Line> = failures.iter().flat_map(of_failure).collect();
    lines.push(Line::default());
    lines
}

fn of_failure(failure: &Failure) -> [Line; 2] {
    let accounts = failure.accounts.len();
    let named: Vec<_> = failure.accounts.iter().take(NAMED).map(|(id, _)| id.to_string()).collect();
    let more = accounts.checked_sub(NAMED).filter(|more| *more > 0);
    let more = more.map(|more| format!(" and {more} more")).unwrap_or_default();
    let head =
        Line::of(Style::Bad, failure.ended.words()).with(Style::Plain, &format!(": {}", counted(accounts, "account")));
    let head = head.with(Style::Faint, &format!(" ({}{more})", named.join(", ")));
    [head, Line::of(Style::Plain, &format!("  {}", shortened(&failure.error, LONGEST_ERROR)))]
}
