//! The tags with which a user's owner bends the policy for that user.
//!
//! Whoever may tag a user can set these, so a tag can never direct a secret anywhere.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Timestamp;
use crate::secret::is_region;
use crate::time::Days;

/// The suffix of the tag that holds the key owner's e-mail address.
pub const EMAIL: &str = "EMAIL";
/// The suffix of the tag that sets the rotation period.
pub const ROTATE_AFTER_DAYS: &str = "ROTATE_AFTER_DAYS";
/// The suffix of the tag that sets the install grace, counted from rotation.
pub const DEACTIVATE_AFTER_DAYS: &str = "DEACTIVATE_AFTER_DAYS";
/// The suffix of the tag that sets the day of deletion, counted from rotation.
pub const DELETE_AFTER_DAYS: &str = "DELETE_AFTER_DAYS";
/// The suffix of the tag that exempts a user until a date.
pub const EXEMPT_UNTIL: &str = "EXEMPT_UNTIL";
/// The suffix of the tag that says why a user is exempt.
pub const EXEMPT_REASON: &str = "EXEMPT_REASON";
/// The suffix of the tag that names the entry of the hub's list for which new pairs are encrypted.
pub const ENCRYPT_TO: &str = "ENCRYPT_TO";
/// The suffix of the tag that says that the user wants the parameter which the hub's list offers.
pub const PARAMETER: &str = "PARAMETER";
/// The suffix of the tag that names the Regions for which the secret also holds SES's SMTP passwords.
pub const SMTP_REGIONS: &str = "SMTP_REGIONS";
const INSTRUCTION: &str = "INSTRUCTION_";

/// A hundred years: the most days that a tag can ask for.
const MOST_DAYS: u32 = 36_500;

/// A user's tags, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserTags {
    /// Where mail about this user's keys goes; not yet checked against `EMAIL_DOMAINS`.
    pub email: Option<String>,
    /// `ROTATE_AFTER_DAYS`.
    pub rotate_after: Option<Days>,
    /// `DEACTIVATE_AFTER_DAYS`, from rotation.
    pub deactivate_after: Option<Days>,
    /// `DELETE_AFTER_DAYS`, from rotation.
    pub delete_after: Option<Days>,
    /// `INSTRUCTION_0…n`, in order.
    pub instructions: Vec<String>,
    /// `EXEMPT_UNTIL`, where it can be read.
    pub exempt_until: Option<Date>,
    /// `EXEMPT_REASON`.
    pub exempt_reason: Option<String>,
    /// `ENCRYPT_TO`: the name of an entry in the hub's list of recipients.
    pub encrypt_to: Option<String>,
    /// `PARAMETER`: whether the user wants the parameter which the hub's list offers to tagged users.
    pub parameter: bool,
    /// `SMTP_REGIONS`: the Regions for which the secret also holds SES's SMTP passwords.
    pub smtp_regions: Vec<String>,
    /// Tags of ours that cannot be read, for the account's owner.
    pub malformed: Vec<MalformedTag>,
}

/// A tag that has our prefix and no meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedTag {
    /// The tag's name after the prefix, in upper case.
    pub suffix: &'static str,
    /// Its value.
    pub value: String,
    /// What would have been accepted.
    pub expected: &'static str,
}

impl UserTags {
    /// Reads the tags whose key starts with `prefix`, without regard to case.
    #[must_use]
    pub fn read(tags: &BTreeMap<String, String>, prefix: &str) -> Self {
        let ours = ours(tags, prefix);
        let mut malformed = Vec::new();
        let mut days = |suffix: &'static str| days(&ours, suffix, &mut malformed);
        let mut read = Self {
            rotate_after: days(ROTATE_AFTER_DAYS),
            deactivate_after: days(DEACTIVATE_AFTER_DAYS),
            delete_after: days(DELETE_AFTER_DAYS),
            email: text(&ours, EMAIL),
            instructions: instructions(&ours),
            exempt_reason: text(&ours, EXEMPT_REASON),
            encrypt_to: text(&ours, ENCRYPT_TO),
            ..Self::default()
        };
        if let Some(value) = ours.get(EXEMPT_UNTIL) {
            match value.trim().parse() {
                Ok(date) => read.exempt_until = Some(date),
                Err(_) => malformed.push(MalformedTag {
                    suffix: EXEMPT_UNTIL,
                    value: (*value).to_owned(),
                    expected: "a date such as 2027-03-31",
                }),
            }
        }
        match ours.get(PARAMETER).map(|value| value.trim()) {
            None => {}
            Some(value) if value.eq_ignore_ascii_case("on") => read.parameter = true,
            Some(value) if value.eq_ignore_ascii_case("off") => {}
            Some(value) => {
                malformed.push(MalformedTag { suffix: PARAMETER, value: value.to_owned(), expected: "on or off" });
            }
        }
        if let Some(value) = ours.get(SMTP_REGIONS) {
            let regions: BTreeSet<_> = value.split_whitespace().collect();
            if regions.is_empty() || !regions.iter().all(|region| is_region(region)) {
                let expected = "Regions with spaces between them, such as eu-central-1 us-east-1";
                malformed.push(MalformedTag { suffix: SMTP_REGIONS, value: (*value).to_owned(), expected });
            } else {
                read.smtp_regions = regions.into_iter().map(str::to_owned).collect();
            }
        }
        read.malformed = malformed;
        read
    }

    /// Whether a tag exempts the user at `now`: up to and including the day named (UTC). A tag that cannot be read exempts.
    #[must_use]
    pub fn exempts(&self, now: Timestamp) -> bool {
        let today = TimeZone::UTC.to_datetime(now).date();
        let unreadable = self.malformed.iter().any(|tag| tag.suffix == EXEMPT_UNTIL);
        unreadable || self.exempt_until.is_some_and(|until| today <= until)
    }
}

type Ours<'a> = BTreeMap<String, &'a str>;

fn ours<'a>(tags: &'a BTreeMap<String, String>, prefix: &str) -> Ours<'a> {
    let prefix = prefix.to_uppercase();
    let suffix = |key: &str| key.to_uppercase().strip_prefix(&prefix).map(str::to_owned);
    tags.iter().filter_map(|(key, value)| Some((suffix(key)?, value.as_str()))).collect()
}

fn text(ours: &Ours<'_>, suffix: &str) -> Option<String> {
    ours.get(suffix).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn days(ours: &Ours<'_>, suffix: &'static str, malformed: &mut Vec<MalformedTag>) -> Option<Days> {
    let value = ours.get(suffix)?;
    let days = value.trim().parse().ok().filter(|days| (1..=MOST_DAYS).contains(days)).map(Days);
    if days.is_none() {
        let expected = "a number of days from 1 to 36500";
        malformed.push(MalformedTag { suffix, value: (*value).to_owned(), expected });
    }
    // Too large a number is longer than any default, so it counts as the longest there is.
    days.or_else(|| is_too_large(value.trim()).then_some(Days(MOST_DAYS)))
}

fn is_too_large(text: &str) -> bool {
    let digits = text.trim_start_matches('0');
    !digits.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn instructions(ours: &Ours<'_>) -> Vec<String> {
    let number = |key: &str| key.strip_prefix(INSTRUCTION)?.parse::<u32>().ok();
    let mut numbered: Vec<_> =
        ours.iter().filter_map(|(key, value)| Some((number(key)?, (*value).to_owned()))).collect();
    numbered.sort();
    numbered.into_iter().map(|(_, text)| text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tags: &[(&str, &str)]) -> UserTags {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        UserTags::read(&tags, "KeyRotation:")
    }

    fn exempts(until: &str, now: &str) -> bool {
        read(&[("KeyRotation:EXEMPT_UNTIL", until)]).exempts(now.parse().unwrap())
    }

    #[test]
    fn tags_are_read_in_any_case() {
        let tags = read(&[
            ("keyrotation:email", " owner@example.com "),
            ("KEYROTATION:Rotate_After_Days", " 30 "),
            ("KeyRotation:EXEMPT_REASON", "migration"),
        ]);
        assert_eq!(tags.email.as_deref(), Some("owner@example.com"));
        assert_eq!((tags.rotate_after, tags.exempt_reason.as_deref()), (Some(Days(30)), Some("migration")));
        assert_eq!(tags.malformed, []);
    }

    #[test]
    fn other_peoples_tags_are_left_alone() {
        let tags = read(&[
            ("EMAIL", "x@example.com"),
            ("IKR:EMAIL", "x@example.com"),
            ("XKeyRotation:EMAIL", "x"),
            ("KeyRotation:", "x"),
        ]);
        assert_eq!(tags, UserTags::default());
        let ikr = [("IKR:EMAIL".to_owned(), "x@example.com".to_owned())].into();
        assert_eq!(UserTags::read(&ikr, "IKR:").email.as_deref(), Some("x@example.com"));
    }

    #[test]
    fn instructions_come_in_the_order_of_their_numbers() {
        let tags = read(&[
            ("KeyRotation:INSTRUCTION_10", "c"),
            ("KeyRotation:INSTRUCTION_2", "b"),
            ("KeyRotation:instruction_0", "a"),
            ("KeyRotation:INSTRUCTION_X", "ignored"),
        ]);
        assert_eq!(tags.instructions, ["a", "b", "c"]);
    }

    #[test]
    fn days_that_cannot_be_read_are_malformed() {
        for value in ["", "0", "-1", "1.5", "ten", "36501", "4294967296", "1 0", "٣"] {
            let tags = read(&[("KeyRotation:ROTATE_AFTER_DAYS", value)]);
            assert_eq!(tags.malformed.len(), 1, "{value:?}");
            assert_eq!((tags.malformed[0].suffix, tags.malformed[0].value.as_str()), (ROTATE_AFTER_DAYS, value));
        }
        for (value, days) in [("1", 1), ("36500", 36_500), ("007", 7)] {
            let tags = read(&[("KeyRotation:ROTATE_AFTER_DAYS", value)]);
            assert_eq!((tags.rotate_after, tags.malformed.len()), (Some(Days(days)), 0), "{value:?}");
        }
    }

    #[test]
    fn a_parameter_is_wanted_only_where_the_tag_says_on() {
        assert!(read(&[("keyrotation:parameter", " On ")]).parameter);
        assert!(!read(&[]).parameter && !read(&[("KeyRotation:PARAMETER", "off")]).parameter);
        let odd = read(&[("KeyRotation:PARAMETER", "/my/own/name")]);
        assert_eq!((odd.parameter, odd.malformed.len()), (false, 1));
    }

    #[test]
    fn regions_for_smtp_are_read_once_each_and_all_or_none() {
        let tags = read(&[("KeyRotation:smtp_regions", " us-east-1  eu-central-1 us-east-1 ")]);
        assert_eq!((tags.smtp_regions.join(" "), tags.malformed.len()), ("eu-central-1 us-east-1".to_owned(), 0));
        for value in ["", "on", "eu-central-1 everywhere"] {
            let tags = read(&[("KeyRotation:SMTP_REGIONS", value)]);
            assert_eq!((tags.smtp_regions.len(), tags.malformed.len()), (0, 1), "{value:?}");
        }
    }

    #[test]
    fn an_exemption_lasts_to_the_end_of_its_day() {
        assert!(exempts("2026-11-20", "2026-11-20T00:00:00Z") && exempts("2026-11-20", "2026-11-20T23:59:59Z"));
        assert!(exempts(" 2026-11-20 ", "2026-01-01T00:00:00Z"));
        assert!(!exempts("2026-11-20", "2026-11-21T00:00:00Z"));
        assert!(!read(&[]).exempts(Timestamp::MIN) && !read(&[]).exempts(Timestamp::MAX));
    }

    #[test]
    fn an_exemption_that_cannot_be_read_exempts() {
        for value in ["", "31.12.2026", "2026-02-30", "forever", "tomorrow"] {
            assert!(exempts(value, "2026-11-21T00:00:00Z"), "{value:?}");
        }
    }
}
