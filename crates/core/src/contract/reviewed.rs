//! The steps of one account that somebody has looked at and wants done: part of an account job.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::contract::plan_file::sha256;
use crate::id::{AccessKeyId, AccountId, UserId, UserName};
use crate::plan::{Action, Step, StepKind};
use crate::reason::Reason;

/// How the run of a reviewed plan is named, so that its result never takes the place of a night's.
pub const APPLY_RUN: &str = "apply-";

/// What a changing step does. `docs/contracts.md` has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A replacement for the key is made and published.
    Replace,
    /// A replacement that is pending is published; the key from which it takes over is the second one.
    Publish,
    /// The user's parameter is brought into step with the key.
    Deliver,
    /// The secret that hands the key out is replicated to the Regions that are behind.
    Replicate,
    /// The secret of a user who is gone is scheduled for deletion.
    ScheduleSecret,
    /// The secret that stayed in the store from which the deployment moved is scheduled for deletion.
    ScheduleFormerSecret,
    /// The parameter of a user who is gone is deleted.
    DeleteParameter,
    /// What hosts of a user who is gone acknowledge is deleted.
    ForgetHosts,
    /// The key is made inactive.
    Deactivate,
    /// The key is deleted.
    Delete,
    /// Keywheel's own key, whose secret half was never stored, is deleted.
    DeleteNeverStored,
    /// The first key is made active again, and the second one inactive.
    Rollback,
    /// The first key is made active again, and the second one stays active.
    RollbackAlone,
}

/// A changing step as it was reviewed: it is carried out only where just the same is planned again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewedStep {
    /// The user.
    pub user: UserName,
    /// The user's id: the step is for that user, not for a later one of the same name.
    pub user_id: UserId,
    /// What the step is called.
    pub step: StepKind,
    /// Why.
    pub reason: Reason,
    /// What it does.
    pub change: Change,
    /// The keys that it does it to.
    pub access_key_ids: Vec<AccessKeyId>,
}

/// The reviewed steps of one account, and the hash that tells them from any others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewedPlan {
    /// The steps.
    pub steps: Vec<ReviewedStep>,
    /// The SHA-256 of `{"account":…,"steps":…}`, in lower-case hex, over its canonical JSON: see [`sha256`].
    pub sha256: String,
}

impl ReviewedStep {
    /// The step, as it is reviewed; none where it changes nothing.
    #[must_use]
    pub fn of(step: &Step) -> Option<Self> {
        let (change, keys) = change(&step.action)?;
        Some(Self {
            user: step.user.clone(),
            user_id: step.user_id.clone(),
            step: step.kind,
            reason: step.reason,
            change,
            access_key_ids: keys.into_iter().cloned().collect(),
        })
    }
}

impl ReviewedPlan {
    /// The plan of these steps.
    #[must_use]
    pub fn new(account: &AccountId, steps: Vec<ReviewedStep>) -> Self {
        let sha256 = hash(account, &steps);
        Self { steps, sha256 }
    }

    /// The users whom it is about.
    #[must_use]
    pub fn users(&self) -> BTreeSet<UserName> {
        self.steps.iter().map(|step| step.user.clone()).collect()
    }

    /// Refuses a plan that nobody can have reviewed as it is.
    pub(super) fn refuse_other(&self, account: &AccountId) -> Result<(), String> {
        if self.steps.is_empty() {
            return Err("the plan has no steps".to_owned());
        }
        if self.sha256 != hash(account, &self.steps) {
            return Err(format!(
                "the plan's sha256 is not that of these steps of account {account}: send it as it was reviewed"
            ));
        }
        Ok(())
    }
}

fn change(action: &Action) -> Option<(Change, Vec<&AccessKeyId>)> {
    Some(match action {
        Action::None | Action::Hold | Action::Refuse { .. } => return None,
        Action::Replace { supersedes, .. } => (Change::Replace, vec![supersedes]),
        Action::Publish { replacement, supersedes } => {
            (Change::Publish, std::iter::once(replacement).chain(supersedes).collect())
        }
        Action::Deliver { key } => (Change::Deliver, vec![key]),
        Action::ScheduleSecret => (Change::ScheduleSecret, Vec::new()),
        Action::ScheduleFormerSecret => (Change::ScheduleFormerSecret, Vec::new()),
        Action::DeleteParameter { .. } => (Change::DeleteParameter, Vec::new()),
        Action::ForgetHosts => (Change::ForgetHosts, Vec::new()),
        Action::Replicate { key } => (Change::Replicate, vec![key]),
        Action::Deactivate { key, .. } => (Change::Deactivate, vec![key]),
        Action::Delete { key } => (Change::Delete, vec![key]),
        Action::DeleteNeverStored { key } => (Change::DeleteNeverStored, vec![key]),
        Action::Rollback { old, new, new_stays } => {
            let change = if *new_stays { Change::RollbackAlone } else { Change::Rollback };
            (change, std::iter::once(old).chain(new).collect())
        }
    })
}

fn hash(account: &AccountId, steps: &[ReviewedStep]) -> String {
    #[derive(Serialize)]
    struct Hashed<'a> {
        account: &'a AccountId,
        steps: &'a [ReviewedStep],
    }
    // Texts and lists of them alone: nothing in it can fail to be written.
    sha256(&Hashed { account, steps }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ACCOUNT: &str = "111122223333";

    fn steps() -> Value {
        json!([{"user": "alice", "user_id": "AIDAEXAMPLE000000001", "step": "create", "reason": "rotation-due", "change": "replace",
            "access_key_ids": ["AKIAEXAMPLEOLD000001"]}])
    }

    fn plan() -> ReviewedPlan {
        ReviewedPlan::new(&ACCOUNT.parse().unwrap(), serde_json::from_value(steps()).unwrap())
    }

    #[test]
    fn the_hash_is_of_canonical_json() {
        // printf '%s' '{"account":"111122223333","steps":[{"access_key_ids":["AKIAEXAMPLEOLD000001"],"change":"replace",
        // "reason":"rotation-due","step":"create","user":"alice","user_id":"AIDAEXAMPLE000000001"}]}' | sha256sum, on one line
        assert_eq!(plan().sha256, "a728efd9797d0c12ac6feec980e103238080c3ae7b62547bff48cc74d6c79308");
    }

    #[test]
    fn a_plan_is_for_one_account_and_for_just_these_steps() {
        let (account, other) = (ACCOUNT.parse().unwrap(), "444455556666".parse().unwrap());
        assert_eq!(plan().refuse_other(&account), Ok(()));
        assert!(plan().refuse_other(&other).unwrap_err().contains("444455556666"));
        for (field, value) in [("user", json!("bob")), ("change", json!("delete")), ("access_key_ids", json!([]))] {
            let mut changed = steps();
            changed[0][field] = value;
            let changed = ReviewedPlan { steps: serde_json::from_value(changed).unwrap(), ..plan() };
            assert!(changed.refuse_other(&account).is_err(), "{field}");
        }
        assert!(ReviewedPlan::new(&account, vec![]).refuse_other(&account).is_err());
    }

    #[test]
    fn what_changes_nothing_is_no_reviewed_step() {
        for action in [Action::None, Action::Hold, Action::Refuse { why: String::new() }] {
            assert!(!action.is_change() && change(&action).is_none());
        }
        let key: AccessKeyId = "AKIAEXAMPLEOLD000001".parse().unwrap();
        let rollback = |new_stays| Action::Rollback { old: key.clone(), new: Some(key.clone()), new_stays };
        for action in [rollback(true), rollback(false), Action::Delete { key: key.clone() }] {
            assert!(action.is_change() && change(&action).is_some());
        }
        assert_ne!(change(&rollback(true)), change(&rollback(false)));
    }
}
