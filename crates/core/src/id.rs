//! Identifiers in AWS's own words. Each kind is its own type, so that none can stand in for another.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clean::quoted;
use crate::contract::action::ACTION_RUN;
use crate::contract::reviewed::APPLY_RUN;

/// A text that is not the identifier it was taken for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value} is not {expected}")]
pub struct InvalidId {
    /// The text as it was given, between quotes and escaped, without what looks like a secret half, and with 90 characters at most.
    pub value: String,
    /// What would have been accepted, for a person to read.
    pub expected: &'static str,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { value: quoted(&format!("{text:?}"), 90), expected: $expected })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn all(text: &str, lengths: std::ops::RangeInclusive<usize>, allowed: fn(char) -> bool) -> bool {
    lengths.contains(&text.len()) && text.chars().all(allowed)
}

identifier!(
    /// An AWS account, by its twelve digits.
    AccountId,
    "an AWS account id: 12 digits",
    |text| all(text, 12..=12, |c| c.is_ascii_digit())
);

identifier!(
    /// The name of an IAM user: letters, digits and `+ = , . @ _ -`, at most 64 (IAM API, `UserName`).
    /// Names are unique in an account without regard to case.
    UserName,
    "an IAM user name: 1 to 64 letters, digits or + = , . @ _ -",
    |text| all(text, 1..=64, |c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c))
);

identifier!(
    /// The unique id that IAM gives to a user (`AIDA…`). A user that is deleted and made again has another one.
    UserId,
    "an IAM user id: 16 to 128 letters and digits",
    |text| all(text, 16..=128, |c| c.is_ascii_alphanumeric() || c == '_')
);

identifier!(
    /// The id of an access key (`AKIA…`). Not a secret.
    AccessKeyId,
    "an access key id: 16 to 128 letters and digits",
    |text| all(text, 16..=128, |c| c.is_ascii_alphanumeric() || c == '_')
);

identifier!(
    /// The id of a nightly run or of an explicit action; part of S3 keys and role session names.
    RunId,
    "a run id: 1 to 64 letters, digits or . _ -, not only dots",
    |text| all(text, 1..=64, |c| c.is_ascii_alphanumeric() || "._-".contains(c)) && text.chars().any(|c| c != '.')
);

identifier!(
    /// The id of a notice: 32 hexadecimal digits, see [`crate::notice::NoticeSubject::notice_id`].
    NoticeId,
    "a notice id: 32 hexadecimal digits",
    |text| all(text, 32..=32, |c| c.is_ascii_hexdigit())
);

identifier!(
    /// The name by which a host acknowledges: letters, digits and `. _ -`; part of S3 keys.
    HostName,
    "a host name: 1 to 128 letters, digits or . _ -, not only dots",
    |text| all(text, 1..=128, |c| c.is_ascii_alphanumeric() || "._-".contains(c)) && text.chars().any(|c| c != '.')
);

identifier!(
    /// The AWS partition: `aws`, `aws-us-gov`, `aws-cn` and the like.
    Partition,
    "a partition such as aws, aws-us-gov or aws-cn",
    |text| all(text, 3..=32, |c| c.is_ascii_lowercase() || c == '-') && text.starts_with("aws")
);

impl AccessKeyId {
    /// The id shortened for people (`AKIA…7Q2X`); whole ids belong into data.
    #[must_use]
    pub fn shortened(&self) -> String {
        let (head, tail) = (&self.0[..4], &self.0[self.0.len() - 4..]);
        format!("{head}…{tail}")
    }
}

impl RunId {
    /// Whether somebody asked for what the run did: one explicit action, or a reviewed plan. Such a run has no manifest, and is no run over
    /// the organization.
    #[must_use]
    pub fn is_asked_for(&self) -> bool {
        [ACTION_RUN, APPLY_RUN].iter().any(|prefix| self.0.starts_with(prefix))
    }
}

impl NoticeId {
    /// The id that stands for this text: the first 128 bits of its SHA-256.
    #[must_use]
    pub(crate) fn of_text(text: &str) -> Self {
        let digits: String = hexadecimal(&Sha256::digest(text)).chars().take(32).collect();
        Self(digits)
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parses<T: std::str::FromStr<Err = InvalidId>>(text: &str) -> bool {
        text.parse::<T>().is_ok()
    }

    #[test]
    fn a_run_that_somebody_asked_for_is_known_by_its_name() {
        let is_asked_for = |text: &str| text.parse::<RunId>().unwrap().is_asked_for();
        assert!(is_asked_for("action-1") && is_asked_for("apply-20261120T020007Z"));
        assert!(!is_asked_for("20261120T020007Z-1a2b3c4d") && !is_asked_for("r-apply-1") && !is_asked_for("apply"));
    }

    #[test]
    fn an_account_id_is_twelve_digits() {
        assert!(parses::<AccountId>("111122223333"));
        for wrong in ["", "11112222333", "1111222233334", "11112222333a", "١١١١٢٢", " 11112222333", "111122223333\n"]
        {
            assert!(!parses::<AccountId>(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_user_name_is_what_iam_takes() {
        let longest = "a".repeat(64);
        for right in ["a", "Alice", "a+b=c,d.e@f_g-h", "svc@example.com", longest.as_str()] {
            assert!(parses::<UserName>(right), "{right:?}");
        }
        let too_long = "a".repeat(65);
        for wrong in ["", "a b", "a/b", "{{7*7}}", "<script>", "a\r\nb", "ä", "a:b", too_long.as_str()] {
            assert!(!parses::<UserName>(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn key_ids_user_ids_run_ids_notice_ids_and_partitions_are_checked() {
        assert!(parses::<AccessKeyId>("AKIAIOSFODNN7EXAMPLE") && parses::<UserId>("AIDACKCEVSQ6C2EXAMPLE"));
        assert!(!parses::<AccessKeyId>("AKIA") && !parses::<AccessKeyId>("AKIAIOSFODNN7EXAMPL/"));
        assert!(!parses::<UserId>("AIDACKCEVSQ6C2 XAMPLE") && !parses::<UserId>(&"A".repeat(129)));
        assert!(parses::<RunId>("2026-11-20T02.00_a") && !parses::<RunId>("") && !parses::<RunId>("a/b"));
        assert!(!parses::<RunId>(&"a".repeat(65)) && !parses::<RunId>("../x"));
        assert!(!parses::<RunId>(".") && !parses::<RunId>("..") && parses::<RunId>("..a"), "part of an object's path");
        assert!(parses::<NoticeId>(&"0f".repeat(16)) && !parses::<NoticeId>(&"0g".repeat(16)));
        assert!(!parses::<NoticeId>(&"0f".repeat(15)));
        assert!(parses::<Partition>("aws") && parses::<Partition>("aws-us-gov") && !parses::<Partition>("azure"));
        assert!(parses::<HostName>("web-1.example.com") && parses::<HostName>(&"a".repeat(128)));
        for wrong in ["", "..", "a/b", "a b", "wéb", &"a".repeat(129)] {
            assert!(!parses::<HostName>(wrong), "{wrong:?}");
        }
        assert!(!parses::<Partition>("AWS") && !parses::<Partition>("aw"));
    }

    #[test]
    fn an_error_says_what_was_given_and_what_is_accepted() {
        let error = "x".repeat(500).parse::<AccountId>().unwrap_err();
        assert_eq!(error.value.chars().count(), 90);
        assert!(error.to_string().ends_with("is not an AWS account id: 12 digits"), "{error}");
        let error = "a\nb".parse::<UserName>().unwrap_err();
        assert!(!error.to_string().contains('\n'), "a line break is shown escaped: {error}");
    }

    #[test]
    fn json_is_checked_like_text() {
        let id: AccountId = serde_json::from_str("\"111122223333\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"111122223333\"");
        assert!(serde_json::from_str::<AccountId>("\"1\"").is_err());
        assert!(serde_json::from_str::<AccountId>("111122223333").is_err(), "an account id is text, never a number");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken_or_refused_and_what_is_taken_can_be_shortened(text in ".{0,140}") {
            let _ = (text.parse::<UserName>(), text.parse::<RunId>(), text.parse::<Partition>());
            if let Ok(id) = text.parse::<AccessKeyId>() {
                let _ = id.shortened();
            }
        }

        #[test]
        fn a_shortened_key_id_keeps_its_ends(text in "[A-Za-z0-9_]{16,128}") {
            let id: AccessKeyId = text.parse().unwrap();
            proptest::prop_assert_eq!(id.shortened(), format!("{}…{}", &text[..4], &text[text.len() - 4..]));
        }
    }
}
