//! What the functions return, and what lands in S3 beside a run's manifest.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::acknowledgement::Hosts;
use crate::contract::action::Guard;
use crate::id::{AccessKeyId, AccountId, RunId, UserName};
use crate::observed::KeyUse;
use crate::plan::StepKind;
use crate::policy::Mode;
use crate::reason::Reason;
use crate::time::{Days, after};

pub use super::handed_on::HandedOn;

/// A step that waits so long after its day is overdue: somebody should look.
const OVERDUE_AFTER: Days = Days(7);

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepStatus {
    /// Audit: an enforcing run would do it.
    Planned,
    /// It was done.
    Done,
    /// It was tried and did not succeed.
    Failed,
    /// It waits for a later run.
    Deferred,
}

impl StepStatus {
    /// The status as it stands in results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            StepStatus::Planned => "planned",
            StepStatus::Done => "done",
            StepStatus::Failed => "failed",
            StepStatus::Deferred => "deferred",
        }
    }
}

/// One step and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    /// The user.
    pub user: UserName,
    /// The key that the step was about.
    pub access_key_id: Option<AccessKeyId>,
    /// What the step is called.
    pub step: StepKind,
    /// Why it was, or was not, done.
    pub reason: Reason,
    /// How it ended.
    pub status: StepStatus,
    /// When it was due, or what it announces will be.
    pub due: Option<Timestamp>,
    /// What went wrong, without any secret.
    pub error: Option<String>,
    /// What used the key last, of a key that is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<KeyUse>,
    /// The guards that an explicit action lifted for it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub overridden: BTreeSet<Guard>,
    /// Hosts that may still have the key, as far as they acknowledge.
    #[serde(default, skip_serializing_if = "Hosts::is_empty")]
    pub hosts: Hosts,
}

/// The result of one account in one run: `<prefix>runs/<run id>/accounts/<account>.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountResult {
    /// The version of this shape.
    pub schema_version: u32,
    /// The run.
    pub run_id: RunId,
    /// The account.
    pub account: AccountId,
    /// What the run was allowed to do.
    pub mode: Mode,
    /// When the run looked at the account.
    pub at: Timestamp,
    /// Every user was looked at and nothing that was due is left undone for a cause that a retry can mend. False while an
    /// invocation that this one handed the rest to is still to come.
    pub complete: bool,
    /// Users seen.
    pub users: usize,
    /// Access keys seen; of users who were passed over, those that the credential report shows.
    pub keys: usize,
    /// Every user was looked at, and none passed over by the credential report.
    #[serde(default)]
    pub swept: bool,
    /// The steps.
    pub steps: Vec<StepResult>,
    /// How many steps ended how: keys such as `deactivate.done`.
    pub counts: BTreeMap<String, usize>,
    /// Why the account could not be served, wholly or in part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The account's role could not be assumed, so nothing in the account was looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unreachable: bool,
    /// How often the run had handed itself on before this invocation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hop: u32,
    /// What this invocation left to the next one, where its time was nearly up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_on: Option<HandedOn>,
    /// What the invocations before this one had done: the counts above include it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<HandedOn>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl AccountResult {
    /// Counts the steps by name and ending.
    #[must_use]
    pub fn count(steps: &[StepResult]) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for step in steps {
            *counts.entry(format!("{}.{}", step.step.as_str(), step.status.as_str())).or_default() += 1;
        }
        counts
    }

    /// How many keys wait for a step that was due more than a week ago.
    #[must_use]
    pub fn overdue_keys(&self) -> usize {
        self.overdue_steps().map(|step| (&step.user, &step.access_key_id)).collect::<BTreeSet<_>>().len()
    }

    /// The steps that were due more than a week ago and wait: held, deferred, failed, or kept back for a person to act. An audit changes
    /// nothing, so nothing waits in one.
    pub fn overdue_steps(&self) -> impl Iterator<Item = &StepResult> {
        let waits = |step: &&StepResult| match step.status {
            StepStatus::Done => matches!(step.step, StepKind::Hold | StepKind::Skip),
            StepStatus::Failed | StepStatus::Deferred => true,
            StepStatus::Planned => false,
        };
        let is_long_due = |step: &&StepResult| step.due.is_some_and(|due| after(due, OVERDUE_AFTER) <= self.at);
        self.steps.iter().filter(waits).filter(is_long_due)
    }

    /// This result together with an earlier one of the same run and account: a retry takes up only what is left, so what was
    /// done before would else be missing from the run.
    #[must_use]
    pub fn following(mut self, earlier: Self) -> Self {
        let before = earlier.handed_to(self.hop);
        let is_before = |step: &StepResult| before.as_ref().is_some_and(|before| step.user < before.from);
        let is_same =
            |a: &StepResult, b: &StepResult| (&a.user, &a.access_key_id, a.step) == (&b.user, &b.access_key_id, b.step);
        let was_done = earlier.steps.into_iter().filter(|step| {
            let is_deed = !matches!(step.step, StepKind::Skip | StepKind::Hold);
            let was_done = step.status == StepStatus::Done && is_deed;
            is_before(step) || was_done && !self.steps.iter().any(|now| is_same(now, step))
        });
        let mut steps: Vec<StepResult> = was_done.collect();
        steps.append(&mut self.steps);
        self.counts = Self::count(&steps);
        self.steps = steps;
        self.with_users_of(before)
    }

    /// Steps that failed.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.steps.iter().filter(|step| step.status == StepStatus::Failed).count()
    }
}

#[cfg(test)]
mod tests {
    use super::{AccountResult, StepKind, StepStatus};
    use crate::contract::result::StepResult;

    fn overdue(rows: &[(&str, StepKind, StepStatus, &str)]) -> usize {
        let steps = rows.iter().map(|(key, step, status, due)| {
            let row = serde_json::json!({
                "user": "alice", "access_key_id": key, "step": step, "reason": "rotation-due", "status": status,
                "due": due.parse::<crate::Timestamp>().ok(), "error": null,
            });
            serde_json::from_value::<StepResult>(row).unwrap()
        });
        let result = serde_json::json!({
            "schema_version": 1, "run_id": "r-1", "account": "111122223333", "mode": "enforce", "at": "2026-11-20T02:00:00Z",
            "complete": true, "users": 1, "keys": 1, "steps": steps.collect::<Vec<_>>(), "counts": {}, "error": null,
        });
        serde_json::from_value::<AccountResult>(result).unwrap().overdue_keys()
    }

    const KEY: &str = "AKIAAAAAAAAAAAAAAAA1";
    const OTHER: &str = "AKIAAAAAAAAAAAAAAAA2";
    const WEEK: &str = "2026-11-13T02:00:00Z";

    #[test]
    fn a_key_is_overdue_when_its_step_waits_for_a_week() {
        use StepKind::{Create, Hold, Skip, Warn};
        use StepStatus::{Deferred, Done, Failed, Planned};
        for (step, status) in [(Create, Failed), (Create, Deferred), (Hold, Done), (Skip, Done)] {
            assert_eq!(overdue(&[(KEY, step, status, WEEK)]), 1, "{step:?} {status:?}");
            assert_eq!(overdue(&[(KEY, step, status, "2026-11-13T02:00:01Z")]), 0, "{step:?} {status:?}");
            assert_eq!(overdue(&[(KEY, step, status, "")]), 0, "{step:?} {status:?}, never due");
        }
        for (step, status) in [(Create, Done), (Warn, Done), (Create, Planned)] {
            assert_eq!(overdue(&[(KEY, step, status, WEEK)]), 0, "{step:?} {status:?}");
        }
    }

    #[test]
    fn a_key_with_two_steps_that_wait_counts_once() {
        let row = |key| (key, StepKind::Create, StepStatus::Failed, WEEK);
        assert_eq!(overdue(&[row(KEY), row(KEY), row(OTHER)]), 2);
    }
}
