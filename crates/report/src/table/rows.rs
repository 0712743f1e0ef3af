//! One line per key, the gravest first.

use keywheel_core::observed::KeyStatus;

use super::{Line, Options, Style};
use crate::Report;
use crate::model::{AccountReport, Compliance, KeyReport, LastUse, Standing};
use crate::text::{day, shortened, tame};

const HEADINGS: [&str; 10] =
    ["compliance", "account", "user", "key", "status", "age", "last used", "standing", "next", "due"];

/// The most characters of a name that a stranger chose.
const LONGEST_NAME: usize = 28;

/// The most of a step with its reason and the hosts that it waits for.
const LONGEST_NEXT: usize = 72;

pub(super) fn lines(report: &Report, options: Options) -> Vec<Line> {
    let is_shown = |key: &KeyReport| options.all || key.compliance != Compliance::Compliant;
    let mut keys: Vec<_> = report.keys().filter(|(_, key)| is_shown(key)).collect();
    keys.sort_by_key(|(_, key)| (key.compliance, key.due));
    if keys.is_empty() {
        return Vec::new();
    }
    let cells: Vec<_> = keys.iter().map(|(account, key)| (key.compliance, cells(report, account, key))).collect();
    let widths = widths(&cells);
    let mut lines = vec![line(&HEADINGS.map(str::to_owned), &widths, Style::Heading, Style::Heading)];
    lines.extend(cells.iter().map(|(compliance, cells)| line(cells, &widths, style(*compliance), Style::Plain)));
    lines.push(Line::default());
    lines
}

/// How a key that stands so is shown.
pub(super) fn style(compliance: Compliance) -> Style {
    match compliance {
        Compliance::Overdue | Compliance::Unknown => Style::Bad,
        Compliance::Held | Compliance::Due => Style::Warning,
        Compliance::Exempt => Style::Faint,
        Compliance::Compliant => Style::Good,
    }
}

fn cells(report: &Report, account: &AccountReport, key: &KeyReport) -> [String; 10] {
    let status = match key.status {
        Some(KeyStatus::Active) => "active",
        Some(KeyStatus::Inactive) => "inactive",
        None => "?",
    };
    let age = key.age(account.looked_at.unwrap_or(report.generated)).map_or("?".to_owned(), |days| format!("{days} d"));
    let next = match (key.next_step, key.reason) {
        (Some(step), Some(reason)) => format!("{} ({reason})", step.as_str()),
        (Some(step), None) => step.as_str().to_owned(),
        (None, Some(reason)) => format!("({reason})"),
        (None, None) => "-".to_owned(),
    };
    let hosts = if key.hosts.is_empty() { String::new() } else { format!(" on {}", key.hosts) };
    [
        key.compliance.as_str().to_owned(),
        shortened(&tame(&account_name(account)), LONGEST_NAME),
        shortened(key.user.as_str(), LONGEST_NAME),
        key.access_key_id.shortened(),
        status.to_owned(),
        age,
        last_use(&key.last_used),
        standing(key),
        shortened(&format!("{next}{hosts}"), LONGEST_NEXT),
        key.due.map_or("-".to_owned(), day),
    ]
}

fn account_name(account: &AccountReport) -> String {
    match &account.name {
        Some(name) => format!("{} {}", account.account, name),
        None => account.account.to_string(),
    }
}

fn last_use(last_used: &LastUse) -> String {
    match last_used {
        LastUse::Never => "never".to_owned(),
        LastUse::Used(key_use) => format!("{} {}", day(key_use.at), tame(&key_use.service)),
        LastUse::Unknown { .. } => "?".to_owned(),
    }
}

fn standing(key: &KeyReport) -> String {
    let other = match key.standing {
        Standing::Superseded => key.superseded_by.as_ref().map(|by| format!(" by {}", by.shortened())),
        Standing::Current => key.replaces.as_ref().map(|old| format!(" after {}", old.shortened())),
        _ => None,
    };
    format!("{}{}", key.standing.as_str(), other.unwrap_or_default())
}

fn widths(rows: &[(Compliance, [String; 10])]) -> [usize; 10] {
    let mut widths = HEADINGS.map(|heading| heading.chars().count());
    for (_, cells) in rows {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths
}

fn line(cells: &[String; 10], widths: &[usize; 10], first: Style, others: Style) -> Line {
    let mut line = Line::default();
    for (place, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let padded = format!("{cell:<width$}  ");
        line = line.with(if place == 0 { first } else { others }, &padded);
    }
    line
}
