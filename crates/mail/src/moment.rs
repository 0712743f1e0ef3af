//! Dates in the words of a mail.

use jiff::tz::TimeZone;
use keywheel_core::Timestamp;
use keywheel_core::time::days_until;
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
    /// Days from the run to then, rounded up; 0 when it has come.
    pub days_left: u32,
    /// How far off it is: `in 14 days`, `within a day`, `today`, `yesterday`, `3 days ago`.
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
            days_left: days_until(then, now),
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

fn distance(then: Timestamp, now: Timestamp) -> String {
    if then > now {
        return match days_until(then, now) {
            1 => "within a day".to_owned(),
            days => format!("in {days} days"),
        };
    }
    // By the calendar: what was done at 23:00 was not done "today" for those who read of it in the morning.
    let day = |moment| TimeZone::UTC.to_datetime(moment).date();
    match day(then).duration_until(day(now)).as_hours() / 24 {
        ..=0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days => format!("{days} days ago"),
    }
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
    fn a_part_of_a_day_ahead_is_within_a_day() {
        assert_eq!(seen("2026-11-20T02:00:01Z").distance, "within a day");
        assert_eq!(seen("2026-11-21T02:00:01Z").distance, "in 2 days");
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
