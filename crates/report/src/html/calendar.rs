//! What is due when, from the week of the report on.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use keywheel_core::plan::StepKind;
use serde::Serialize;

use crate::Report;
use crate::model::Compliance;
use crate::text::{counted, number};

const WEEKS: i64 = 8;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[derive(Debug, Serialize)]
pub(super) struct Calendar {
    weeks: Vec<Vec<Day>>,
    /// What was due before today and is not done.
    past: String,
    /// What is due after the last week shown.
    later: String,
}

#[derive(Debug, Serialize)]
struct Day {
    date: String,
    name: String,
    is_past: bool,
    is_today: bool,
    /// Empty where nothing is due.
    count: String,
    /// How dark the day is, from 0 to 4.
    level: u8,
    steps: String,
}

/// How many of each step are due on a day.
type Steps = BTreeMap<&'static str, usize>;

impl Calendar {
    pub(super) fn of(report: &Report) -> Self {
        let today = TimeZone::UTC.to_datetime(report.generated).date();
        let due = due(report);
        let monday = add(today, -i64::from(today.weekday().to_monday_zero_offset()));
        let end = add(monday, WEEKS * 7);
        let most = due.range(today..end).map(|(_, steps)| steps.values().sum()).max().unwrap_or(0);
        let day = |offset| of_day(add(monday, offset), today, &due, most);
        let weeks = (0..WEEKS).map(|week| (week * 7..week * 7 + 7).map(day).collect()).collect();
        let sum = |steps: &mut dyn Iterator<Item = (&Date, &Steps)>| {
            steps.map(|(_, steps)| steps.values().sum::<usize>()).sum()
        };
        let (past, later) = (sum(&mut due.range(..today)), sum(&mut due.range(end..)));
        let text = |count: usize| if count > 0 { counted(count, "key") } else { String::new() };
        Self { weeks, past: text(past), later: text(later) }
    }
}

/// The end of time where a day cannot be represented.
fn add(date: Date, days: i64) -> Date {
    date.checked_add(days.days()).unwrap_or(Date::MAX)
}

fn due(report: &Report) -> BTreeMap<Date, Steps> {
    let mut due: BTreeMap<Date, Steps> = BTreeMap::new();
    for (_, key) in report.keys().filter(|(_, key)| key.compliance != Compliance::Exempt) {
        // What is done already is due no more.
        let (Some(at), Some(step)) = (key.due, name(key.next_step, key.compliance)) else { continue };
        *due.entry(TimeZone::UTC.to_datetime(at).date()).or_default().entry(step).or_default() += 1;
    }
    due
}

fn name(step: Option<StepKind>, compliance: Compliance) -> Option<&'static str> {
    match step {
        Some(step) => Some(step.as_str()),
        None => matches!(compliance, Compliance::Overdue | Compliance::Due).then_some("for a person"),
    }
}

fn of_day(date: Date, today: Date, due: &BTreeMap<Date, Steps>, most: usize) -> Day {
    let steps = due.get(&date).filter(|_| date >= today);
    let count = steps.map_or(0, |steps| steps.values().sum());
    let month = usize::try_from(date.month() - 1).unwrap_or(0);
    let starts = date.day() == 1 || date == today || date.weekday() == jiff::civil::Weekday::Monday;
    let name = if starts { format!("{} {}", date.day(), MONTHS[month]) } else { date.day().to_string() };
    let text =
        |steps: &Steps| steps.iter().map(|(step, count)| format!("{} {step}", number(*count))).collect::<Vec<_>>();
    Day {
        date: date.to_string(),
        name,
        is_past: date < today,
        is_today: date == today,
        count: if count > 0 { number(count) } else { String::new() },
        level: u8::try_from((count * 4).div_ceil(most.max(1))).unwrap_or(4),
        steps: steps.map(|steps| text(steps).join(", ")).unwrap_or_default(),
    }
}
