//! The keys' ages, with the policy's thresholds drawn in.

use keywheel_core::observed::KeyStatus;
use serde::Serialize;

use super::percent;
use crate::Report;
use crate::text::{counted, number};

/// Pixels from the highest bar's top to its foot.
const HEIGHT: f64 = 170.0;
/// Pixels above the bars, for the names of the thresholds.
const HEAD: f64 = 64.0;
/// At most so many bars, which fit on a phone.
const BARS: usize = 24;
/// The range where no policy is known, in days.
const USUAL_RANGE: u32 = 180;

#[derive(Debug, Serialize)]
pub(super) struct Histogram {
    bars: Vec<Bar>,
    thresholds: Vec<Threshold>,
    ticks: Vec<Tick>,
    highest: String,
    summary: String,
    unknown: String,
}

#[derive(Debug, Serialize)]
struct Bar {
    name: String,
    active: String,
    inactive: String,
    x: String,
    width: String,
    active_y: String,
    active_height: String,
    inactive_y: String,
    inactive_height: String,
}

#[derive(Debug, Serialize)]
struct Threshold {
    x: String,
    /// Where its name stands: names of near ones stand below each other.
    y: u32,
    name: String,
}

#[derive(Debug, Serialize)]
struct Tick {
    x: String,
    name: String,
}

/// The keys of one range of ages.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    active: usize,
    inactive: usize,
}

impl Histogram {
    /// None where no age is known.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let step = step(report);
        let mut bins = vec![Bin::default(); BARS];
        let mut unknown: usize = report.accounts.iter().map(|account| account.keys_without_details).sum();
        for (account, key) in report.keys() {
            match key.age(account.looked_at.unwrap_or(report.generated)) {
                Some(age) => count(&mut bins, age / step, key.status),
                None => unknown += 1,
            }
        }
        let highest = bins.iter().map(|bin| bin.active + bin.inactive).max().filter(|highest| *highest > 0)?;
        let bars = bins.iter().enumerate().map(|(place, bin)| bar(place, *bin, step, highest)).collect();
        Some(Self {
            bars,
            thresholds: thresholds(report, step),
            ticks: ticks(step),
            highest: number(highest),
            summary: summary(report),
            unknown: if unknown > 0 { counted(unknown, "key") } else { String::new() },
        })
    }
}

/// Days per bar: multiples of five, and all thresholds well within the picture.
fn step(report: &Report) -> u32 {
    let range = report.policy.as_ref().map_or(USUAL_RANGE, |policy| policy.inactive_buffer.0.saturating_mul(8) / 5);
    let least = range.div_ceil(u32::try_from(BARS).unwrap_or(1));
    least.div_ceil(5).saturating_mul(5).max(5)
}

fn count(bins: &mut [Bin], place: u32, status: Option<KeyStatus>) {
    let last = bins.len() - 1;
    let bin = &mut bins[usize::try_from(place).unwrap_or(last).min(last)];
    match status {
        Some(KeyStatus::Inactive) => bin.inactive += 1,
        Some(KeyStatus::Active) | None => bin.active += 1,
    }
}

fn bar(place: usize, bin: Bin, step: u32, highest: usize) -> Bar {
    let from = u32::try_from(place).unwrap_or(u32::MAX).saturating_mul(step);
    let name =
        if place + 1 == BARS { format!("{from} days and more") } else { format!("{from} to {} days", from + step - 1) };
    let height = |count| percent(count, highest) / 100.0 * HEIGHT;
    let (active, inactive) = (height(bin.active), height(bin.inactive));
    let foot = HEAD + HEIGHT;
    Bar {
        name,
        active: number(bin.active),
        inactive: number(bin.inactive),
        x: format!("{:.3}%", percent(place, BARS) + 0.25),
        width: format!("{:.3}%", percent(1, BARS) - 0.5),
        active_y: format!("{:.1}", foot - active),
        active_height: format!("{active:.1}"),
        inactive_y: format!("{:.1}", foot - active - inactive),
        inactive_height: format!("{inactive:.1}"),
    }
}

fn x_of(days: u32, step: u32) -> String {
    let whole = step.saturating_mul(u32::try_from(BARS).unwrap_or(1));
    format!("{:.3}%", f64::from(days) / f64::from(whole.max(1)) * 100.0)
}

fn thresholds(report: &Report, step: u32) -> Vec<Threshold> {
    let Some(policy) = &report.policy else { return Vec::new() };
    let ages = [
        (policy.rotation_period, "replaced at", 16),
        (policy.inactive_period, "inactive at", 34),
        (policy.inactive_buffer, "deleted at", 52),
    ];
    ages.map(|(age, name, y)| Threshold { x: x_of(age.0, step), y, name: format!("{name} {}", age.0) }).into()
}

fn ticks(step: u32) -> Vec<Tick> {
    (0..=4)
        .map(|part| part * step.saturating_mul(6))
        .map(|days| Tick { x: x_of(days, step), name: days.to_string() })
        .collect()
}

fn summary(report: &Report) -> String {
    let Some(policy) = &report.policy else { return "Ages of all keys in days.".to_owned() };
    let now = |looked_at: Option<_>| looked_at.unwrap_or(report.generated);
    let is_old = |age: u32| age >= policy.rotation_period.0;
    let active = report.keys().filter(|(_, key)| key.is_active());
    let old = active.filter(|(account, key)| key.age(now(account.looked_at)).is_some_and(is_old)).count();
    let has = if old == 1 { "has" } else { "have" };
    format!(
        "{} {has} reached {} days, the age at which a key is replaced.",
        counted(old, "active key"),
        policy.rotation_period.0
    )
}
