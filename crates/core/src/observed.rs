//! What an audit saw in one account. Plain values: the planner never asks AWS.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::acknowledgement::Acknowledgements;
use crate::id::{AccessKeyId, UserId, UserName};
use crate::secret::VersionId;
use crate::time::plus;

/// One IAM user with everything that a decision about its keys needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedUser {
    /// The user's name.
    pub name: UserName,
    /// The id that tells a re-created user from the former one of that name.
    pub user_id: UserId,
    /// The user's ARN, with its path, as IAM gave it.
    pub arn: String,
    /// The user's tags as they are; [`crate::policy::tags`] reads them.
    pub tags: BTreeMap<String, String>,
    /// The managed policy with which AWS quarantined the user, because it found a key of the user in a public place.
    pub quarantine: Option<String>,
    /// Every access key of the user: two at most by quota, but the quota is racy.
    pub keys: Vec<ObservedKey>,
    /// The user's secret, where the audit had reason to look at it.
    pub secret: ObservedSecret,
    /// What the user's hosts say they have installed, where the audit had reason to ask.
    pub acknowledgements: Acknowledgements,
}

/// One access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedKey {
    /// The key's id.
    pub id: AccessKeyId,
    /// Whether it works.
    pub status: KeyStatus,
    /// When IAM made it.
    pub created: Timestamp,
    /// When, where and for what it was last used.
    pub last_used: LastUsed,
}

/// Whether an access key works (IAM API, `StatusType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyStatus {
    /// The key signs requests.
    Active,
    /// The key is refused until somebody makes it active again.
    Inactive,
}

/// What is known of a key's last use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastUsed {
    /// AWS has no record of a use.
    Never,
    /// The last use on record. AWS keeps one record per 15 minutes, and it may lag.
    At(KeyUse),
    /// The look-up failed. Counts as "in use", never as "never used".
    Unknown {
        /// Why, for the report.
        error: String,
    },
}

/// One use of a key, as GetAccessKeyLastUsed tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUse {
    /// When.
    pub at: Timestamp,
    /// The service's name in endpoint spelling, such as `s3`.
    pub service: String,
    /// The region; `N/A` where the service has none.
    pub region: String,
}

/// What is known of the user's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObservedSecret {
    /// Nothing about this user's keys depends on it, so it was not looked at.
    NotLookedAt,
    /// There is no such secret.
    Absent,
    /// The look-up failed.
    Unknown {
        /// Why, for the report.
        error: String,
    },
    /// It is there.
    Present(SecretState),
}

/// The outside of a secret: which versions carry which labels. No value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretState {
    /// Somebody scheduled the secret for deletion: it cannot be read.
    pub scheduled_for_deletion: bool,
    /// It is in the store from which the deployment moved: the user's next pair goes to the configured one.
    pub left_behind: bool,
    /// The configured Regions that have no replica of it, or a failed one, with what AWS says of it.
    pub regions_behind: BTreeMap<String, String>,
    /// Every version that has a label or is still kept.
    pub versions: Vec<SecretVersion>,
    /// `Previous.AccessKeyId` of the current value: the witness that Keywheel superseded that key.
    pub previous: Option<AccessKeyId>,
}

/// One version of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretVersion {
    /// The version's id: the client request token with which it was put.
    pub id: VersionId,
    /// Its staging labels.
    pub stages: BTreeSet<String>,
    /// When it was put.
    pub created: Timestamp,
}

/// How long after its key was made a pair is put at the latest: only the process that made the key has the secret half, and it lives for 15 minutes
/// at most (Lambda developer guide, "Lambda quotas"). The dates are those of two services.
const PUT_WITHIN: SignedDuration = SignedDuration::from_mins(20);

/// The label of the version that readers get.
pub const AWSCURRENT: &str = "AWSCURRENT";
/// The label of a version that is stored but not yet proven.
pub const AWSPENDING: &str = "AWSPENDING";
/// The label of the version before the current one.
pub const AWSPREVIOUS: &str = "AWSPREVIOUS";

impl SecretState {
    /// The version with this id.
    #[must_use]
    pub fn version(&self, id: &VersionId) -> Option<&SecretVersion> {
        self.versions.iter().find(|version| version.id == *id)
    }
}

impl SecretVersion {
    /// Whether the version has the label.
    #[must_use]
    pub fn has(&self, stage: &str) -> bool {
        self.stages.contains(stage)
    }

    /// Whether it was put soon enough after its key was made to be of Keywheel's making. Whoever may write the secret chooses a version's id, its
    /// value and its labels, but not when it was put.
    #[must_use]
    pub fn was_put_with(&self, key: &ObservedKey) -> bool {
        self.created <= plus(key.created, PUT_WITHIN)
    }

    /// Published means: `AWSCURRENT` and no longer `AWSPENDING`.
    #[must_use]
    pub fn is_published(&self) -> bool {
        self.has(AWSCURRENT) && !self.has(AWSPENDING)
    }
}

impl ObservedUser {
    /// The user's IAM path, such as `/` or `/apps/`, as the ARN has it.
    #[must_use]
    pub fn path(&self) -> &str {
        let resource = self.arn.splitn(6, ':').nth(5).and_then(|resource| resource.strip_prefix("user"));
        let path = resource.and_then(|path| path.strip_suffix(self.name.as_str()));
        path.filter(|path| path.starts_with('/')).unwrap_or("/")
    }

    /// The user's key with this id.
    #[must_use]
    pub fn key(&self, id: &AccessKeyId) -> Option<&ObservedKey> {
        self.keys.iter().find(|key| key.id == *id)
    }
}

impl ObservedKey {
    /// Whether the key works.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == KeyStatus::Active
    }
}

impl LastUsed {
    /// The time of the last use, where there is one on record.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            LastUsed::At(key_use) => Some(key_use.at),
            LastUsed::Never | LastUsed::Unknown { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_put_within_minutes_of_its_key_or_by_somebody_else() {
        let made: Timestamp = "2026-11-20T02:00:00Z".parse().unwrap();
        let key = ObservedKey {
            id: "AKIAEXAMPLE000000001".parse().unwrap(),
            status: KeyStatus::Active,
            created: made,
            last_used: LastUsed::Never,
        };
        let put = |at: &str| SecretVersion {
            id: VersionId("first".to_owned()),
            stages: BTreeSet::new(),
            created: at.parse().unwrap(),
        };
        assert!(put("2026-11-20T02:00:01Z").was_put_with(&key) && put("2026-11-20T02:20:00Z").was_put_with(&key));
        assert!(!put("2026-11-20T02:20:01Z").was_put_with(&key));
    }

    #[test]
    fn a_users_path_is_what_stands_before_the_name_in_the_arn() {
        let path = |arn: &str| {
            let user = ObservedUser {
                name: "alice".parse().unwrap(),
                user_id: "AIDAALICEALICEALICE1".parse().unwrap(),
                arn: arn.to_owned(),
                tags: BTreeMap::new(),
                quarantine: None,
                keys: Vec::new(),
                secret: ObservedSecret::NotLookedAt,
                acknowledgements: Acknowledgements::NotLookedAt,
            };
            user.path().to_owned()
        };
        assert_eq!(path("arn:aws:iam::111122223333:user/alice"), "/");
        assert_eq!(path("arn:aws:iam::111122223333:user/apps/alice"), "/apps/");
        assert_eq!(path("arn:aws-cn:iam::111122223333:user/a:user/alice/alice"), "/a:user/alice/");
        assert_eq!(path("arn:aws:iam::111122223333:role/alice"), "/");
    }
}
