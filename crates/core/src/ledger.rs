//! The ledger: what Keywheel remembers of an account between runs.
//!
//! One JSON object per account. It can only delay a step, never hasten one: every date that enables a step is the later of the
//! ledger's and AWS's own, and what is lost or not credible counts as never written.

mod gone;
mod intent;
mod journal;
mod key;
mod notice;
mod observe;
mod refused;
mod sweep;
mod trust;

pub use gone::Present;
pub use intent::{CreateIntent, RollbackIntent};
pub use journal::{JournalledPlan, JournalledStep};
pub use key::{Actor, InactiveBecause, KeyRecord, MadeInactive, ParameterStanding};
pub use notice::NoticeRecord;
pub use observe::USE_RECORD_SPAN;
pub use refused::LedgerRefused;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::clean::quoted;
use crate::contract::LONGEST_REASON;
use crate::id::{AccessKeyId, AccountId, RunId, UserId, UserName};

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
    /// The explicit action that was last begun. A night that is tried again finds its own journal all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<JournalledPlan>,
    /// Since when the account has been looked after: a first sweep is due a week later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When every user of the account was last looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swept: Option<Timestamp>,
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

/// The memory of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
    /// The user's id; a re-created user has another one, and its predecessor's record is void.
    pub user_id: UserId,
    /// A CreateAccessKey that was about to be made and whose end is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<CreateIntent>,
    /// A rollback that was begun and whose end is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<RollbackIntent>,
    /// Something about the user was left undecided or undone: the user is looked at again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub look_again: bool,
    /// The ARN of the user's secret, where the pair that it hands out was published in the central store; none for the user's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_arn: Option<String>,
    /// Since when the user has a secret in the configured store, while the former one stays in the store from which the deployment moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_left: Option<Timestamp>,
    /// Since when the user is not there, by sweeps that saw everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_since: Option<Timestamp>,
    /// When the secret of the user, who is gone, was scheduled for deletion, or was not there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_cleared: Option<Timestamp>,
    /// The name of the parameter that Keywheel writes for the user, from before it was written first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// When the parameter of the user, who is gone, was deleted, or was not there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter_cleared: Option<Timestamp>,
    /// When what hosts of the user, who is gone, acknowledged was deleted, or was not there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts_cleared: Option<Timestamp>,
    /// The keys about which there is something to remember.
    #[serde(default)]
    pub keys: BTreeMap<AccessKeyId, KeyRecord>,
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
            action: None,
            since: None,
            swept: None,
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
        let unreadable = |error: serde_json::Error| LedgerRefused::Unreadable {
            account: account.clone(),
            why: quoted(&error.to_string(), LONGEST_REASON),
        };
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
        Self {
            user_id,
            intent: None,
            rollback: None,
            look_again: false,
            secret_arn: None,
            secret_left: None,
            gone_since: None,
            secret_cleared: None,
            parameter: None,
            parameter_cleared: None,
            hosts_cleared: None,
            keys: BTreeMap::new(),
        }
    }

    /// What is remembered of a key; the empty record when nothing is.
    #[must_use]
    pub fn key(&self, id: &AccessKeyId) -> KeyRecord {
        self.keys.get(id).cloned().unwrap_or_default()
    }
}
