//! The plan that was last begun, written down before its first step.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};

use crate::Timestamp;
use crate::contract::action::Guard;
use crate::id::{AccessKeyId, RunId, UserId, UserName};

/// A plan as it was written down before its first step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalledPlan {
    /// The run that made it.
    pub run_id: RunId,
    /// When.
    pub planned: Timestamp,
    /// Its changing steps, in order, as far as this release knows them: they are for people to read.
    #[serde(deserialize_with = "known_steps")]
    pub steps: Vec<JournalledStep>,
    /// How many changes the run has begun, over all its tries: no more than `MAX_CHANGES`.
    #[serde(default)]
    pub changes: usize,
    /// How many of them failed.
    #[serde(default)]
    pub failures: usize,
    /// The users for whom the run began to make a key, whatever became of it: it makes no second one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub creations: BTreeSet<UserId>,
    /// The writer in whose name this invocation of the run was left its claim, where the run had handed itself on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited: Option<String>,
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
    /// The guards that an explicit action lifted for it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub overridden: BTreeSet<Guard>,
}

/// A step of which a later release wrote a reason or a guard that this one does not know is passed over: nothing is decided by it, and whoever goes back to
/// an older release would find each such ledger unreadable.
fn known_steps<'de, D: Deserializer<'de>>(steps: D) -> Result<Vec<JournalledStep>, D::Error> {
    let steps = Vec::<serde_json::Value>::deserialize(steps)?;
    Ok(steps.into_iter().filter_map(|step| serde_json::from_value(step).ok()).collect())
}
