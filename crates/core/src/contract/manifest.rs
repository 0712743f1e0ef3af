//! The manifest of a run, `<prefix>runs/<run id>/manifest.json`, and what account-inventory returns.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{AccountId, RunId};
use crate::policy::Mode;

/// Every account of the organization and what the run means to do with it. Written before the first invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this shape.
    pub schema_version: u32,
    /// The run.
    pub run_id: RunId,
    /// What the run was allowed to do.
    pub mode: Mode,
    /// When the accounts were listed.
    pub at: Timestamp,
    /// Every user of every account is looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sweep: bool,
    /// The accounts to be invoked.
    pub accounts: Vec<ManifestAccount>,
    /// The accounts left out.
    pub skipped: Vec<SkippedAccount>,
}

/// An account in scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestAccount {
    /// Its id.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// Its owner's e-mail address; older manifests do not have it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
}

/// An account left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedAccount {
    /// Its id.
    pub account: AccountId,
    /// A stable code, see [`SkipReason`].
    pub reason: SkipReason,
}

/// Why an account is left out of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// Its state is SUSPENDED.
    Suspended,
    /// Its state is `PENDING_ACTIVATION`.
    PendingActivation,
    /// Its state is `PENDING_CLOSURE`.
    PendingClosure,
    /// Its state is CLOSED.
    Closed,
    /// Organizations gave a state that this release does not know.
    UnknownState,
    /// It is the management account and `INCLUDE_MANAGEMENT_ACCOUNT` is false.
    ManagementAccount,
    /// `EXCLUDE_ACCOUNTS` names it.
    ExcludedAccount,
    /// `INCLUDE_ACCOUNTS`, or the event, does not name it.
    NotIncludedAccount,
    /// It lies below an OU of `EXCLUDE_OUS`.
    ExcludedOu,
    /// It lies below no OU of `INCLUDE_OUS`.
    NotIncludedOu,
    /// `ROLLOUT_PERCENT` does not reach it yet.
    Rollout,
}

/// What account-inventory returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryResult {
    /// The run.
    pub run_id: RunId,
    /// What the run was allowed to do.
    pub mode: Mode,
    /// How often the run had handed itself on before this invocation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hop: u32,
    /// What became of every account.
    pub accounts: InventoryAccounts,
    /// What this invocation left to the next one, where its time was nearly up; none at the end of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_on: Option<FanOutHandedOn>,
}

/// What is left of a fan-out, and who goes on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanOutHandedOn {
    /// The invocation that goes on: how often the run has handed itself on by then.
    pub hop: u32,
    /// Accounts that are left to it.
    pub left: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What account-inventory returned, as it stands beside the manifest: `<prefix>runs/<run id>/inventory.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryRecord {
    /// The version of this shape.
    pub schema_version: u32,
    /// When the last account was invoked, or given up.
    pub at: Timestamp,
    /// The manifest that it is about, by its `at`; a run id that is used twice has two. Older records do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_at: Option<Timestamp>,
    /// What was returned.
    #[serde(flatten)]
    pub result: InventoryResult,
}

/// What became of every account: `listed` = `invoked` + `skipped` + `failed`, and what was handed on, always.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryAccounts {
    /// Accounts in the organization.
    pub listed: usize,
    /// Accounts whose job Lambda took.
    pub invoked: usize,
    /// Accounts left out.
    pub skipped: Vec<SkippedAccount>,
    /// Accounts whose job Lambda did not take.
    pub failed: Vec<FailedAccount>,
}

/// An account that could not be invoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAccount {
    /// Its id.
    pub account: AccountId,
    /// Why.
    pub error: String,
}
