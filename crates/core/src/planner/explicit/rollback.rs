//! `rollback`: the old key is active again, and its replacement gives way where nobody uses it.

use super::Asked;
use crate::contract::action::Guard;
use crate::observed::ObservedKey;
use crate::plan::{Action, Step, StepKind};
use crate::reason::Reason;

impl Asked<'_> {
    pub(super) fn roll_back(&self) -> Vec<Step> {
        if let Some(step) = self.user.unfinished_rollback(&self.action.overrides) {
            return vec![step];
        }
        if let Some(refused) = self.refuse_while_half_done() {
            return refused;
        }
        let old = match self.old_key() {
            Ok(Some(old)) => old,
            Ok(None) => return vec![self.nothing_to_do(self.named())],
            Err((key, reason)) => return vec![self.refuse(key, reason, &[])],
        };
        let new = self.user.standings.successor(&old.id).and_then(|id| self.user.user.key(&id));
        let step = self.user.roll_back(old, new, &self.action.overrides);
        let new_stays =
            step.as_ref().is_none_or(|step| matches!(step.action, Action::Rollback { new_stays: true, .. }));
        let kept = new.filter(|_| new_stays).map(|new| {
            let step = self.user.step(new, StepKind::Deactivate, Reason::StillInUse);
            super::refused(step, Reason::StillInUse, &[Guard::LastUsed])
        });
        step.into_iter().chain(kept).collect()
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
