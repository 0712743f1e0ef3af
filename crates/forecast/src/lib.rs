//! What the coming nights will do: the engine itself, enforcing, night after night, on a copy in memory of what a look has seen.
//!
//! [`forecast`] begins with what was seen of one account ([`Beginning`]). Nothing is asked of AWS and nothing is written; the copy holds
//! names, dates and labels, and no secret half. What cannot be known is assumed, and said in [`ASSUMPTIONS`] and [`Hosts`].

mod acknowledgements;
mod beginning;
mod copy;
mod hosts;
mod iam;
mod nights;
mod outlook;
mod secrets;
mod state;

pub use beginning::{Beginning, UnseenUser};
pub use hosts::Hosts;
pub use nights::forecast;
pub use outlook::{AccountForecast, DaySums, ForecastNight, ForecastStep, sums};

/// What every forecast assumes, for people.
pub const ASSUMPTIONS: [&str; 6] = [
    "a key that was used within LAST_USED_THRESHOLD days (a day at least) is used every day from now on, and any other key never again",
    "what could not be looked up cannot be looked up on any of the days, and so counts as in use",
    "nobody else makes, changes or deletes users, keys, tags, groups or secrets",
    "a run looks at every user once a day at this hour; every call succeeds, and every new key works at once",
    "a wait ends on the day that mails name; a run at an earlier minute of that day than the one with which the wait began does the step a night later",
    "every mail is sent on the night that asks for it",
];
