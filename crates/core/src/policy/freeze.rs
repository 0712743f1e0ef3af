//! Change freezes: dates in which nothing changes.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Timestamp;

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
    let invalid = || InvalidFreeze { range: text.to_owned() };
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
