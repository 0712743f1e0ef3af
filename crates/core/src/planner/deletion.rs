//! When an inactive key is deleted.

use jiff::SignedDuration;

use crate::Timestamp;
use crate::id::AccessKeyId;
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
        let (grace, reason) = self.grace_of(why);
        let stand_in = self.stand_in(key, why);
        if stand_in.is_none() && self.needs_stand_in(key, why) {
            return Some(self.blocked(key, Reason::ReplacementGone, key.created));
        }
        let at = self.inactive_since(key, inactive, why);
        let Some(since) = unused_since(key, at) else {
            let unknown = || self.step(key, StepKind::Skip, Reason::LastUsedUnknown).due(after(at, grace));
            return (self.now >= after(at, grace)).then(unknown);
        };
        let due = after(since, grace);
        let is_awaited = why == InactiveBecause::Orphaned && self.now >= minus(due, ORPHAN_AWAITED);
        if self.now < due && !is_awaited {
            return self.before_deletion(key, inactive, why, due);
        }
        if why == InactiveBecause::Orphaned && key.last_used != LastUsed::Never {
            return Some(self.blocked(key, Reason::PersonInactive, key.created));
        }
        let mut step = self.delete(key, reason).due(due);
        step.preconditions.not_before = Some(due);
        if let Some(by) = stand_in {
            step.preconditions.statuses.push((by.id.clone(), KeyStatus::Active));
            step = step.replaced_by(by);
        }
        Some(step)
    }

    /// How long a key stays inactive that Keywheel made so, and why it is deleted then.
    pub(super) fn grace_of(&self, why: InactiveBecause) -> (Days, Reason) {
        match why {
            InactiveBecause::Superseded | InactiveBecause::RolledBack => {
                (self.periods.recovery_grace, Reason::RecoveryGraceOver)
            }
            InactiveBecause::Emergency => (self.periods.recovery_grace, Reason::EmergencyGraceOver),
            InactiveBecause::Unused => (self.periods.recovery_grace.max(RETIRED_GRACE), Reason::RetiredGraceOver),
            InactiveBecause::Orphaned => (ORPHANED_GRACE, Reason::OrphanedKey),
        }
    }

    /// Since when the key can be taken for inactive: no key is made so for its replacement before there is one.
    pub(super) fn inactive_since(&self, key: &ObservedKey, inactive: &MadeInactive, why: InactiveBecause) -> Timestamp {
        let replaced = self.stand_in(key, why).filter(|_| why == InactiveBecause::Superseded);
        let stored = replaced.and_then(|by| self.standings.stored_at(&by.id));
        [replaced.map(|by| by.created), stored].into_iter().flatten().fold(inactive.at, Timestamp::max)
    }

    /// A key that may be needed again stays while no other works. Where the key leaked to which it gave way, it is not needed.
    fn needs_stand_in(&self, key: &ObservedKey, why: InactiveBecause) -> bool {
        let leaked = |id: &AccessKeyId| {
            let inactive = self.record.key(id).made_inactive;
            inactive.is_some_and(|inactive| inactive.why == Some(InactiveBecause::Emergency))
        };
        match why {
            InactiveBecause::Superseded => true,
            InactiveBecause::RolledBack => !self.record_of(key).supersedes.is_some_and(|old| leaked(&old)),
            InactiveBecause::Unused | InactiveBecause::Orphaned | InactiveBecause::Emergency => false,
        }
    }

    /// The active key without which this one is not deleted: the one that took over from it, or, after a rollback, any.
    fn stand_in(&self, key: &ObservedKey, why: InactiveBecause) -> Option<&ObservedKey> {
        match why {
            InactiveBecause::Superseded => self.standings.successor(&key.id).and_then(|id| self.user.key(&id)),
            InactiveBecause::RolledBack => {
                let others = self.user.keys.iter().filter(|other| other.id != key.id && other.is_active());
                others.max_by_key(|other| (other.created, &other.id))
            }
            InactiveBecause::Unused | InactiveBecause::Orphaned | InactiveBecause::Emergency => None,
        }
    }

    /// The owners are told of a deletion, where the run that did it died, or its notice was not sent.
    pub(super) fn untold_deletions(&self) -> Vec<Step> {
        let untold = self.record.keys.iter().filter_map(|(id, record)| {
            let deleted = record.deleted.filter(|_| self.user.key(id).is_none())?;
            let all_know = record.all_know(&NoticeKind::Deleted);
            // A key whose owners never heard of it, such as one that was never stored, is no news.
            let is_news = self.is_news(deleted) && record.made_inactive.is_some();
            let step = self.user_step(StepKind::Warn, Reason::DeletionUntold).due(deleted);
            (is_news && !all_know).then(|| Step { key: Some(id.clone()), ..step }.telling(NoticeKind::Deleted))
        });
        untold.collect()
    }

    /// The owners are warned of a deletion. Who is told of a key that leaked must not be shown how to make it active again, and
    /// nobody knows of a key whose answer was lost.
    fn deletion_ahead(&self, key: &ObservedKey, why: InactiveBecause, due: Timestamp) -> Option<Step> {
        let reason = match why {
            InactiveBecause::Orphaned => return None,
            InactiveBecause::Emergency => Reason::EmergencyGraceOver,
            InactiveBecause::Superseded | InactiveBecause::Unused | InactiveBecause::RolledBack => {
                Reason::DeletionAhead
            }
        };
        self.warning(key, reason, due, NoticeKind::DeletionAhead)
    }

    /// What is told of an inactive key whose deletion is not due: first that it was made inactive, where the run that did it died or its
    /// notice was not sent; then that it will be deleted; last, and for others than the owners, the former.
    fn before_deletion(
        &self,
        key: &ObservedKey,
        inactive: &MadeInactive,
        why: InactiveBecause,
        due: Timestamp,
    ) -> Option<Step> {
        let (reason, kind) = match why {
            // The notice of a rollback tells of both its keys, and nobody knows of a key whose answer was lost.
            InactiveBecause::RolledBack | InactiveBecause::Orphaned => return self.deletion_ahead(key, why, due),
            InactiveBecause::Emergency => (Reason::Emergency, NoticeKind::Emergency),
            InactiveBecause::Superseded | InactiveBecause::Unused => {
                (Reason::DeactivationUntold, NoticeKind::Deactivated)
            }
        };
        let record = self.record_of(key);
        // Afterwards its deletion is what they are warned of.
        let is_news = self.is_news(record.asked(&kind).unwrap_or(inactive.at));
        if is_news && record.told(&kind).is_none() {
            return Some(self.step(key, StepKind::Warn, reason).due(due).telling(kind));
        }
        self.deletion_ahead(key, why, due).or_else(|| self.copy(key, reason, due, kind))
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
            let copy = || self.copy(key, Reason::ForeignDeletionAhead, due, NoticeKind::ForeignDeletion);
            return ahead.or_else(copy).unwrap_or_else(stays);
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

    pub(super) fn delete(&self, key: &ObservedKey, reason: Reason) -> Step {
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
pub(super) fn unused_since(key: &ObservedKey, inactive: Timestamp) -> Option<Timestamp> {
    match &key.last_used {
        LastUsed::Unknown { .. } => None,
        LastUsed::Never => Some(inactive),
        LastUsed::At(key_use) => Some(inactive.max(key_use.at)),
    }
}
