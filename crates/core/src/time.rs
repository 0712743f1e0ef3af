//! Days: the unit in which every period of a key's life is given.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The part of a run's clock that may be off before Keywheel refuses to change anything.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// One night may look at an account so much later than the night before: for so long Lambda keeps an event that it cannot hand over, see
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html>. A warning is due so much sooner, else the night after it finds
/// that the day itself has come.
pub const NIGHTS_VARY: SignedDuration = SignedDuration::from_hours(6);

const SECONDS_PER_DAY: i64 = 86_400;

/// A whole number of days of 24 hours each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days(pub u32);

impl Days {
    /// This many days as a duration.
    #[must_use]
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.0) * SECONDS_PER_DAY)
    }

    /// The days between this period and a shorter one; none when `shorter` is in fact longer.
    #[must_use]
    pub fn since(self, shorter: Days) -> Days {
        Days(self.0.saturating_sub(shorter.0))
    }
}

impl std::fmt::Display for Days {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { "day" } else { "days" })
    }
}

/// The moment `days` after `start`; the end of time when that cannot be represented.
#[must_use]
pub fn after(start: Timestamp, days: Days) -> Timestamp {
    start.checked_add(days.duration()).unwrap_or(Timestamp::MAX)
}

/// The moment so long after `start`; the end of time when that cannot be represented.
#[must_use]
pub fn plus(start: Timestamp, duration: SignedDuration) -> Timestamp {
    start.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// The moment so long before `end`; the beginning of time when that cannot be represented.
#[must_use]
pub fn minus(end: Timestamp, duration: SignedDuration) -> Timestamp {
    end.checked_sub(duration).unwrap_or(Timestamp::MIN)
}

/// Whether the date lies further ahead than clocks differ: it cannot be true, whoever wrote it.
#[must_use]
pub(crate) fn is_future(date: Timestamp, now: Timestamp) -> bool {
    date.duration_since(now) > CLOCK_TOLERANCE
}

/// Whether a run's clock is further off than it may be, by what AWS's clock said when it answered. A clock of which nothing is known counts as
/// off: dates decide what is deleted.
#[must_use]
pub fn clock_is_off(answered: Option<Timestamp>, now: Timestamp) -> bool {
    answered.is_none_or(|answered| now.duration_since(answered).abs() > CLOCK_TOLERANCE)
}

/// How many days `due` is ahead of `now`, rounded up; zero when it has come.
#[must_use]
pub fn days_until(due: Timestamp, now: Timestamp) -> u32 {
    let seconds = due.duration_since(now).as_secs().max(0);
    u32::try_from((seconds + SECONDS_PER_DAY - 1) / SECONDS_PER_DAY).unwrap_or(u32::MAX)
}

/// How many whole days have passed from `start` to `now`; zero when `start` is ahead.
#[must_use]
pub fn days_since(start: Timestamp, now: Timestamp) -> u32 {
    u32::try_from(now.duration_since(start).as_secs().max(0) / SECONDS_PER_DAY).unwrap_or(u32::MAX)
}

/// How many whole weeks have passed from `start` to `now`; zero when `start` is ahead. What is told weekly goes by it.
#[must_use]
pub fn weeks_since(start: Timestamp, now: Timestamp) -> u32 {
    days_since(start, now) / 7
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_counted_in_24_hours() {
        assert_eq!(after(at("2026-03-28T12:00:00Z"), Days(2)), at("2026-03-30T12:00:00Z"));
        assert_eq!((Days(100).since(Days(90)), Days(90).since(Days(100))), (Days(10), Days(0)));
        assert_eq!((Days(1).to_string(), Days(0).to_string()), ("1 day".to_owned(), "0 days".to_owned()));
    }

    #[test]
    fn what_is_left_is_rounded_up_and_what_has_passed_down() {
        let now = at("2026-11-20T02:00:00Z");
        for (due, left) in [
            ("2026-11-20T02:00:00Z", 0),
            ("2026-11-20T02:00:01Z", 1),
            ("2026-11-21T02:00:00Z", 1),
            ("2026-11-21T02:00:01Z", 2),
            ("2026-11-19T02:00:00Z", 0),
        ] {
            assert_eq!(days_until(at(due), now), left, "{due}");
        }
        for (start, passed) in [
            ("2026-11-20T02:00:00Z", 0),
            ("2026-11-19T02:00:01Z", 0),
            ("2026-11-19T02:00:00Z", 1),
            ("2026-12-01T00:00:00Z", 0),
        ] {
            assert_eq!(days_since(at(start), now), passed, "{start}");
        }
    }

    #[test]
    fn a_clock_is_off_by_more_than_five_minutes_either_way_and_when_nothing_is_known_of_it() {
        let now = at("2026-11-20T02:00:00Z");
        for right in ["2026-11-20T02:00:00Z", "2026-11-20T02:05:00Z", "2026-11-20T01:55:00Z"] {
            assert!(!clock_is_off(Some(at(right)), now), "{right}");
        }
        for wrong in ["2026-11-20T02:05:01Z", "2026-11-20T01:54:59Z"] {
            assert!(clock_is_off(Some(at(wrong)), now), "{wrong}");
        }
        assert!(clock_is_off(None, now));
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        assert_eq!(after(Timestamp::MAX, Days(1)), Timestamp::MAX);
        assert_eq!(after(Timestamp::MIN, Days(u32::MAX)), Timestamp::MAX);
        assert_eq!(plus(Timestamp::MAX, CLOCK_TOLERANCE), Timestamp::MAX);
        assert_eq!(minus(Timestamp::MIN, CLOCK_TOLERANCE), Timestamp::MIN);
        assert!(days_until(Timestamp::MAX, Timestamp::MIN) > 7_000_000);
        assert_eq!(days_since(Timestamp::MIN, Timestamp::MAX), days_until(Timestamp::MAX, Timestamp::MIN) - 1);
    }
}
