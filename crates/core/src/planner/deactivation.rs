//! When an old key whose replacement is published is made inactive, and what holds it.

use crate::Timestamp;
use crate::contract::action::Guard;
use crate::ledger::{InactiveBecause, USE_RECORD_SPAN};
use crate::notice::NoticeKind;
use crate::observed::{KeyStatus, LastUsed, ObservedKey};
use crate::plan::{Action, Preconditions, Step, StepKind};
use crate::planner::step::UserView;
use crate::planner::telling::held_notice;
use crate::reason::Reason;
use crate::time::{after, plus};

/// Something that keeps an old key active.
pub(super) struct Obstacle {
    pub(super) reason: Reason,
    /// What lifts it, where anything does.
    pub(super) guard: Option<Guard>,
    /// When it is over by itself, where that is known.
    pub(super) due: Option<Timestamp>,
}

impl UserView<'_> {
    /// The step for an active key that `replacement` took over from.
    pub(super) fn superseded_key(&self, key: &ObservedKey, replacement: &ObservedKey) -> Option<Step> {
        let Some(since) = self.install_grace_began(key, replacement) else {
            return Some(self.repeat_notice(key, replacement));
        };
        let due = after(since, self.periods.install_grace);
        if self.now < due {
            let warning = self.warning(key, Reason::DeactivationAhead, due, NoticeKind::DeactivationAhead);
            let warning = warning.map(|step| Step { hosts: self.hosts_with(key), ..step });
            let copy = || self.copy(key, Reason::NoticeRepeated, due, NoticeKind::Rotated);
            return warning.or_else(copy).map(|step| step.replaced_by(replacement));
        }
        Some(match self.hold(key, replacement) {
            Some(reason) if self.is_held_long_enough(key, reason, due) => {
                self.deactivate(key, replacement, Reason::MaxHoldOver).due(due)
            }
            Some(reason) => self.held(key, reason, due).replaced_by(replacement),
            None => self.deactivate(key, replacement, Reason::InstallGraceOver).due(due),
        })
    }

    /// Since when old and new key have worked side by side with the owners knowing: the latest of all that must have happened.
    /// None while the owners do not know: where no notice is required, asking for it is enough.
    fn install_grace_began(&self, key: &ObservedKey, replacement: &ObservedKey) -> Option<Timestamp> {
        let (old, new) = (self.record_of(key), self.record_of(replacement));
        let asked = old.asked(&NoticeKind::Rotated).filter(|_| !self.policy.require_notice);
        let told = old.told(&NoticeKind::Rotated).or(asked)?;
        let dates = [
            Some(replacement.created),
            self.standings.stored_at(&replacement.id),
            // Not recorded means not known: the grace starts when it was first seen, which is now.
            Some(new.published.unwrap_or(self.now)),
            new.retrievable_since,
            new.revived,
            old.revived,
            Some(told),
        ];
        dates.into_iter().flatten().max()
    }

    fn repeat_notice(&self, key: &ObservedKey, replacement: &ObservedKey) -> Step {
        let published = self.record_of(replacement).published.unwrap_or(self.now);
        let due = after(published, self.periods.install_grace);
        let (kind, reason) = if self.now < due {
            (StepKind::Warn, Reason::NoticeRepeated)
        } else {
            (StepKind::Hold, Reason::NoticeNotSent)
        };
        let estimate = after(self.now, self.periods.install_grace);
        let step = self.step(key, kind, reason).due(due.max(estimate)).replaced_by(replacement);
        step.telling(NoticeKind::Rotated)
    }

    /// What keeps a key active whose day has come: the gravest of all that does.
    fn hold(&self, key: &ObservedKey, replacement: &ObservedKey) -> Option<Reason> {
        self.obstacles_after_grace(key, replacement).next().map(|obstacle| obstacle.reason)
    }

    /// Everything that keeps a key active, the gravest first.
    pub(super) fn obstacles(&self, key: &ObservedKey, replacement: &ObservedKey) -> Vec<Obstacle> {
        let began = self.install_grace_began(key, replacement);
        let due = began.map(|since| after(since, self.periods.install_grace));
        let reason = match due {
            None => Some(Reason::NoticeNotSent),
            Some(due) => (self.now < due).then_some(Reason::NotYetDue),
        };
        let grace = reason.map(|reason| Obstacle { reason, guard: Some(Guard::InstallGrace), due });
        let mut obstacles: Vec<_> = self.obstacles_after_grace(key, replacement).chain(grace).collect();
        // What nobody can lift comes first: it makes all else idle.
        obstacles.sort_by_key(|obstacle| obstacle.guard.is_some());
        obstacles
    }

    fn obstacles_after_grace(&self, key: &ObservedKey, replacement: &ObservedKey) -> impl Iterator<Item = Obstacle> {
        let gone = !self.standings.is_retrievable(&replacement.id);
        let take_up = self.missing_take_up(key, replacement);
        let (unknown, not_yet) = match take_up {
            Some(Reason::LastUsedUnknown) => (take_up, None),
            _ => (None, take_up),
        };
        let all = [
            (gone.then_some(Reason::ReplacementNotRetrievable), None),
            (self.has_parameter_behind(replacement).then_some(Reason::ParameterBehind), None),
            (self.use_of(key), Some(Guard::LastUsed)),
            (unknown, Some(Guard::TakeUp)),
            // It names hosts, which says more than that nobody has used the replacement.
            (self.missing_acknowledgement(key), Some(Guard::Acknowledgement)),
            (not_yet, Some(Guard::TakeUp)),
        ];
        all.into_iter().filter_map(|(reason, guard)| Some(Obstacle { reason: reason?, guard, due: None }))
    }

    /// The use of a key within `LAST_USED_THRESHOLD`, or that it is not known.
    fn use_of(&self, key: &ObservedKey) -> Option<Reason> {
        let threshold = self.policy.last_used_threshold;
        match &key.last_used {
            LastUsed::Unknown { .. } => Some(Reason::LastUsedUnknown),
            LastUsed::At(key_use) if threshold.0 > 0 && self.now < after(key_use.at, threshold) => {
                Some(Reason::StillInUse)
            }
            LastUsed::Never | LastUsed::At(_) => None,
        }
    }

    /// That nobody has used the replacement of a used key, or that it is not known.
    fn missing_take_up(&self, key: &ObservedKey, replacement: &ObservedKey) -> Option<Reason> {
        let is_needless = !self.record_of(replacement).retrieval_unproven && self.is_unused(key);
        if is_needless || self.is_acknowledged(replacement) {
            return None;
        }
        match &replacement.last_used {
            LastUsed::Unknown { .. } => Some(Reason::LastUsedUnknown),
            LastUsed::Never => Some(Reason::NotTakenUp),
            LastUsed::At(key_use) => (!self.is_taken_up(replacement, key_use.at)).then_some(Reason::NotTakenUp),
        }
    }

    /// Whether somebody but Keywheel has used the replacement: after the proof, which comes after the pair was stored.
    fn is_taken_up(&self, replacement: &ObservedKey, used: Timestamp) -> bool {
        let record = self.record_of(replacement);
        let Some(proven) = record.proven.or(record.published) else { return false };
        let stored = self.standings.stored_at(&replacement.id);
        used > plus(stored.map_or(proven, |stored| stored.max(proven)), USE_RECORD_SPAN)
    }

    /// Whether the hold was recorded, and its end has come.
    fn is_held_long_enough(&self, key: &ObservedKey, reason: Reason, due: Timestamp) -> bool {
        let is_held = self.record_of(key).held_since.is_some();
        is_held && self.hold_ends(key, reason, due).is_some_and(|ends| self.now >= ends)
    }

    /// When `MAX_HOLD` ends this hold. It never ends one that rests on not knowing: that would break hosts blindly.
    /// An earlier hold does not count once the grace began anew, so the hold is counted from `due` at the earliest.
    fn hold_ends(&self, key: &ObservedKey, reason: Reason, due: Timestamp) -> Option<Timestamp> {
        // What hosts did not say, or nobody could read, is no more than not acknowledged.
        let known = matches!(
            reason,
            Reason::StillInUse | Reason::NotTakenUp | Reason::NotAcknowledged | Reason::AcknowledgementsUnknown
        );
        let held_since = self.record_of(key).held_since.map_or(self.now, |since| since.max(due));
        let max_hold = self.policy.max_hold.filter(|_| known)?;
        Some(after(held_since, max_hold))
    }

    fn held(&self, key: &ObservedKey, reason: Reason, due: Timestamp) -> Step {
        let mut step = self.step(key, StepKind::Hold, reason).doing(Action::Hold, Preconditions::default()).due(due);
        let record = self.record_of(key);
        step.ends = self.hold_ends(key, reason, due);
        step.hosts = self.hosts_with(key);
        let warning = step.ends.and_then(|ends| self.warning_notice(key, ends, NoticeKind::HoldEnds));
        step.notice = warning.filter(|_| record.held_since.is_some()).or_else(|| held_notice(&record, self.now));
        step
    }

    pub(super) fn deactivate(&self, key: &ObservedKey, replacement: &ObservedKey, reason: Reason) -> Step {
        let preconditions = Preconditions {
            statuses: vec![(key.id.clone(), KeyStatus::Active), (replacement.id.clone(), KeyStatus::Active)],
            last_used: (reason == Reason::InstallGraceOver).then(|| (key.id.clone(), key.last_used.clone())),
            published: Some(replacement.id.clone()),
            ..Preconditions::default()
        };
        let action = Action::Deactivate { key: key.id.clone(), because: InactiveBecause::Superseded };
        let step = self.step(key, StepKind::Deactivate, reason).doing(action, preconditions);
        let step = Step { hosts: self.hosts_with(key), ..step };
        step.replaced_by(replacement).next_after(self.periods.recovery_grace).telling(NoticeKind::Deactivated)
    }
}
