//! The tags with which a user's owner bends the policy for that user.
//!
//! Whoever may tag a user can set these, so a tag can never direct a secret anywhere.

mod reader;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Timestamp;
use crate::secret::is_region;
use crate::time::Days;
use reader::Reader;

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

const SEVERAL_REGIONS: &str = "Regions with spaces between them, such as eu-central-1 us-east-1";

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
        let mut tags = Reader::new(tags, prefix);
        Self {
            rotate_after: tags.days(ROTATE_AFTER_DAYS),
            deactivate_after: tags.days(DEACTIVATE_AFTER_DAYS),
            delete_after: tags.days(DELETE_AFTER_DAYS),
            exempt_until: tags.parsed(EXEMPT_UNTIL, "a date such as 2027-03-31", |value| value.trim().parse().ok()),
            parameter: tags.parsed(PARAMETER, "on or off", on_or_off).unwrap_or_default(),
            smtp_regions: tags.parsed(SMTP_REGIONS, SEVERAL_REGIONS, regions).unwrap_or_default(),
            email: tags.text(EMAIL),
            exempt_reason: tags.text(EXEMPT_REASON),
            encrypt_to: tags.text(ENCRYPT_TO),
            instructions: tags.numbered(INSTRUCTION),
            malformed: tags.malformed,
        }
    }

    /// Whether a tag exempts the user at `now`: up to and including the day named (UTC). A tag that cannot be read exempts.
    #[must_use]
    pub fn exempts(&self, now: Timestamp) -> bool {
        let today = TimeZone::UTC.to_datetime(now).date();
        let unreadable = self.malformed.iter().any(|tag| tag.suffix == EXEMPT_UNTIL);
        unreadable || self.exempt_until.is_some_and(|until| today <= until)
    }
}

fn on_or_off(value: &str) -> Option<bool> {
    let value = value.trim();
    [("on", true), ("off", false)]
        .into_iter()
        .find_map(|(word, is_on)| value.eq_ignore_ascii_case(word).then_some(is_on))
}

fn regions(value: &str) -> Option<Vec<String>> {
    let regions: BTreeSet<_> = value.split_whitespace().collect();
    let are_regions = !regions.is_empty() && regions.iter().all(|region| is_region(region));
    are_regions.then(|| regions.into_iter().map(str::to_owned).collect())
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
