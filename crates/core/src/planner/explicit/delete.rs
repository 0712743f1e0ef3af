//! `delete`: the inactive key is deleted, now if its grace is over. No override shortens a grace.

use std::collections::BTreeSet;

use super::Asked;
use crate::contract::action::Guard;
use crate::ledger::MadeInactive;
use crate::observed::ObservedKey;
use crate::plan::Step;
use crate::planner::deletion::unused_since;
use crate::reason::Reason;
use crate::time::{Days, after};

impl Asked<'_> {
    pub(super) fn delete(&self) -> Vec<Step> {
        if let Some(active) = self.named().filter(|key| key.is_active()) {
            return vec![self.refuse(Some(active), Reason::NotInactive, &[])];
        }
        // A key that is to be active again is not deleted.
        if let Some(rollback) = self.user.unfinished_rollback(&BTreeSet::new()) {
            return vec![self.refuse_like(rollback)];
        }
        let inactive: Vec<&ObservedKey> = self.meant().filter(|key| !key.is_active()).collect();
        if inactive.len() > 1 && self.action.lifts(Guard::PersonInactive) {
            return vec![self.refuse(None, Reason::AmbiguousKey, &[])];
        }
        let steps: Vec<Step> = inactive.into_iter().map(|key| self.delete_key(key)).collect();
        if steps.is_empty() { vec![self.nothing_to_do(None)] } else { steps }
    }

    fn delete_key(&self, key: &ObservedKey) -> Step {
        let nightly = self.user.inactive_key(key);
        if let Some(step) = nightly.as_ref().filter(|step| step.action.is_change()) {
            return step.clone();
        }
        let nightly = nightly.map(|step| step.reason);
        let inactive = self.user.record_of(key).made_inactive;
        match (nightly, inactive) {
            (Some(Reason::PersonInactive | Reason::ForeignDeletionAhead), Some(inactive)) => {
                self.delete_persons(key, &inactive)
            }
            (Some(reason @ (Reason::LastUsedUnknown | Reason::ReplacementGone)), _) => {
                self.refuse(Some(key), reason, &[])
            }
            (_, Some(inactive @ MadeInactive { why: Some(why), .. })) => {
                let (grace, _) = self.user.grace_of(why);
                let at = self.user.inactive_since(key, &inactive, why);
                self.wait(key, unused_since(key, at).unwrap_or(at), grace)
            }
            _ => self.refuse(Some(key), Reason::PersonInactive, &[]),
        }
    }

    /// A key that a person made inactive fills the second slot: it can be deleted by name, after the same recovery grace.
    fn delete_persons(&self, key: &ObservedKey, inactive: &MadeInactive) -> Step {
        if !self.action.lifts(Guard::PersonInactive) {
            return self.refuse(Some(key), Reason::PersonInactive, &[Guard::PersonInactive]);
        }
        let Some(since) = unused_since(key, inactive.at) else {
            return self.refuse(Some(key), Reason::LastUsedUnknown, &[]);
        };
        let grace = self.user.periods.recovery_grace;
        let due = after(since, grace);
        if self.user.now < due {
            return self.wait(key, since, grace);
        }
        let mut step = self.user.delete(key, Reason::AskedFor).due(due);
        step.preconditions.not_before = Some(due);
        step.overridden.insert(Guard::PersonInactive);
        step
    }

    fn wait(&self, key: &ObservedKey, since: crate::Timestamp, grace: Days) -> Step {
        let step = self.user.step(key, self.kind(), Reason::NotYetDue).due(after(since, grace));
        self.refused(step, Reason::NotYetDue, &[])
    }
}
