//! `emergency`: a key that leaked is made inactive at once, once per key; a replacement only where it is asked for.

use super::Asked;
use crate::ledger::{Actor, InactiveBecause};
use crate::notice::NoticeKind;
use crate::observed::{KeyStatus, ObservedKey, ObservedSecret};
use crate::plan::{Action, Preconditions, Step, StepKind};
use crate::reason::Reason;

impl Asked<'_> {
    pub(super) fn emergency(&self) -> Vec<Step> {
        let Some(key) = self.named() else { return vec![self.refuse(None, Reason::KeyNotFound, &[])] };
        let record = self.user.record_of(key);
        if key.is_active() && record.emergency.is_some() {
            return vec![self.refuse(Some(key), Reason::EmergencyPast, &[])];
        }
        let why =
            record.made_inactive.filter(|inactive| inactive.by == Actor::Keywheel).and_then(|inactive| inactive.why);
        let is_marked = why == Some(InactiveBecause::Emergency);
        // A key that Keywheel made inactive for another cause is marked as leaked, so that no rollback revives it.
        let is_ours = key.is_active() || why.is_some();
        let mut steps: Vec<Step> = (is_ours && !is_marked).then(|| self.make_inactive(key)).into_iter().collect();
        if self.action.replace {
            // Also of a key that a person made inactive first: that stays so, and whoever asks asks for this user by name.
            steps.push(self.replace(key));
        } else if steps.is_empty() {
            steps.push(self.nothing_to_do(Some(key)));
        }
        steps
    }

    fn make_inactive(&self, key: &ObservedKey) -> Step {
        let preconditions = Preconditions { statuses: vec![(key.id.clone(), key.status)], ..Preconditions::default() };
        let action = Action::Deactivate { key: key.id.clone(), because: InactiveBecause::Emergency };
        let step = self.user.step(key, StepKind::Deactivate, Reason::Emergency).due(self.user.now);
        let mut step = step.doing(action, preconditions).next_after(self.user.periods.recovery_grace);
        step.replacement = self.user.standings.successor(&key.id);
        step.telling(NoticeKind::Emergency)
    }

    /// The replacement of a key that leaked: where none has taken over, and the second slot is free.
    fn replace(&self, key: &ObservedKey) -> Step {
        let user = &self.user;
        let has_replaced = |other: &ObservedKey| {
            let record = user.record_of(other);
            let gave_way = record.made_inactive.is_some_and(|inactive| inactive.by == Actor::Keywheel);
            record.supersedes.as_ref() == Some(&key.id) && !gave_way
        };
        let was_replaced = user.user.keys.iter().any(has_replaced);
        let half_done = user.half_done().into_iter().find(|step| step.key.as_ref() != Some(&key.id));
        if let ObservedSecret::Unknown { .. } = user.user.secret {
            return self.refuse_replacement(key, Reason::SecretUnknown);
        }
        match half_done {
            Some(step) if step.kind == StepKind::Rollback => {
                return self.refuse_replacement(key, Reason::RollbackBegun);
            }
            Some(step) if step.action.is_change() => return step,
            Some(step) => return self.refuse_replacement(key, step.reason),
            None if was_replaced || user.standings.successor(&key.id).is_some() => {
                return self.nothing_to_do(Some(key));
            }
            None => {}
        }
        if user.user.keys.len() > 1 {
            let reason = user.slot_taken(key, user.now).reason;
            return self.refuse_replacement(key, reason);
        }
        let mut step = user.replace(key, Reason::Emergency).due(user.now);
        step.preconditions.statuses = vec![(key.id.clone(), KeyStatus::Inactive)];
        step.next_after = None;
        step
    }

    fn refuse_replacement(&self, key: &ObservedKey, reason: Reason) -> Step {
        self.refused(self.user.step(key, StepKind::Create, reason), reason, &[])
    }
}
