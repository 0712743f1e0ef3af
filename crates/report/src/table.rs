//! The report for people at a terminal: what needs them first, then equal failures together, and a count at the end.
//!
//! Nothing here decides on colour: spans carry a [`Style`], and whoever prints gives it one, or none. All makes sense without.

mod failures;
mod rows;

use crate::Report;
use crate::model::{Compliance, Source};
use crate::text::{counted, number, tame};

/// Which keys are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Also those that are as the policy wants them.
    pub all: bool,
}

/// What a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text.
    Plain,
    /// The head of a part or of a column.
    Heading,
    /// As it should be.
    Good,
    /// Needs attention soon.
    Warning,
    /// Needs attention now.
    Bad,
    /// Less important than the rest.
    Faint,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its text, without line breaks and without anything that a terminal would act on.
    pub text: String,
    /// What it is.
    pub style: Style,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Span>);

impl Line {
    fn of(style: Style, text: &str) -> Self {
        Self::default().with(style, text)
    }

    fn with(mut self, style: Style, text: &str) -> Self {
        self.0.push(Span { text: tame(text), style });
        self
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text: String = self.0.iter().map(|span| span.text.as_str()).collect();
        f.write_str(text.trim_end())
    }
}

/// The report as lines.
#[must_use]
pub fn render(report: &Report, options: Options) -> Vec<Line> {
    let mut lines = vec![title(report), Line::default()];
    lines.extend(rows::lines(report, options));
    lines.extend(failures::lines(report));
    lines.extend(closing(report, options));
    lines
}

/// The lines as plain text.
#[must_use]
pub fn plain(lines: &[Line]) -> String {
    lines.iter().flat_map(|line| [line.to_string(), "\n".to_owned()]).collect()
}

fn title(report: &Report) -> Line {
    let of = report.organization.as_ref().map(|id| format!(" of {id}")).unwrap_or_default();
    let source = match &report.source {
        Source::LiveAudit => format!("as seen at {:.0}", report.generated),
        Source::Run { run_id, listed_at } => {
            format!("by run {run_id} of {listed_at:.0}, mode {}", report.mode.as_str())
        }
    };
    Line::of(Style::Heading, &format!("Access keys{of}")).with(Style::Faint, &format!(", {source}"))
}

fn closing(report: &Report, options: Options) -> Vec<Line> {
    let (accounts, keys) = (&report.totals.accounts, &report.totals.keys);
    let mut lines = Vec::new();
    let without: usize = report.accounts.iter().map(|account| account.keys_without_details).sum();
    if without > 0 {
        let text = format!("{} without details: nothing is known of them but their number", counted(without, "key"));
        lines.push(Line::of(Style::Faint, &text));
    }
    if !options.all && keys.compliant > 0 {
        lines.push(Line::of(Style::Faint, &format!("not shown: {}", counted(keys.compliant, "compliant key"))));
    }
    let ended = crate::model::Ended::ALL.into_iter().filter(|ended| accounts.ended(*ended) > 0);
    let ended: Vec<_> = ended.map(|ended| format!("{} {}", number(accounts.ended(ended)), ended.words())).collect();
    lines.push(Line::of(Style::Plain, &sum(&counted(accounts.listed, "account"), &ended)));
    let mut line = Line::of(Style::Plain, &counted(keys.listed, "key"));
    let stands = Compliance::ALL.into_iter().filter(|compliance| keys.of_compliance(*compliance) > 0);
    for (place, compliance) in stands.enumerate() {
        let count = number(keys.of_compliance(compliance));
        let between = if place == 0 { ": " } else { ", " };
        line =
            line.with(Style::Plain, between).with(rows::style(compliance), &format!("{count} {}", compliance.as_str()));
    }
    lines.push(line.with(Style::Plain, &format!("; {}", counted(report.totals.users, "user"))));
    lines
}

fn sum(what: &str, parts: &[String]) -> String {
    if parts.is_empty() { what.to_owned() } else { format!("{what}: {}", parts.join(", ")) }
}
