//! What key-rotation hands to notification: one digest per recipient.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::contract::result::StepStatus;
use crate::id::{AccessKeyId, AccountId, NoticeId, Partition, RunId, UserName};
use crate::observed::KeyUse;
use crate::plan::StepKind;
use crate::policy::Mode;
use crate::reason::Reason;

/// Entries of one digest at most, so that a mail stays readable; what is more is told in further ones.
pub const MOST_ENTRIES: usize = 200;

/// Everything that one recipient is told about one account in one run. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// The version of this shape.
    pub schema_version: u32,
    /// The run.
    pub run_id: RunId,
    /// Whether the run changed anything or only looked.
    pub mode: Mode,
    /// The moment the run speaks of: days left are counted from it.
    pub at: Timestamp,
    /// The account.
    pub account: AccountLabel,
    /// The region in which the account's secrets are.
    pub region: String,
    /// Who gets it.
    pub recipient: Recipient,
    /// The template's name.
    pub template: String,
    /// The periods that the run went by, in days.
    pub periods: DigestPeriods,
    /// What happened, or is ahead.
    pub entries: Vec<DigestEntry>,
}

/// An account as people know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLabel {
    /// Its id.
    pub id: AccountId,
    /// Its name; may be empty. Whoever names accounts may write anything here.
    pub name: String,
    /// Its partition.
    pub partition: Partition,
}

/// Where a digest goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The address.
    pub email: String,
    /// In which role.
    pub role: RecipientRole,
}

/// Why somebody gets a digest; the mail says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecipientRole {
    /// The account's e-mail address in the organization.
    AccountOwner,
    /// A tag on the user names the address.
    KeyOwner,
    /// `SECURITY_EMAIL`.
    Security,
}

impl RecipientRole {
    /// The name in digests and filter policies.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountOwner => "account-owner",
            Self::KeyOwner => "key-owner",
            Self::Security => "security",
        }
    }
}

/// The periods that a run went by, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestPeriods {
    /// The age at which a replacement is made.
    pub rotation: u32,
    /// How long old and new key work side by side.
    pub install_grace: u32,
    /// How long a key stays inactive before it is deleted.
    pub recovery_grace: u32,
}

/// One thing that a recipient is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestEntry {
    /// The notice's id: sent once.
    pub notice_id: NoticeId,
    /// The user.
    pub user: UserName,
    /// The key; none where the entry is about the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<AccessKeyId>,
    /// The key that takes over from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<AccessKeyId>,
    /// The user's other key, where a person must decide between the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_key: Option<AccessKeyId>,
    /// What the step is called.
    pub step: StepKind,
    /// How it ended.
    pub status: StepStatus,
    /// Why.
    pub reason: Reason,
    /// When the step named in the reason was due, or what comes next will be: for a replacement, the day the old key becomes inactive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The name of the user's secret, where it holds something for the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_name: Option<String>,
    /// The secret's ARN, where it is in the central store: from another account, a name leads nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_arn: Option<String>,
    /// What used the key last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<KeyUse>,
    /// The key owner's own instructions, from the user's tags. Anybody who may tag the user wrote them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<String>,
    /// What went wrong, where the step failed, or which tag cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The new pair, encrypted with age for the key owner and in ASCII armour; in a key owner's digest alone, and only where a tag asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted_pair: Option<String>,
}

/// What notification returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationResult {
    /// Notices sent now.
    pub sent: usize,
    /// Notices that wait, such as for the day's quota.
    pub deferred: usize,
    /// Notices that cannot be sent.
    pub failed: usize,
}
