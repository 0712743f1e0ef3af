//! The plan for people: a line per step, what the reasons mean, and a count at the end.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::contract::manifest::ManifestAccount;
use keywheel_core::plan::{Step, StepKind};
use keywheel_report::table::{Line, Span, Style};
use keywheel_report::text::{counted, day, number, shortened, tame};

use super::rows::Row;
use crate::look::Looked;

const HEADINGS: [&str; 7] = ["step", "account", "user", "key", "due", "last used", "why"];

/// The most characters of a name that a stranger chose.
const LONGEST_NAME: usize = 28;

/// The plan as lines.
pub(super) fn lines(looked: &Looked, rows: &[Row<'_>]) -> Vec<Line> {
    let steps: Vec<_> = rows
        .iter()
        .filter_map(|row| if let Row::Step(account, step) = row { Some((*account, *step)) } else { None })
        .collect();
    let mut lines = Vec::new();
    if !steps.is_empty() {
        lines.extend(table(&steps));
        lines.push(Line::default());
        lines.extend(meanings(&steps));
        lines.push(Line::default());
    }
    lines.extend(closing(looked, &steps));
    lines
}

fn table(steps: &[(&ManifestAccount, &Step)]) -> Vec<Line> {
    let rows: Vec<_> = steps.iter().map(|(account, step)| (style(step), cells(account, step))).collect();
    let mut widths = HEADINGS.map(|heading| heading.chars().count());
    for (_, cells) in &rows {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String; 7], style: Style| {
        let spans = cells.iter().zip(widths).enumerate().map(|(place, (cell, width))| Span {
            text: format!("{cell:<width$}  "),
            style: if place == 0 || style == Style::Heading { style } else { Style::Plain },
        });
        Line(spans.collect())
    };
    let heading = line(&HEADINGS.map(str::to_owned), Style::Heading);
    std::iter::once(heading).chain(rows.iter().map(|(style, cells)| line(cells, *style))).collect()
}

fn style(step: &Step) -> Style {
    match step.kind {
        StepKind::Delete | StepKind::Deactivate | StepKind::Retire | StepKind::Rollback => Style::Bad,
        StepKind::Hold | StepKind::Reconcile => Style::Warning,
        StepKind::Create | StepKind::Publish => Style::Good,
        StepKind::Warn | StepKind::Skip => Style::Faint,
    }
}

fn cells(account: &ManifestAccount, step: &Step) -> [String; 7] {
    let none = || "-".to_owned();
    let last_used = step.last_used.as_ref();
    [
        step.kind.as_str().to_owned(),
        shortened(&tame(format!("{} {}", account.account, account.name).trim_end()), LONGEST_NAME),
        shortened(step.user.as_str(), LONGEST_NAME),
        step.key.as_ref().map_or_else(none, keywheel_core::id::AccessKeyId::shortened),
        step.due.map_or_else(none, day),
        last_used.map_or_else(none, |last| format!("{} {}", day(last.at), tame(&last.service))),
        step.reason.code().to_owned(),
    ]
}

fn meanings(steps: &[(&ManifestAccount, &Step)]) -> Vec<Line> {
    let reasons: BTreeSet<_> = steps.iter().map(|(_, step)| (step.reason.code(), step.reason.meaning())).collect();
    let line = |(code, meaning): (&str, &str)| {
        let span = |text: &str, style| Span { text: text.to_owned(), style };
        Line(vec![span(code, Style::Heading), span(&format!(": {meaning}"), Style::Plain)])
    };
    reasons.into_iter().map(line).collect()
}

/// How many accounts were left out, for each reason.
fn skipped(looked: &Looked) -> Vec<String> {
    let mut reasons: BTreeMap<_, usize> = BTreeMap::new();
    for skipped in &looked.skipped {
        *reasons.entry(skipped.reason).or_default() += 1;
    }
    let code = |reason| serde_json::to_value(reason).ok().and_then(|code| code.as_str().map(str::to_owned));
    let words = reasons.into_iter().filter_map(|(reason, count)| Some((code(reason)?, count)));
    words.map(|(code, count)| format!("{} skipped ({code})", number(count))).collect()
}

fn closing(looked: &Looked, steps: &[(&ManifestAccount, &Step)]) -> Vec<Line> {
    let seen: Vec<_> = looked.surveys().collect();
    let sum = |of: fn(&keywheel_engine::account::Survey) -> usize| seen.iter().map(|(_, one)| of(one)).sum::<usize>();
    let (users, keys) = (sum(|one| one.result.users), sum(|one| one.result.keys));
    let listed = looked.accounts.len() + looked.skipped.len();
    let mut parts = vec![format!("{} looked at", number(seen.len()))];
    let failed = looked.accounts.len() - seen.len();
    parts.extend(Some(failed).filter(|count| *count > 0).map(|count| format!("{} not looked at", number(count))));
    parts.extend(skipped(looked));
    let accounts = format!("{}: {}", counted(listed, "account"), parts.join(", "));
    let mut kinds: BTreeMap<StepKind, usize> = BTreeMap::new();
    for (_, step) in steps {
        *kinds.entry(step.kind).or_default() += 1;
    }
    let kinds: Vec<_> = kinds.iter().map(|(kind, count)| format!("{} {}", number(*count), kind.as_str())).collect();
    let changes = steps.iter().filter(|(_, step)| step.action.is_change()).count();
    let mut planned = format!("{} planned, {}", counted(steps.len(), "step"), counted(changes, "change"));
    if !kinds.is_empty() {
        planned = format!("{planned}: {}", kinds.join(", "));
    }
    let line = |text: String| Line(vec![Span { text, style: Style::Plain }]);
    vec![line(format!("{accounts}; {}, {}", counted(users, "user"), counted(keys, "key"))), line(planned)]
}
