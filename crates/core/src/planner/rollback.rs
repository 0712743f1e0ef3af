//! Back to the old key: it is active again, and its replacement gives way where nobody uses it.

use std::collections::BTreeSet;

use crate::contract::action::Guard;
use crate::id::AccessKeyId;
use crate::ledger::{Actor, InactiveBecause, USE_RECORD_SPAN};
use crate::notice::NoticeKind;
use crate::observed::{LastUsed, ObservedKey};
use crate::plan::{Action, Preconditions, Step, StepKind};
use crate::planner::standing::Standing;
use crate::planner::step::UserView;
use crate::reason::Reason;
use crate::time::plus;

/// The services with which a new key is proven.
const PROVEN_WITH: [&str; 2] = ["sts", "secretsmanager"];

impl UserView<'_> {
    /// The step that makes `old` active again. `new` is the key that took over from it; it stays where somebody uses it, unless
    /// that guard is lifted.
    pub(super) fn roll_back(&self, old: &ObservedKey, new: Option<&AccessKeyId>, lifted: &BTreeSet<Guard>) -> Step {
        let seen = new.and_then(|id| self.user.key(id));
        let in_use = seen.is_some_and(|new| self.may_be_in_use(new));
        let new_stays = in_use && !lifted.contains(&Guard::LastUsed);
        let action = Action::Rollback { old: old.id.clone(), new: new.cloned(), new_stays };
        let looked_at_again = seen.filter(|_| !in_use).map(|new| (new.id.clone(), new.last_used.clone()));
        let preconditions = Preconditions {
            statuses: std::iter::once(old).chain(seen).map(|key| (key.id.clone(), key.status)).collect(),
            last_used: looked_at_again,
            ..Preconditions::default()
        };
        let mut step = self.step(old, StepKind::Rollback, Reason::RolledBack).due(self.now);
        step.replacement = new.cloned();
        step.overridden = in_use.then_some(Guard::LastUsed).filter(|_| !new_stays).into_iter().collect();
        step.doing(action, preconditions).telling(NoticeKind::RolledBack)
    }

    /// The key that took over from `old`, whether or not it works still.
    pub(super) fn taker_over(&self, old: &ObservedKey) -> Option<AccessKeyId> {
        self.standings.successor(&old.id).or_else(|| self.record_of(old).superseded_by).filter(|new| *new != old.id)
    }

    /// Whether somebody but Keywheel may use a key that took over: what is not known, such as a proof, counts as in use.
    pub(super) fn may_be_in_use(&self, new: &ObservedKey) -> bool {
        new.is_active()
            && match &new.last_used {
                LastUsed::Unknown { .. } => true,
                LastUsed::Never => false,
                LastUsed::At(key_use) => {
                    let proven = self.record_of(new).proven;
                    let is_proof = PROVEN_WITH.contains(&key_use.service.as_str());
                    !is_proof || proven.is_none_or(|proven| key_use.at > plus(proven, USE_RECORD_SPAN))
                }
            }
    }

    /// Why a key cannot be rolled back to, where it cannot. A key that leaked, or that a person made inactive, is not revived.
    pub(super) fn against_revival(&self, old: &ObservedKey) -> Option<Reason> {
        if old.is_active() {
            let is_superseded = matches!(self.standings.of(old), Standing::Superseded { .. });
            return (!is_superseded).then_some(Reason::NothingToDo);
        }
        let record = self.record_of(old);
        if record.emergency.is_some() || record.deactivation_begun == Some(InactiveBecause::Emergency) {
            return Some(Reason::Emergency);
        }
        match record.made_inactive.map(|inactive| (inactive.by, inactive.why)) {
            Some((Actor::Keywheel, Some(InactiveBecause::Superseded | InactiveBecause::Unused))) => None,
            Some((Actor::Keywheel, Some(InactiveBecause::Emergency))) => Some(Reason::Emergency),
            Some((Actor::Keywheel, Some(InactiveBecause::Orphaned))) => Some(Reason::OrphanedKey),
            Some((Actor::Keywheel, Some(InactiveBecause::RolledBack))) => Some(Reason::RolledBack),
            _ => Some(Reason::PersonInactive),
        }
    }

    /// The step that ends a rollback that an earlier run began. What was lifted for that run is not lifted for this one: the note
    /// alone makes no key inactive that somebody uses.
    pub(super) fn unfinished_rollback(&self, lifted: &BTreeSet<Guard>) -> Option<Step> {
        let begun = self.record.rollback.as_ref()?;
        let old = self.user.key(&begun.old)?;
        if !old.is_active() && self.against_revival(old).is_some() {
            return None;
        }
        // It must be seen to have taken over, or to have given way.
        let took_over =
            |id: &AccessKeyId| self.standings.successor(&old.id).as_ref() == Some(id) || self.has_given_way(id);
        let new = begun.new.as_ref().filter(|id| **id != old.id && took_over(id));
        Some(self.roll_back(old, new, lifted))
    }

    fn has_given_way(&self, key: &AccessKeyId) -> bool {
        let inactive = self.record.key(key).made_inactive;
        inactive.is_some_and(|inactive| inactive.why == Some(InactiveBecause::RolledBack))
    }

    /// The owners are told of a rollback, where the run that made it died, or its notice was not sent.
    pub(super) fn untold_rollbacks(&self) -> Vec<Step> {
        let active = self.user.keys.iter().filter(|key| key.is_active());
        let untold = active.filter(|key| {
            let record = self.record_of(key);
            let is_news = record.rolled_back.is_some_and(|at| self.is_news(at));
            is_news && !record.all_know(&NoticeKind::RolledBack)
        });
        untold
            .map(|key| self.step(key, StepKind::Warn, Reason::RollbackUntold).telling(NoticeKind::RolledBack))
            .collect()
    }
}
