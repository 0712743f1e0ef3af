//! Puts right what an earlier run left half-done: keys pending, never stored, or of an unanswered call.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::ledger::InactiveBecause;
use crate::notice::NoticeKind;
use crate::observed::{KeyStatus, ObservedKey};
use crate::plan::{Action, Preconditions, Step, StepKind};
use crate::planner::standing::Standing;
use crate::planner::step::UserView;
use crate::reason::Reason;
use crate::time::plus;

/// How long after an unanswered CreateAccessKey no other is made: IAM may show the key of the first one late.
const CREATION_SETTLES: SignedDuration = SignedDuration::from_mins(10);

impl UserView<'_> {
    /// Steps for what is half-done; none when nothing is.
    pub(super) fn half_done(&self) -> Vec<Step> {
        if let Some(step) = self.unfinished_rollback(&BTreeSet::new()) {
            return vec![step];
        }
        let active = self.user.keys.iter().filter(|key| key.is_active());
        let steps: Vec<Step> = active.filter_map(|key| self.half_done_key(key)).collect();
        if steps.is_empty() { self.unresolved_creation().into_iter().collect() } else { steps }
    }

    fn half_done_key(&self, key: &ObservedKey) -> Option<Step> {
        match self.standings.of(key) {
            Standing::Pending => Some(self.publish(key)),
            Standing::NeverStored => Some(self.delete_never_stored(key)),
            Standing::Orphaned => Some(self.deactivate_orphan(key)),
            Standing::Current | Standing::Superseded { .. } | Standing::Plain => None,
        }
    }

    fn publish(&self, key: &ObservedKey) -> Step {
        let intended = self.record.intent.as_ref().map(|intent| intent.supersedes.clone());
        let supersedes = self.record_of(key).supersedes.or(intended).filter(|old| *old != key.id);
        let notice = if supersedes.is_some() { NoticeKind::Rotated } else { NoticeKind::Published };
        let action = Action::Publish { replacement: key.id.clone(), supersedes };
        let preconditions =
            Preconditions { statuses: vec![(key.id.clone(), KeyStatus::Active)], ..Preconditions::default() };
        let step = self.step(key, StepKind::Publish, Reason::ReplacementPending).due(key.created).replaced_by(key);
        step.doing(action, preconditions).next_after(self.periods.install_grace).telling(notice)
    }

    fn delete_never_stored(&self, key: &ObservedKey) -> Step {
        let preconditions = Preconditions {
            statuses: vec![(key.id.clone(), KeyStatus::Active)],
            last_used: Some((key.id.clone(), key.last_used.clone())),
            ..Preconditions::default()
        };
        let action = Action::DeleteNeverStored { key: key.id.clone() };
        self.step(key, StepKind::Reconcile, Reason::NeverStored).due(key.created).doing(action, preconditions)
    }

    fn deactivate_orphan(&self, key: &ObservedKey) -> Step {
        let preconditions = Preconditions {
            statuses: vec![(key.id.clone(), KeyStatus::Active)],
            last_used: Some((key.id.clone(), key.last_used.clone())),
            ..Preconditions::default()
        };
        let action = Action::Deactivate { key: key.id.clone(), because: InactiveBecause::Orphaned };
        self.step(key, StepKind::Reconcile, Reason::OrphanedKey).due(key.created).doing(action, preconditions)
    }

    fn unresolved_creation(&self) -> Option<Step> {
        let intent = self.record.intent.as_ref()?;
        let unsettled = self.now < plus(intent.until, CREATION_SETTLES);
        unsettled.then(|| self.user_step(StepKind::Skip, Reason::CreationUnresolved))
    }
}
