//! Whether users' secrets are in every Region in which they are to be.

use crate::observed::{KeyStatus, ObservedSecret};
use crate::plan::{Action, Preconditions, Step, StepKind};
use crate::planner::standing::Standing;
use crate::planner::step::UserView;
use crate::reason::Reason;

impl UserView<'_> {
    /// Replicates the secret that hands out a published key to the Regions that are behind. What stayed in a former store goes nowhere.
    pub(super) fn replicas_behind(&self) -> Option<Step> {
        let ObservedSecret::Present(secret) = &self.user.secret else { return None };
        if secret.scheduled_for_deletion || secret.left_behind || secret.regions_behind.is_empty() {
            return None;
        }
        let is_handed_out = |id| self.standings.is_retrievable(id);
        let mut current = self.user.keys.iter().filter(|key| key.is_active() && is_handed_out(&key.id));
        let key = current.find(|key| self.standings.of(key) == Standing::Current)?;
        let preconditions = Preconditions {
            statuses: vec![(key.id.clone(), KeyStatus::Active)],
            published: Some(key.id.clone()),
            ..Preconditions::default()
        };
        let due = self.record_of(key).published.unwrap_or(key.created);
        let step = self.step(key, StepKind::Reconcile, Reason::ReplicaBehind).due(due);
        Some(step.doing(Action::Replicate { key: key.id.clone() }, preconditions))
    }
}
