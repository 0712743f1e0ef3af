//! What account-inventory writes down of a run besides its manifest: how far the fan-out is, and which run was the last.

use serde::{Deserialize, Serialize};

use super::manifest::FailedAccount;
use crate::Timestamp;
use crate::id::{AccountId, RunId};

/// Where one invocation of a run ends and the next one begins: `<prefix>runs/<run id>/fan-out/<hop>.json`.
///
/// Whatever is in scope and neither left nor failed was invoked. An invocation only ever reads the one that names its own hop, so that a
/// repetition of it finds the same, or what an equal one before it wrote, which is as true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanOutCheckpoint {
    /// The version of this shape.
    pub schema_version: u32,
    /// The run.
    pub run_id: RunId,
    /// The manifest that it is about, by its `at`.
    pub listed_at: Timestamp,
    /// When it was written.
    pub at: Timestamp,
    /// The invocation that goes on: how often the run has handed itself on by then.
    pub hop: u32,
    /// The accounts that are left to it, in the order of their ids.
    pub left: Vec<AccountId>,
    /// The accounts that were given up, in the order of their ids.
    pub failed: Vec<FailedAccount>,
}

/// The last run over the whole organization that asked for nothing of its own, as the schedule starts it: `<prefix>runs/latest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestRun {
    /// The version of this shape.
    pub schema_version: u32,
    /// The run.
    pub run_id: RunId,
    /// When its accounts were listed.
    pub at: Timestamp,
}

/// What names the latest run in `{"finish":"latest"}`; no run may have it as its id.
pub const LATEST: &str = "latest";
