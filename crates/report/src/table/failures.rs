//! Accounts and users of which not all is known, equal failures together.

use super::{Line, Style};
use crate::Report;
use crate::failures::{self, Failure};
use crate::text::shortened;

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
    let head = Line::of(Style::Bad, failure.kind.words()).with(Style::Plain, &format!(": {}", failure.count()));
    let head = head.with(Style::Faint, &format!(" ({})", failure.named(NAMED)));
    [head, Line::of(Style::Plain, &format!("  {}", shortened(&failure.error, LONGEST_ERROR)))]
}
