//! Dates in the words of a mail.

use jiff::tz::TimeZone;
use keywheel_core::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment as templates see it. All of it is UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The date: `4 December 2026`.
    pub date: String,
    /// The time of day: `02:00 UTC`.
    pub time: String,
    /// Both for machines: `2026-12-04T02:00:00Z`.
    pub iso: String,
    /// Days from the run's date to this one, by the calendar; 0 on the day itself and when it has come.
    pub days_left: u32,
    /// How far off it is: `in 14 days`, `tomorrow`, `within a day`, `today`, `yesterday`, `3 days ago`.
    pub distance: String,
    /// Whether it has come.
    pub past: bool,
}

impl Moment {
    /// The moment `then`, seen from `now`.
    #[must_use]
    pub fn new(then: Timestamp, now: Timestamp) -> Self {
        let utc = TimeZone::UTC.to_datetime(then);
        Self {
            date: date(then),
            time: utc.strftime("%H:%M UTC").to_string(),
            iso: then.to_string(),
            days_left: u32::try_from(calendar_days(now, then)).unwrap_or(0),
            distance: distance(then, now),
            past: then <= now,
        }
    }
}

/// The date in UTC, spelt out: `4 December 2026`.
#[must_use]
pub(crate) fn date(then: Timestamp) -> String {
    TimeZone::UTC.to_datetime(then).strftime("%-d %B %Y").to_string()
}

/// How far off it is, by the calendar: what was done at 23:00 was not done "today" for those who read of it in the morning, and what comes
/// seconds after the same time of day does not come a day later.
fn distance(then: Timestamp, now: Timestamp) -> String {
    match (calendar_days(now, then), then > now) {
        (0, true) => "within a day".to_owned(),
        (1, true) => "tomorrow".to_owned(),
        (days @ 2.., _) => format!("in {days} days"),
        (-1, _) => "yesterday".to_owned(),
        (days @ ..=-2, _) => format!("{} days ago", -days),
        _ => "today".to_owned(),
    }
}

/// How many days of UTC's calendar the one moment is after the other; negative where it is before.
fn calendar_days(from: Timestamp, to: Timestamp) -> i64 {
    let day = |moment| TimeZone::UTC.to_datetime(moment).date();
    day(from).duration_until(day(to)).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(then: &str) -> Moment {
        Moment::new(then.parse().unwrap(), "2026-11-20T02:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_date_ahead_says_how_many_days_are_left() {
        let moment = seen("2026-12-04T02:00:00Z");
        assert_eq!((moment.date.as_str(), moment.time.as_str()), ("4 December 2026", "02:00 UTC"));
        assert_eq!((moment.days_left, moment.distance.as_str(), moment.past), (14, "in 14 days", false));
        assert_eq!(moment.iso, "2026-12-04T02:00:00Z");
    }

    #[test]
    fn days_ahead_are_those_of_the_calendar() {
        assert_eq!(seen("2026-11-20T02:00:01Z").distance, "within a day");
        assert_eq!(seen("2026-11-21T01:00:00Z").distance, "tomorrow");
        assert_eq!(seen("2026-11-21T23:59:59Z").distance, "tomorrow");
        let due_seconds_after_the_run = seen("2026-11-27T02:00:07Z");
        assert_eq!(
            (due_seconds_after_the_run.distance.as_str(), due_seconds_after_the_run.days_left),
            ("in 7 days", 7)
        );
    }

    #[test]
    fn what_has_come_is_past() {
        assert_eq!(seen("2026-11-20T02:00:00Z").distance, "today");
        assert_eq!(seen("2026-11-18T02:00:00Z").distance, "2 days ago");
        assert_eq!(seen("2026-11-20T00:00:00Z").distance, "today");
        // Less than a day ago, and not today.
        assert_eq!(seen("2026-11-19T23:59:59Z").distance, "yesterday");
        assert_eq!(seen("2026-11-18T23:59:59Z").distance, "2 days ago");
        assert!(seen("2026-11-20T02:00:00Z").past);
    }
}
