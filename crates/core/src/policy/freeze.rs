//! Change freezes: dates in which nothing changes.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Timestamp;
use crate::clean::quoted;

/// Ranges of days (UTC, both ends included) in which nothing changes; warnings go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freeze(Vec<(Date, Date)>);

/// A `FREEZE` that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{range:?} is not a range of dates such as 2026-12-20/2027-01-05, or one date")]
pub struct InvalidFreeze {
    /// The part that cannot be read.
    pub range: String,
}

impl std::str::FromStr for Freeze {
    type Err = InvalidFreeze;

    fn from_str(text: &str) -> Result<Self, InvalidFreeze> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(range).collect::<Result<_, _>>().map(Self)
    }
}

fn range(text: &str) -> Result<(Date, Date), InvalidFreeze> {
    let invalid = || InvalidFreeze { range: quoted(text, 80) };
    let (from, to) = text.split_once('/').unwrap_or((text, text));
    let from: Date = from.trim().parse().map_err(|_| invalid())?;
    let to: Date = to.trim().parse().map_err(|_| invalid())?;
    if to < from { Err(invalid()) } else { Ok((from, to)) }
}

impl Freeze {
    /// The last day of the freeze that `now` lies in; none outside of one.
    #[must_use]
    pub fn until(&self, now: Timestamp) -> Option<Date> {
        let today = TimeZone::UTC.to_datetime(now).date();
        self.0.iter().filter(|(from, to)| (*from..=*to).contains(&today)).map(|(_, to)| *to).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(freeze: &str, now: &str) -> Option<String> {
        freeze.parse::<Freeze>().unwrap().until(now.parse().unwrap()).map(|date| date.to_string())
    }

    #[test]
    fn both_ends_of_a_range_are_frozen_in_utc() {
        let range = "2026-12-20/2027-01-05";
        let last = Some("2027-01-05".to_owned());
        assert_eq!(until(range, "2026-12-19T23:59:59Z"), None);
        assert_eq!(until(range, "2026-12-20T00:00:00Z"), last);
        assert_eq!(until(range, "2027-01-05T23:59:59Z"), last);
        assert_eq!(until(range, "2027-01-06T00:00:00Z"), None);
    }

    #[test]
    fn a_date_alone_and_several_ranges_are_taken() {
        let several = " 2026-11-27, 2026-12-20/2027-01-05 ,2026-12-24/2027-01-10,";
        assert_eq!(until(several, "2026-11-27T12:00:00Z").as_deref(), Some("2026-11-27"));
        assert_eq!(
            until(several, "2026-12-25T12:00:00Z").as_deref(),
            Some("2027-01-10"),
            "the last of those that overlap"
        );
        assert_eq!(until("", "2026-12-25T12:00:00Z"), None);
        assert_eq!(until(several, &Timestamp::MAX.to_string()), None);
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        for wrong in
            ["2027-01-05/2026-12-20", "2026-13-01", "christmas", "2026-12-20/", "2026-12-20/2026-12-21/2026-12-22"]
        {
            let error = format!("2026-11-27,{wrong}").parse::<Freeze>().unwrap_err();
            assert_eq!(error.range, wrong);
            assert!(error.to_string().contains("2026-12-20/2027-01-05"), "{error}");
        }
    }
}
