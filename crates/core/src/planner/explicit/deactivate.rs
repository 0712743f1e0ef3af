//! `deactivate`: the superseded key is made inactive, now if nothing holds it.

use std::collections::BTreeSet;

use super::Asked;
use crate::contract::action::Guard;
use crate::observed::ObservedKey;
use crate::plan::Step;
use crate::planner::standing::Standing;
use crate::reason::Reason;

impl Asked<'_> {
    pub(super) fn deactivate(&self) -> Vec<Step> {
        if let Some(refused) = self.refuse_while_half_done() {
            return refused;
        }
        let active: Vec<&ObservedKey> = self.meant().filter(|key| key.is_active()).collect();
        let superseded = active.iter().filter_map(|key| match self.user.standings.of(key) {
            Standing::Superseded { by } => Some(self.deactivate_key(key, self.user.user.key(&by)?)),
            _ => None,
        });
        let steps: Vec<Step> = superseded.collect();
        match (steps.is_empty(), active.as_slice()) {
            (false, _) => steps,
            (true, [only]) if self.named().is_some() => {
                vec![self.refuse(Some(only), self.against_deactivation(only), &[])]
            }
            (true, [first, _, ..]) => vec![self.refuse(Some(first), Reason::ConflictTwoActive, &[])],
            (true, _) => vec![self.nothing_to_do(self.named())],
        }
    }

    /// The key in charge of a user has no replacement yet; of two unrelated ones, none can get one.
    fn against_deactivation(&self, key: &ObservedKey) -> Reason {
        let others = self.user.user.keys.iter().filter(|other| other.id != key.id && other.is_active());
        let unrelated = others.filter(|other| !matches!(self.user.standings.of(other), Standing::Superseded { .. }));
        if unrelated.count() > 0 { Reason::ConflictTwoActive } else { Reason::NotSuperseded }
    }

    fn deactivate_key(&self, key: &ObservedKey, replacement: &ObservedKey) -> Step {
        let nightly = self.user.superseded_key(key, replacement);
        if let Some(step) = nightly.filter(|step| step.action.is_change()) {
            return step;
        }
        let (lifted, standing): (Vec<_>, Vec<_>) = self
            .user
            .obstacles(key, replacement)
            .into_iter()
            .partition(|obstacle| obstacle.guard.is_some_and(|guard| self.action.lifts(guard)));
        if let Some(first) = standing.first() {
            let can_be_lifted = standing.iter().all(|obstacle| obstacle.guard.is_some());
            let guards: BTreeSet<Guard> =
                standing.iter().filter(|_| can_be_lifted).filter_map(|obstacle| obstacle.guard).collect();
            let mut step = self.user.step(key, self.kind(), first.reason).replaced_by(replacement);
            step.due = first.due;
            return self.refused(step, first.reason, &Vec::from_iter(guards));
        }
        let mut step = self.user.deactivate(key, replacement, Reason::AskedFor).due(self.user.now);
        step.overridden = lifted.iter().filter_map(|obstacle| obstacle.guard).collect();
        // A use that was seen and lifted may go on; one that comes as a surprise still stops it.
        let use_is_lifted = step.overridden.contains(&Guard::LastUsed);
        step.preconditions.last_used = (!use_is_lifted).then(|| (key.id.clone(), key.last_used.clone()));
        step
    }
}
