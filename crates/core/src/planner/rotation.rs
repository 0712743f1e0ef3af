//! When a key gets a replacement, and what stands in the way.

use crate::Timestamp;
use crate::ledger::Actor;
use crate::notice::NoticeKind;
use crate::observed::{KeyStatus, ObservedKey};
use crate::plan::{Action, Preconditions, Step, StepKind};
use crate::planner::standing::Standing;
use crate::planner::step::UserView;
use crate::reason::Reason;
use crate::time::after;

/// A user has two access keys at most (IAM user guide, "IAM and AWS STS quotas"), so a replacement needs a single one.
const KEYS_THAT_LEAVE_A_SLOT: usize = 1;

impl UserView<'_> {
    /// Steps for the active keys from which no other took over.
    pub(super) fn keys_in_charge(&self) -> Vec<Step> {
        let active = || self.user.keys.iter().filter(|key| key.is_active());
        let is_superseded = |key: &&ObservedKey| matches!(self.standings.of(key), Standing::Superseded { .. });
        let in_charge: Vec<&ObservedKey> = active().filter(|key| !is_superseded(key)).collect();
        match in_charge.as_slice() {
            [] if active().next().is_none() => vec![self.user_step(StepKind::Skip, Reason::OnlyInactiveKeys)],
            [] => Vec::new(),
            [only] => self.key_in_charge(only).into_iter().collect(),
            several => self.several_in_charge(several),
        }
    }

    fn key_in_charge(&self, key: &ObservedKey) -> Option<Step> {
        if self.may_be_retired(key) {
            return self.retire(key);
        }
        let due = after(key.created, self.periods.rotation);
        if self.now < due && !self.is_forced {
            return self.warning(key, Reason::RotationAhead, due, NoticeKind::RotationAhead);
        }
        // A lost answer's key goes first, in this same run; the replacement's preconditions see to it that it is gone.
        let staying = self.user.keys.iter().filter(|key| !self.is_leaving(key)).count();
        if staying > KEYS_THAT_LEAVE_A_SLOT {
            return Some(self.slot_taken(key, due).due(due));
        }
        if self.may_be_retiring(key) {
            return Some(self.step(key, StepKind::Skip, Reason::LastUsedUnknown).due(due));
        }
        let reason = if self.now < due { Reason::Forced } else { Reason::RotationDue };
        Some(self.replace(key, reason).due(due.min(self.now)))
    }

    /// A replacement that nobody uses yet is not an unused key: its old key is still held for its users.
    fn may_be_retired(&self, key: &ObservedKey) -> bool {
        let has_taken_over = self.user.keys.iter().any(|other| self.is_superseded_by(other, key));
        !has_taken_over && self.is_to_be_retired(key)
    }

    pub(super) fn is_superseded_by(&self, other: &ObservedKey, key: &ObservedKey) -> bool {
        other.is_active() && self.standings.of(other) == Standing::Superseded { by: key.id.clone() }
    }

    pub(super) fn replace(&self, key: &ObservedKey, reason: Reason) -> Step {
        let action = Action::Replace { supersedes: key.id.clone(), supersedes_created: key.created };
        let preconditions = Preconditions {
            statuses: vec![(key.id.clone(), KeyStatus::Active)],
            keys_at_most: Some(KEYS_THAT_LEAVE_A_SLOT),
            ..Preconditions::default()
        };
        let step = self.step(key, StepKind::Create, reason).doing(action, preconditions);
        step.next_after(self.periods.install_grace).telling(NoticeKind::Rotated)
    }

    /// A replacement is due and the second slot is taken: by Keywheel's own doing, which passes, or by a person's.
    pub(super) fn slot_taken(&self, key: &ObservedKey, due: Timestamp) -> Step {
        let by_person = |other: &&ObservedKey| {
            let inactive = self.record_of(other).made_inactive;
            !other.is_active() && inactive.is_none_or(|inactive| inactive.by == Actor::Person || inactive.why.is_none())
        };
        if self.user.keys.iter().any(|other| by_person(&other)) {
            self.blocked(key, Reason::SlotBlocked, due)
        } else {
            self.step(key, StepKind::Skip, Reason::SlotInUse)
        }
    }

    /// Several active keys, none of which took over from another: only the unused ones may go.
    fn several_in_charge(&self, keys: &[&ObservedKey]) -> Vec<Step> {
        let (unused, used): (Vec<_>, Vec<_>) = keys.iter().copied().partition(|key| self.may_be_retired(key));
        let mut steps: Vec<Step> = unused.iter().filter_map(|key| self.retire(key)).collect();
        let is_due = |key: &&ObservedKey| self.is_forced || self.now >= after(key.created, self.periods.rotation);
        let due = used.iter().filter(|key| is_due(key));
        steps.extend(due.map(|key| {
            let since = after(key.created, self.periods.rotation);
            if unused.is_empty() {
                self.blocked(key, Reason::ConflictTwoActive, since).due(since)
            } else {
                self.step(key, StepKind::Skip, Reason::SlotInUse).due(since)
            }
        }));
        steps
    }
}
