//! Secrets that stayed in the store from which the deployment moved.

use crate::observed::KeyStatus;
use crate::plan::{Action, Preconditions, Step, StepKind};
use crate::planner::step::UserView;
use crate::reason::Reason;
use crate::time::after;

impl UserView<'_> {
    /// Schedules the former secret for deletion, a whole grace after the user's one key was published in the other store and the keys before it were
    /// deleted.
    pub(super) fn former_secret(&self) -> Option<Step> {
        let (left, grace) = (self.record.secret_left?, self.policy.housekeeping_after?);
        let [key] = self.user.keys.as_slice() else { return None };
        let published = self.record_of(key).published.filter(|published| key.is_active() && *published >= left)?;
        let deleted = self.record.keys.values().filter_map(|key| key.deleted).max();
        let due = after(deleted.map_or(published, |deleted| deleted.max(published)), grace);
        let preconditions = Preconditions {
            statuses: vec![(key.id.clone(), KeyStatus::Active)],
            keys_at_most: Some(1),
            published: Some(key.id.clone()),
            ..Preconditions::default()
        };
        let step = self.step(key, StepKind::Reconcile, Reason::SecretMoved).due(due);
        (due <= self.now).then(|| step.doing(Action::ScheduleFormerSecret, preconditions))
    }
}
