//! What was found of one access key.

use jiff::Timestamp;
use jiff::civil::Date;
use keywheel_core::acknowledgement::Hosts;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::ledger::MadeInactive;
use keywheel_core::observed::{KeyStatus, KeyUse, LastUsed};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::time::days_since;
use serde::{Deserialize, Serialize};

/// One access key. What is absent is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReport {
    /// The user.
    pub user: UserName,
    /// The user's ARN.
    pub user_arn: Option<String>,
    /// The key's id.
    pub access_key_id: AccessKeyId,
    /// Whether it works.
    pub status: Option<KeyStatus>,
    /// When IAM made it.
    pub created: Option<Timestamp>,
    /// Its last use.
    pub last_used: LastUse,
    /// What Keywheel makes of it.
    pub standing: Standing,
    /// The key that it took over from.
    pub replaces: Option<AccessKeyId>,
    /// The key that took over from it.
    pub superseded_by: Option<AccessKeyId>,
    /// When and by whom it was made inactive.
    pub made_inactive: Option<MadeInactive>,
    /// Since when it has been held; none where it is not, or where this is its first day.
    pub held_since: Option<Timestamp>,
    /// When `MAX_HOLD` ends the hold, where it does.
    pub hold_ends: Option<Timestamp>,
    /// Why its user is exempt, where that is so.
    pub exemption: Option<Exemption>,
    /// What is done to it next.
    pub next_step: Option<StepKind>,
    /// Why that is done, or why nothing is.
    pub reason: Option<Reason>,
    /// Hosts that may still have it though another key took over from it, as far as they acknowledge.
    #[serde(default, skip_serializing_if = "Hosts::is_empty")]
    pub hosts: Hosts,
    /// When the next step is, or was, due; of a key without one, when it reaches the rotation period.
    pub due: Option<Timestamp>,
    /// How the step of a stored run ended.
    pub step_status: Option<StepStatus>,
    /// What went wrong with it.
    pub error: Option<String>,
    /// How it stands against the policy.
    pub compliance: Compliance,
}

/// What is known of a key's last use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum LastUse {
    /// AWS has no record of a use.
    Never,
    /// The last use on record.
    Used(KeyUse),
    /// It was not looked up, or the look-up failed.
    Unknown {
        /// Why, where that is known.
        error: Option<String>,
    },
}

impl From<&LastUsed> for LastUse {
    fn from(last_used: &LastUsed) -> Self {
        match last_used {
            LastUsed::Never => LastUse::Never,
            LastUsed::At(key_use) => LastUse::Used(key_use.clone()),
            LastUsed::Unknown { error } => LastUse::Unknown { error: Some(error.clone()) },
        }
    }
}

/// What Keywheel makes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The key that its user is meant to use.
    Current,
    /// A replacement that is stored and not yet published.
    Pending,
    /// An old key whose replacement was published.
    Superseded,
    /// One of several active keys, none of which took over from another.
    Conflict,
    /// It came from a call whose answer was lost, or was never stored.
    Orphaned,
    /// It does not work and can be made active again.
    Inactive,
    /// The run that the report is about deleted it.
    Deleted,
    /// A stored run does not say.
    Unknown,
}

impl Standing {
    /// The standing as it stands in data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Current => "current",
            Standing::Pending => "pending",
            Standing::Superseded => "superseded",
            Standing::Conflict => "conflict",
            Standing::Orphaned => "orphaned",
            Standing::Inactive => "inactive",
            Standing::Deleted => "deleted",
            Standing::Unknown => "unknown",
        }
    }
}

/// Why a user is never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemption {
    /// What exempts the user.
    pub by: ExemptionBy,
    /// The last day (UTC) of the exemption; none where it has no end, or cannot be read.
    pub until: Option<Date>,
    /// `EXEMPT_REASON`; whoever may tag the user can write anything here.
    pub why: Option<String>,
}

/// What exempts a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExemptionBy {
    /// The exemption group.
    Group,
    /// A tag.
    Tag,
    /// A tag that cannot be read, which counts as an exemption.
    UnreadableTag,
}

impl ExemptionBy {
    /// The cause as it stands in data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ExemptionBy::Group => "group",
            ExemptionBy::Tag => "tag",
            ExemptionBy::UnreadableTag => "unreadable-tag",
        }
    }
}

/// How a key stands against the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compliance {
    /// Something should have been done to it, and was not.
    Overdue,
    /// It is an old key whose day has come, and is left active because it is, or may be, in use.
    Held,
    /// Not enough is known to tell.
    Unknown,
    /// Its next step is due within the longest of the warning days.
    Due,
    /// Its user is exempt.
    Exempt,
    /// It is as the policy wants it.
    Compliant,
}

impl Compliance {
    /// Every one, the gravest first.
    pub const ALL: [Compliance; 6] = [
        Compliance::Overdue,
        Compliance::Held,
        Compliance::Unknown,
        Compliance::Due,
        Compliance::Exempt,
        Compliance::Compliant,
    ];

    /// The compliance as it stands in data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Compliance::Compliant => "compliant",
            Compliance::Due => "due",
            Compliance::Overdue => "overdue",
            Compliance::Held => "held",
            Compliance::Exempt => "exempt",
            Compliance::Unknown => "unknown",
        }
    }
}

impl KeyReport {
    /// A key of which only the id is known.
    #[must_use]
    pub(crate) fn unknown(user: UserName, access_key_id: AccessKeyId) -> Self {
        Self {
            user,
            user_arn: None,
            access_key_id,
            status: None,
            created: None,
            last_used: LastUse::Unknown { error: None },
            standing: Standing::Unknown,
            replaces: None,
            superseded_by: None,
            made_inactive: None,
            held_since: None,
            hold_ends: None,
            exemption: None,
            next_step: None,
            reason: None,
            hosts: Hosts::default(),
            due: None,
            step_status: None,
            error: None,
            compliance: Compliance::Unknown,
        }
    }

    /// The key's age in whole days, where its creation is known.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Option<u32> {
        self.created.map(|created| days_since(created, now))
    }

    /// Whether the key works, as far as anybody knows.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == Some(KeyStatus::Active)
    }

    /// The last use on record.
    #[must_use]
    pub fn last_use(&self) -> Option<&KeyUse> {
        match &self.last_used {
            LastUse::Used(key_use) => Some(key_use),
            LastUse::Never | LastUse::Unknown { .. } => None,
        }
    }
}
