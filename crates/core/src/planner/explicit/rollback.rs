//! `rollback`: the old key is active again, and its replacement gives way where nobody uses it.

use super::Asked;
use crate::contract::action::Guard;
use crate::observed::ObservedKey;
use crate::plan::{Action, Step, StepKind};
use crate::reason::Reason;

impl Asked<'_> {
    pub(super) fn roll_back(&self) -> Vec<Step> {
        let step = match self.user.unfinished_rollback(&self.action.overrides) {
            Some(step) => step,
            None => match self.begin() {
                Ok(step) => step,
                Err(refused) => return refused,
            },
        };
        let Action::Rollback { old, new, new_stays: true } = step.action.clone() else { return vec![step] };
        let kept = new.as_ref().and_then(|id| self.user.user.key(id)).map(|new| {
            let step = self.user.step(new, StepKind::Deactivate, Reason::StillInUse);
            self.refused(step, Reason::StillInUse, &[Guard::LastUsed])
        });
        // Where the old key works, and the new one stays, nothing is left to do, but to end what was begun.
        let works = self.user.user.key(&old).is_some_and(ObservedKey::is_active);
        let is_idle = works && self.user.record.rollback.is_none();
        Some(step).filter(|_| !is_idle).into_iter().chain(kept).collect()
    }

    /// A rollback that no earlier run began; what stands against it, where something does.
    fn begin(&self) -> Result<Step, Vec<Step>> {
        if let Some(refused) = self.refuse_while_half_done() {
            return Err(refused);
        }
        match self.old_key() {
            Ok(Some(old)) => Ok(self.user.roll_back(old, self.user.taker_over(old).as_ref(), &self.action.overrides)),
            Ok(None) => Err(vec![self.nothing_to_do(self.named())]),
            Err((key, reason)) => Err(vec![self.refuse(key, reason, &[])]),
        }
    }

    /// The key to go back to: the one that is named, else the only one that it can be.
    fn old_key(&self) -> Result<Option<&ObservedKey>, (Option<&ObservedKey>, Reason)> {
        let can_be: Vec<_> = self.meant().filter(|key| self.user.against_revival(key).is_none()).collect();
        let against = || self.meant().filter_map(|key| Some((key, self.user.against_revival(key)?)));
        let refusal = || against().find(|(_, reason)| *reason != Reason::NothingToDo && !self.is_rolled_back(*reason));
        match can_be.as_slice() {
            [only] => Ok(Some(only)),
            [] => refusal().map_or(Ok(None), |(key, reason)| Err((Some(key), reason))),
            _ => Err((None, Reason::AmbiguousKey)),
        }
    }

    /// A key that gave way in a rollback says that the rollback is done, unless it is the one that is asked for.
    fn is_rolled_back(&self, reason: Reason) -> bool {
        reason == Reason::RolledBack && self.named().is_none()
    }
}
