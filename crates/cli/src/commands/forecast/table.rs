//! The forecast for people: the sums of each day, then account by account who is concerned, then what it assumes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_forecast::{ASSUMPTIONS, AccountForecast, DaySums, ForecastStep, Hosts, sums};
use keywheel_report::text::{counted, day, shortened, tame};

type Column = (&'static str, fn(&DaySums) -> usize);

const COLUMNS: [Column; 10] = [
    ("warn", |day| day.done(StepKind::Warn)),
    ("create", |day| day.done(StepKind::Create)),
    ("publish", |day| day.done(StepKind::Publish)),
    ("hold", |day| day.done(StepKind::Hold)),
    ("deactivate", |day| day.done(StepKind::Deactivate)),
    ("retire", |day| day.done(StepKind::Retire)),
    ("delete", |day| day.done(StepKind::Delete)),
    ("reconcile", |day| day.done(StepKind::Reconcile)),
    ("undone", DaySums::undone),
    ("cut off", |day| day.cut_off),
];

/// Characters of a column of numbers.
const WIDTH: usize = 12;

/// The most characters of a name that a stranger chose, and of an error.
const LONGEST_NAME: usize = 32;
const LONGEST_ERROR: usize = 120;

pub(super) fn text(forecasts: &[AccountForecast], hosts: Hosts, days: u32) -> String {
    let mut text = String::new();
    by_day(&mut text, forecasts);
    for forecast in forecasts {
        of_account(&mut text, forecast);
    }
    let assumed = match hosts {
        Hosts::Installed => "whoever used the old key installs the new one on the day of its publication, and uses it",
        Hosts::NotInstalled => "hosts go on with the old key, whatever they are told",
    };
    let _ = writeln!(
        text,
        "{} of {} in enforce, assuming that",
        counted(to_usize(days), "day"),
        counted(forecasts.len(), "account")
    );
    for line in std::iter::once(assumed).chain(ASSUMPTIONS) {
        let _ = writeln!(text, "  - {line}");
    }
    text
}

fn to_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Columns without a number are left out, and so are days without a step.
fn by_day(text: &mut String, forecasts: &[AccountForecast]) {
    let days = sums(forecasts);
    let shown: Vec<_> = COLUMNS.iter().filter(|(_, count)| days.values().any(|day| count(day) > 0)).collect();
    if shown.is_empty() {
        text.push_str("nothing is due on any of these days\n\n");
        return;
    }
    let date = |number: u32| {
        let nights = forecasts.iter().flat_map(|forecast| &forecast.nights);
        nights.filter(|night| night.number == number).map(|night| night.at).min().map(day).unwrap_or_default()
    };
    let headings: Vec<_> = shown.iter().map(|(name, _)| format!("{name:>WIDTH$}")).collect();
    let _ = writeln!(text, "{:<10}{}", "day", headings.concat());
    for (number, sums) in days.iter().filter(|(_, sums)| shown.iter().any(|(_, count)| count(sums) > 0)) {
        let counts: Vec<_> = shown.iter().map(|(_, count)| cell(count(sums))).collect();
        let _ = writeln!(text, "{:<10}{}", date(*number), counts.concat());
    }
    text.push('\n');
}

fn cell(count: usize) -> String {
    if count == 0 { format!("{:>WIDTH$}", "-") } else { format!("{count:>WIDTH$}") }
}

/// What is done, and the first day of what is held, left undone or failing.
fn of_account(text: &mut String, forecast: &AccountForecast) {
    let mut lines = Vec::new();
    let (mut told, mut errors) = (BTreeSet::new(), BTreeSet::new());
    for night in &forecast.nights {
        if let Some(error) = night.error.as_ref().filter(|error| errors.insert((*error).clone())) {
            lines.push(format!("  {}  {}", day(night.at), shortened(&tame(error), LONGEST_ERROR)));
        }
        for step in night.steps.iter().filter(|step| is_shown(step)) {
            let key = (step.user.clone(), named(step), step.step, step.reason, step.status);
            if step.is_change() || told.insert(key) {
                lines.push(format!("  {}  {}", day(night.at), line(step)));
            }
        }
    }
    if !lines.is_empty() {
        let name = shortened(&tame(&forecast.name), LONGEST_NAME);
        let _ = writeln!(text, "{}\n{}\n", format!("{} {name}", forecast.account).trim_end(), lines.join("\n"));
    }
}

/// A publication goes with its replacement, and warnings are many: the data has both.
fn is_shown(step: &ForecastStep) -> bool {
    let is_quiet = matches!(step.step, StepKind::Warn | StepKind::Publish | StepKind::Skip);
    !is_quiet || step.status != StepStatus::Done
}

fn named(step: &ForecastStep) -> String {
    match (&step.access_key_id, &step.replaces) {
        (Some(key), _) => key.shortened(),
        (None, Some(old)) => format!("after {}", old.shortened()),
        (None, None) if step.is_new_key => "new key".to_owned(),
        (None, None) => "-".to_owned(),
    }
}

fn line(step: &ForecastStep) -> String {
    let kind = if step.status == StepStatus::Done { String::new() } else { format!(" {}", step.status.as_str()) };
    let cut = if step.cuts_off_hosts { "; its hosts use it" } else { "" };
    let user = shortened(step.user.as_str(), LONGEST_NAME);
    format!(
        "{:<20}  {user:<LONGEST_NAME$}  {:<15}  {}{cut}",
        format!("{}{kind}", step.step.as_str()),
        named(step),
        step.reason.code()
    )
}
