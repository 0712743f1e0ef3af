//! What became of every account of a run: `<prefix>runs/<run id>/finish.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::manifest::{FailedAccount, SkipReason};
use crate::Timestamp;
use crate::id::{AccountId, RunId};
use crate::policy::Mode;

/// Every account of a run, accounted for. A later look at the same run writes it anew: it is the truth of its moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishRecord {
    /// The version of this shape.
    pub schema_version: u32,
    /// The run.
    pub run_id: RunId,
    /// What the run was allowed to do.
    pub mode: Mode,
    /// When its accounts were listed.
    pub listed_at: Timestamp,
    /// When this was looked at.
    pub at: Timestamp,
    /// Whether more answers may come.
    pub state: RunState,
    /// Until when; none once the run has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers_until: Option<Timestamp>,
    /// Whether every account in scope was invoked or given up. False while the fan-out goes on, and for good where it broke off.
    pub fan_out_finished: bool,
    /// What became of every account.
    pub accounts: FinishAccounts,
    /// Sums over the results of all accounts.
    pub sums: RunSums,
}

/// Whether more answers may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Accounts have not answered that still may: their events may be waiting in Lambda.
    Going,
    /// Every account answered, or will not any more.
    Ended,
}

impl RunState {
    /// The state as it stands in the record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            RunState::Going => "going",
            RunState::Ended => "ended",
        }
    }
}

/// What became of every account: `listed` = `scanned` + `skipped` + `unreachable` + `failed`, always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishAccounts {
    /// Accounts in the organization.
    pub listed: usize,
    /// Accounts with a result.
    pub scanned: ScannedAccounts,
    /// Accounts left out; the manifest names them.
    pub skipped: SkippedAccounts,
    /// Accounts of which nothing is known.
    pub unreachable: UnreachableAccounts,
    /// Accounts that were never invoked, or of which nobody knows it because the fan-out broke off.
    pub failed: Vec<FailedAccount>,
}

/// Accounts with a result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannedAccounts {
    /// In so many, all was looked at and nothing is left undone that a retry could do.
    pub complete: usize,
    /// The others.
    pub incomplete: Vec<IncompleteAccount>,
}

/// An account of which something is left undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncompleteAccount {
    /// Its id.
    pub account: AccountId,
    /// Why, where it concerns the account as a whole; the account's result has the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Accounts left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedAccounts {
    /// How many.
    pub count: usize,
    /// How many for which reason.
    pub reasons: BTreeMap<SkipReason, usize>,
}

/// Accounts of which nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreachableAccounts {
    /// Their role could not be assumed.
    pub role: Vec<FailedAccount>,
    /// They were invoked and did not answer: not yet, where the run is still going, else never.
    pub unanswered: Vec<AccountId>,
}

/// Sums over the results of all accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSums {
    /// Users seen.
    pub users: usize,
    /// Access keys seen.
    pub keys: usize,
    /// How many steps ended how: keys such as `deactivate.done`.
    pub steps: BTreeMap<String, usize>,
    /// Keys that wait for a step that was due more than a week before.
    pub keys_overdue: usize,
}

impl FinishAccounts {
    /// How many accounts became something; as many as were listed, or the count is wrong.
    #[must_use]
    pub fn accounted(&self) -> usize {
        let scanned = self.scanned.complete + self.scanned.incomplete.len();
        let unreachable = self.unreachable.role.len() + self.unreachable.unanswered.len();
        scanned + self.skipped.count + unreachable + self.failed.len()
    }
}

/// What `finish` returns: the record in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishResult {
    /// The run.
    pub run_id: RunId,
    /// What the run was allowed to do.
    pub mode: Mode,
    /// Whether more answers may come.
    pub state: RunState,
    /// What became of the accounts.
    pub accounts: FinishCounts,
    /// Sums over the results of all accounts.
    pub sums: RunSums,
}

/// What became of the accounts, in numbers: `listed` = `scanned` + `skipped` + `unreachable` + `failed`, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishCounts {
    /// Accounts in the organization.
    pub listed: usize,
    /// Accounts with a result.
    pub scanned: usize,
    /// Those of them of which something is left undone.
    pub incomplete: usize,
    /// Accounts left out.
    pub skipped: usize,
    /// Accounts of which nothing is known.
    pub unreachable: usize,
    /// Those of them that did not answer.
    pub unanswered: usize,
    /// Accounts that were never invoked.
    pub failed: usize,
}

impl FinishRecord {
    /// The record in numbers.
    #[must_use]
    pub fn in_short(&self) -> FinishResult {
        let accounts = &self.accounts;
        let (incomplete, unanswered) = (accounts.scanned.incomplete.len(), accounts.unreachable.unanswered.len());
        let counts = FinishCounts {
            listed: accounts.listed,
            scanned: accounts.scanned.complete + incomplete,
            incomplete,
            skipped: accounts.skipped.count,
            unreachable: accounts.unreachable.role.len() + unanswered,
            unanswered,
            failed: accounts.failed.len(),
        };
        let (run_id, sums) = (self.run_id.clone(), self.sums.clone());
        FinishResult { run_id, mode: self.mode, state: self.state, accounts: counts, sums }
    }
}
