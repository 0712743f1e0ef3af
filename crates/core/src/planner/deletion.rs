//! When an inactive key is deleted.

use jiff::SignedDuration;

use crate::Timestamp;
use crate::ledger::{Actor, InactiveBecause, MadeInactive};
use crate::notice::NoticeKind;
use crate::observed::{KeyStatus, LastUsed, ObservedKey};
use crate::plan::{Action, Preconditions, Step, StepKind};
use crate::planner::step::UserView;
use crate::policy::ForeignInactiveKeys;
use crate::reason::Reason;
use crate::time::{Days, after, minus};

/// A retired key can be called back for at least so long.
pub(super) const RETIRED_GRACE: Days = Days(90);

/// A key of a lost answer waits so long before it is deleted: somebody may still show up for it.
const ORPHANED_GRACE: Days = Days(1);

/// A run waits so long for the end of that day. It was made inactive minutes into a run, and the next night's run begins a day after
/// that run began: without waiting, the slot would stay filled for a night more.
const ORPHAN_AWAITED: SignedDuration = SignedDuration::from_mins(10);

/// For so long owners are told that a key was made inactive: afterwards its deletion is what they are warned of.
const NEWS: Days = Days(7);

impl UserView<'_> {
    /// The step for an inactive key.
    pub(super) fn inactive_key(&self, key: &ObservedKey) -> Option<Step> {
        let Some(inactive) = self.record_of(key).made_inactive else {
            return Some(self.step(key, StepKind::Skip, Reason::PersonInactive));
        };
        match (inactive.by, inactive.why) {
            (Actor::Keywheel, Some(why)) => self.keywheels_inactive_key(key, &inactive, why),
            (Actor::Person, _) | (Actor::Keywheel, None) => Some(self.persons_inactive_key(key, &inactive)),
        }
    }

    fn keywheels_inactive_key(&self, key: &ObservedKey, inactive: &MadeInactive, why: InactiveBecause) -> Option<Step> {
        let (grace, reason) = match why {
            InactiveBecause::Superseded => (self.periods.recovery_grace, Reason::RecoveryGraceOver),
            InactiveBecause::Unused => (self.periods.recovery_grace.max(RETIRED_GRACE), Reason::RetiredGraceOver),
            InactiveBecause::Orphaned => (ORPHANED_GRACE, Reason::OrphanedKey),
        };
        let successor = self.standings.successor(&key.id).and_then(|id| self.user.key(&id));
        let at = match (why, successor) {
            (InactiveBecause::Superseded, None) => {
                return Some(self.blocked(key, Reason::ReplacementGone, key.created));
            }
            // No key is made inactive for its replacement before there is one.
            (InactiveBecause::Superseded, Some(by)) => {
                inactive.at.max(by.created).max(self.standings.stored_at(&by.id).unwrap_or(Timestamp::MIN))
            }
            (InactiveBecause::Unused | InactiveBecause::Orphaned, _) => inactive.at,
        };
        let Some(since) = unused_since(key, at) else {
            let unknown = || self.step(key, StepKind::Skip, Reason::LastUsedUnknown).due(after(at, grace));
            return (self.now >= after(at, grace)).then(unknown);
        };
        let due = after(since, grace);
        let is_awaited = why == InactiveBecause::Orphaned && self.now >= minus(due, ORPHAN_AWAITED);
        if self.now < due && !is_awaited {
            let ahead = why != InactiveBecause::Orphaned;
            let warning = || self.warning(key, Reason::DeletionAhead, due, NoticeKind::DeletionAhead);
            return ahead.then(|| self.untold(key, inactive, due).or_else(warning)).flatten();
        }
        if why == InactiveBecause::Orphaned && key.last_used != LastUsed::Never {
            return Some(self.blocked(key, Reason::PersonInactive, key.created));
        }
        let mut step = self.delete(key, reason).due(due);
        step.preconditions.not_before = Some(due);
        if let Some(by) = successor.filter(|_| why == InactiveBecause::Superseded) {
            step.preconditions.statuses.push((by.id.clone(), KeyStatus::Active));
            step = step.replaced_by(by);
        }
        Some(step)
    }

    /// The owners are told that the key was made inactive, where the run that did it died, or its notice was not sent.
    fn untold(&self, key: &ObservedKey, inactive: &MadeInactive, due: Timestamp) -> Option<Step> {
        let is_told = self.record_of(key).told(&NoticeKind::Deactivated).is_some();
        let is_news = self.now < after(inactive.at, NEWS);
        let tell = || self.step(key, StepKind::Warn, Reason::DeactivationUntold).due(due);
        (!is_told && is_news).then(|| tell().telling(NoticeKind::Deactivated))
    }

    fn persons_inactive_key(&self, key: &ObservedKey, inactive: &MadeInactive) -> Step {
        let stays = || self.step(key, StepKind::Skip, Reason::PersonInactive);
        if self.policy.foreign_inactive_keys == ForeignInactiveKeys::Keep {
            return stays();
        }
        let Some(since) = unused_since(key, inactive.at) else { return stays() };
        let record = self.record_of(key);
        let seen_long_enough = after(since, self.policy.unused_after.max(self.periods.recovery_grace));
        let Some(told) = record.told(&NoticeKind::ForeignDeletion) else {
            // The owner hears of it one install grace ahead.
            let announced_from = minus(seen_long_enough, self.periods.install_grace.duration());
            let due = seen_long_enough.max(after(self.now, self.periods.install_grace));
            let announce = self.step(key, StepKind::Warn, Reason::ForeignDeletionAhead).due(due);
            return if self.now < announced_from { stays() } else { announce.telling(NoticeKind::ForeignDeletion) };
        };
        let due = seen_long_enough.max(after(told, self.periods.install_grace));
        if self.now < due {
            let ahead = self.warning(key, Reason::ForeignDeletionAhead, due, NoticeKind::DeletionAhead);
            return ahead.unwrap_or_else(stays);
        }
        let mut step = self.delete(key, Reason::ForeignInactive).due(due);
        step.preconditions.not_before = Some(due);
        step
    }

    /// Whether the key's deletion is among tonight's steps and makes room for a replacement.
    pub(super) fn is_leaving(&self, key: &ObservedKey) -> bool {
        let inactive = self.record_of(key).made_inactive.filter(|_| !key.is_active());
        let is_orphan = inactive
            .is_some_and(|inactive| inactive.by == Actor::Keywheel && inactive.why == Some(InactiveBecause::Orphaned));
        is_orphan && self.inactive_key(key).is_some_and(|step| step.action.is_change())
    }

    fn delete(&self, key: &ObservedKey, reason: Reason) -> Step {
        let preconditions = Preconditions {
            statuses: vec![(key.id.clone(), KeyStatus::Inactive)],
            last_used: Some((key.id.clone(), key.last_used.clone())),
            ..Preconditions::default()
        };
        let action = Action::Delete { key: key.id.clone() };
        self.step(key, StepKind::Delete, reason).doing(action, preconditions).telling(NoticeKind::Deleted)
    }
}

/// The later of when the key was made inactive and its last use; none when the last use is not known.
fn unused_since(key: &ObservedKey, inactive: Timestamp) -> Option<Timestamp> {
    match &key.last_used {
        LastUsed::Unknown { .. } => None,
        LastUsed::Never => Some(inactive),
        LastUsed::At(key_use) => Some(inactive.max(key_use.at)),
    }
}
