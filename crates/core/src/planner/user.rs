//! The order in which a user's keys are thought about.

use std::collections::BTreeSet;

use crate::ledger::UserRecord;
use crate::observed::{ObservedKey, ObservedSecret, ObservedUser};
use crate::plan::{Step, StepKind};
use crate::planner::AccountView;
use crate::planner::standing::Standing;
use crate::planner::step::UserView;
use crate::policy::{ExemptionGroup, Selection};
use crate::reason::Reason;

/// The steps for one user.
pub(super) fn plan_user(view: &AccountView<'_>, user: &ObservedUser) -> Vec<Step> {
    let record = record_of(view, user);
    let user_view = UserView::new(view, user, &record);
    let mut steps: Vec<_> = user_view.quarantined().into_iter().collect();
    let Some(reason) = user_view.left_alone(view) else {
        steps.extend(user_view.plan());
        return steps;
    };
    if user.keys.is_empty() {
        return steps;
    }
    steps.push(user_view.user_step(StepKind::Skip, reason));
    if let Reason::ExemptGroup | Reason::ExemptTag = reason {
        steps.extend(user_view.malformed_tags());
    }
    steps
}

/// What is remembered of this very user; the empty record when nothing is.
pub(super) fn record_of(view: &AccountView<'_>, user: &ObservedUser) -> UserRecord {
    let record = view.ledger.users.get(&user.name).filter(|record| record.user_id == user.user_id);
    record.cloned().unwrap_or_else(|| UserRecord::new(user.user_id.clone()))
}

fn exemption(group: &ExemptionGroup, view: &UserView<'_>) -> Option<Reason> {
    match group {
        ExemptionGroup::Members(members) if members.contains(&view.user.name) => Some(Reason::ExemptGroup),
        _ if view.tags.exempts(view.now) => Some(Reason::ExemptTag),
        _ => None,
    }
}

impl UserView<'_> {
    /// Why nothing is decided about the user's keys, where nothing is.
    pub(super) fn left_alone(&self, view: &AccountView<'_>) -> Option<Reason> {
        let is_untagged = view.policy.selection == Selection::Tagged && self.tags.email.is_none();
        let is_unselected = is_untagged || !self.user.path().starts_with(&view.policy.user_path);
        exemption(view.exemptions, self).or_else(|| is_unselected.then_some(Reason::NotSelected)).or_else(|| {
            let is_unknown = matches!(self.user.secret, ObservedSecret::Unknown { .. });
            is_unknown.then_some(Reason::SecretUnknown)
        })
    }

    fn plan(&self) -> Vec<Step> {
        let mut steps = self.untold_deletions();
        if self.user.keys.is_empty() {
            return steps;
        }
        steps.extend(self.malformed_tags());
        if let Some(rollback) = self.unfinished_rollback(&BTreeSet::new()) {
            // Nothing else is done to a key that is to be active again.
            steps.push(rollback);
            return steps;
        }
        steps.extend(self.inactive_keys());
        steps.extend(self.untold_rollbacks());
        steps.extend(self.untold_pairs());
        let half_done = self.half_done();
        if half_done.is_empty() {
            let mut others = self.superseded_keys();
            others.extend(self.keys_in_charge());
            // A key that goes or is replaced tonight is handed out no more.
            let leaves = |key: &Step| others.iter().any(|other| other.action.is_change() && other.key == key.key);
            let delivered: Vec<_> = self.parameters_behind().into_iter().filter(|step| !leaves(step)).collect();
            let replicated: Vec<_> = self.replicas_behind().into_iter().filter(|step| !leaves(step)).collect();
            steps.extend(delivered);
            steps.extend(others);
            steps.extend(replicated);
            // Whatever is done about a key comes first.
            let is_calm = !steps.iter().any(|step| step.action.is_change());
            steps.extend(self.former_secret().filter(|_| is_calm));
        } else {
            // What an earlier run left half-done is put right before anything new is begun.
            steps.extend(half_done);
        }
        steps
    }

    fn inactive_keys(&self) -> Vec<Step> {
        self.user.keys.iter().filter(|key| !key.is_active()).filter_map(|key| self.inactive_key(key)).collect()
    }

    fn superseded_keys(&self) -> Vec<Step> {
        let active = self.user.keys.iter().filter(|key| key.is_active());
        let superseded = active.filter_map(|key| match self.standings.of(key) {
            Standing::Superseded { by } => self.superseded_key(key, self.user.key(&by)?),
            _ => None,
        });
        superseded.collect()
    }

    /// Which key was found AWS does not say here. Where all are inactive, nobody can use it, and nobody is told.
    fn quarantined(&self) -> Option<Step> {
        let _ = self.user.quarantine.as_ref()?;
        let by_age = |key: &&ObservedKey| (key.created, key.id.clone());
        let active = self.user.keys.iter().filter(|key| key.is_active()).min_by_key(by_age);
        let told = active.map(|key| self.blocked(key, Reason::Quarantined, key.created));
        let untold = || Some(self.step(self.user.keys.iter().min_by_key(by_age)?, StepKind::Skip, Reason::Quarantined));
        told.or_else(untold)
    }

    fn malformed_tags(&self) -> Option<Step> {
        let oldest = self.user.keys.iter().min_by_key(|key| (key.created, &key.id))?;
        (!self.tags.malformed.is_empty()).then(|| self.blocked(oldest, Reason::MalformedTag, oldest.created))
    }
}
