//! Whether users' parameters hold the keys that their secrets hand out.

use crate::ledger::{KeyRecord, ParameterStanding};
use crate::observed::{KeyStatus, ObservedKey};
use crate::plan::{Action, Preconditions, Step, StepKind};
use crate::planner::standing::Standing;
use crate::planner::step::UserView;
use crate::reason::Reason;

impl UserView<'_> {
    /// Whether a parameter was to hold a key, and is not known to.
    pub(super) fn is_behind(&self, record: &KeyRecord) -> bool {
        self.policy.parameters && record.parameter == Some(ParameterStanding::Behind)
    }

    /// Whether hosts may not find the replacement of a key in their parameter: what is not known counts as not there.
    pub(super) fn has_parameter_behind(&self, replacement: &ObservedKey) -> bool {
        let standing = self.record_of(replacement).parameter;
        self.policy.parameters && matches!(standing, None | Some(ParameterStanding::Behind))
    }

    /// Brings parameters into step: where one is behind, and where that is not known while an old key still works.
    pub(super) fn parameters_behind(&self) -> Vec<Step> {
        let behind = self.user.keys.iter().filter(|key| key.is_active()).filter(|key| match self.standings.of(key) {
            Standing::Current => self.is_behind(&self.record_of(key)) || self.is_unknown_beside_an_old_key(key),
            // The secret hands it out again since a rollback.
            Standing::Plain => self.is_behind(&self.record_of(key)),
            Standing::Pending | Standing::NeverStored | Standing::Orphaned | Standing::Superseded { .. } => false,
        });
        behind.map(|key| self.deliver(key)).collect()
    }

    fn is_unknown_beside_an_old_key(&self, key: &ObservedKey) -> bool {
        self.has_parameter_behind(key) && self.user.keys.iter().any(|old| self.is_superseded_by(old, key))
    }

    fn deliver(&self, key: &ObservedKey) -> Step {
        let preconditions = Preconditions {
            statuses: vec![(key.id.clone(), KeyStatus::Active)],
            published: Some(key.id.clone()),
            ..Preconditions::default()
        };
        let action = Action::Deliver { key: key.id.clone() };
        let due = self.record_of(key).published.unwrap_or(key.created);
        self.step(key, StepKind::Reconcile, Reason::ParameterBehind).due(due).doing(action, preconditions)
    }
}
