//! The ledger: what Keywheel remembers of an account between runs.
//!
//! One JSON object per account. It can only delay a step, never hasten one: every date that enables a step is the later of the
//! ledger's and AWS's own, and what is lost or not credible counts as never written.

mod observe;
mod trust;

pub use observe::USE_RECORD_SPAN;
pub use trust::CREATION_AT_MOST;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{AccessKeyId, AccountId, NoticeId, RunId, UserId, UserName};
use crate::notice::NoticeKind;
use crate::time::minus;

/// The version of the ledger's shape that this release writes.
pub const LEDGER_SCHEMA: u32 = 1;

/// The memory of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLedger {
    /// The shape's version; a newer one is refused, not rewritten.
    pub schema_version: u32,
    /// The account; a ledger that names another one is refused.
    pub account: AccountId,
    /// Counts the writes.
    pub sequence: u64,
    /// Who wrote last: tells one's own write from another's when the answer to it was lost.
    pub writer: String,
    /// Who is changing the account now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// The plan that was last begun: the write-ahead journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<JournalledPlan>,
    /// The users about whom there is something to remember.
    #[serde(default)]
    pub users: BTreeMap<UserName, UserRecord>,
}

/// The right to change an account, for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The run that holds it.
    pub run_id: RunId,
    /// The process that holds it.
    pub writer: String,
    /// When it lapses unless renewed.
    pub until: Timestamp,
}

/// A plan as it was written down before its first step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalledPlan {
    /// The run that made it.
    pub run_id: RunId,
    /// When.
    pub planned: Timestamp,
    /// Its changing steps, in order.
    pub steps: Vec<JournalledStep>,
}

/// One step of a journalled plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalledStep {
    /// The user it is about.
    pub user: UserName,
    /// The key it acts on.
    pub access_key_id: Option<AccessKeyId>,
    /// What it does.
    pub step: crate::plan::StepKind,
    /// Why.
    pub reason: crate::reason::Reason,
}

/// The memory of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
    /// The user's id; a re-created user has another one, and its predecessor's record is void.
    pub user_id: UserId,
    /// A CreateAccessKey that was about to be made and whose end is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<CreateIntent>,
    /// The keys about which there is something to remember.
    #[serde(default)]
    pub keys: BTreeMap<AccessKeyId, KeyRecord>,
}

/// A call to CreateAccessKey, written down before it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateIntent {
    /// When it was written down.
    pub at: Timestamp,
    /// When the call can no longer be under way.
    pub until: Timestamp,
    /// The key to be superseded.
    pub supersedes: AccessKeyId,
}

/// The real dates of one key. Every one is optional: absent means not happened, or not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyRecord {
    /// When Keywheel made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// The key that it takes over from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<AccessKeyId>,
    /// When it was proven to work. Uses within 15 minutes of it are Keywheel's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven: Option<Timestamp>,
    /// The new key could not read its own secret when it was proven: it counts as taken up only when used.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retrieval_unproven: bool,
    /// When it became `AWSCURRENT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
    /// Since when it has been retrievable without a break, where a break was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrievable_since: Option<Timestamp>,
    /// Its secret was seen not to be retrievable, and has not been seen retrievable since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not_retrievable: bool,
    /// The key that took over from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<AccessKeyId>,
    /// When a person made it active again: the install grace starts anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revived: Option<Timestamp>,
    /// Since when it has been held after its day had come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// Keywheel was about to make it inactive for this cause, and the end of that is not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deactivation_begun: Option<InactiveBecause>,
    /// When and by whom it was made inactive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_inactive: Option<MadeInactive>,
    /// When Keywheel deleted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
    /// How often its way through life began anew: a person made it active again, or an unused key was used. What owners
    /// were told before then no longer counts, so the episode is part of a notice's id.
    #[serde(skip_serializing_if = "is_zero")]
    pub episode: u32,
    /// What its owners were told in this episode.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub notices: BTreeMap<NoticeKind, NoticeRecord>,
}

/// When and by whom a key was made inactive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeInactive {
    /// When it was made, or first seen, inactive.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// Why, where it was Keywheel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<InactiveBecause>,
}

/// Who did something to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// Keywheel.
    Keywheel,
    /// Somebody else. What a person did stands.
    Person,
}

/// Why Keywheel made a key inactive; it decides how long the key can be called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InactiveBecause {
    /// Another key took over from it.
    Superseded,
    /// Nobody used it.
    Unused,
    /// It came from a CreateAccessKey whose answer was lost.
    Orphaned,
}

/// One notice that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRecord {
    /// When it was handed to notification first.
    pub asked: Timestamp,
    /// One id per recipient whose receipt counts.
    pub ids: Vec<NoticeId>,
    /// When the first of them was recorded as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Timestamp>,
}

/// A ledger that must not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerRefused {
    /// It cannot be read.
    #[error(
        "the ledger of account {account} cannot be read ({why}); nothing was changed. Restore an earlier version of the object, or delete it: \
         without a ledger every grace starts anew and nothing happens early"
    )]
    Unreadable {
        /// The account whose ledger was asked for.
        account: AccountId,
        /// What is wrong with it.
        why: String,
    },
    /// A newer release wrote it.
    #[error(
        "the ledger of account {account} has schema version {found}, this release knows {LEDGER_SCHEMA}: a newer Keywheel wrote it. Nothing was \
         changed; deploy that release or a later one"
    )]
    Newer {
        /// The account whose ledger was asked for.
        account: AccountId,
        /// The version found.
        found: u32,
    },
    /// It is another account's.
    #[error("the ledger of account {account} names account {found}; nothing was changed. Restore the right object")]
    OtherAccount {
        /// The account whose ledger was asked for.
        account: AccountId,
        /// The account it names.
        found: AccountId,
    },
}

impl AccountLedger {
    /// An empty memory.
    #[must_use]
    pub fn new(account: AccountId) -> Self {
        Self {
            schema_version: LEDGER_SCHEMA,
            account,
            sequence: 0,
            writer: String::new(),
            claim: None,
            plan: None,
            users: BTreeMap::new(),
        }
    }

    /// Reads a ledger's JSON text.
    ///
    /// # Errors
    /// Says why the text is refused: unreadable, of a newer release, of another account.
    pub fn parse(account: &AccountId, text: &[u8]) -> Result<Self, LedgerRefused> {
        #[derive(Deserialize)]
        struct Version {
            schema_version: u32,
        }
        let unreadable =
            |error: serde_json::Error| LedgerRefused::Unreadable { account: account.clone(), why: error.to_string() };
        let Version { schema_version } = serde_json::from_slice(text).map_err(unreadable)?;
        if schema_version > LEDGER_SCHEMA {
            return Err(LedgerRefused::Newer { account: account.clone(), found: schema_version });
        }
        let ledger: Self = serde_json::from_slice(text).map_err(unreadable)?;
        if ledger.account != *account {
            return Err(LedgerRefused::OtherAccount { account: account.clone(), found: ledger.account });
        }
        Ok(ledger)
    }

    /// The user's record for writing, made if there is none. That of a former user of the name is put away.
    pub fn user_mut(&mut self, user: &UserName, user_id: &UserId) -> &mut UserRecord {
        let record = self.users.entry(user.clone()).or_insert_with(|| UserRecord::new(user_id.clone()));
        if record.user_id != *user_id {
            *record = UserRecord::new(user_id.clone());
        }
        record
    }

    /// The record of one of the user's keys for writing, made if there is none.
    pub fn key_mut(&mut self, user: &UserName, user_id: &UserId, key: &AccessKeyId) -> &mut KeyRecord {
        self.user_mut(user, user_id).keys.entry(key.clone()).or_default()
    }
}

impl UserRecord {
    /// An empty record.
    #[must_use]
    pub fn new(user_id: UserId) -> Self {
        Self { user_id, intent: None, keys: BTreeMap::new() }
    }

    /// What is remembered of a key; the empty record when nothing is.
    #[must_use]
    pub fn key(&self, id: &AccessKeyId) -> KeyRecord {
        self.keys.get(id).cloned().unwrap_or_default()
    }
}

impl CreateIntent {
    /// Whether a key that was created then may be this call's. IAM's dates are whole seconds, cut off.
    #[must_use]
    pub fn may_have_made(&self, created: Timestamp) -> bool {
        (minus(self.at, SignedDuration::from_secs(1))..=self.until).contains(&created)
    }
}

impl KeyRecord {
    /// When the owners were told this: the later of the first asking and the first record of a notice sent. None while no
    /// notice is recorded as sent.
    #[must_use]
    pub fn told(&self, kind: &NoticeKind) -> Option<Timestamp> {
        let notice = self.notices.get(kind)?;
        Some(notice.sent?.max(notice.asked))
    }

    /// When a notice of this kind was first asked for, whatever became of it.
    #[must_use]
    pub fn asked(&self, kind: &NoticeKind) -> Option<Timestamp> {
        Some(self.notices.get(kind)?.asked)
    }

    /// Begins the key's way anew.
    pub(crate) fn begin_anew(&mut self) {
        self.episode = self.episode.saturating_add(1);
        self.notices.clear();
        self.held_since = None;
        self.deactivation_begun = None;
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
