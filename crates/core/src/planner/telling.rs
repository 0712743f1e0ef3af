//! When owners are told: warnings once each, and what stays blocked once a week.

use crate::Timestamp;
use crate::ledger::KeyRecord;
use crate::notice::NoticeKind;
use crate::observed::ObservedKey;
use crate::plan::{Step, StepKind};
use crate::planner::step::UserView;
use crate::reason::Reason;
use crate::time::{Days, NIGHTS_VARY, after, days_until, minus, weeks_since};

/// For so long owners are told what an earlier run did and could not tell them of.
const NEWS: Days = Days(7);

impl UserView<'_> {
    /// Whether what happened then is news still.
    pub(super) fn is_news(&self, happened: Timestamp) -> bool {
        self.now < after(happened, NEWS)
    }

    /// The warning that is due so far ahead of `due`, unless it was sent.
    pub(super) fn warning(
        &self,
        key: &ObservedKey,
        reason: Reason,
        due: Timestamp,
        notice: fn(u32) -> NoticeKind,
    ) -> Option<Step> {
        let kind = self.warning_notice(key, due, notice)?;
        Some(self.step(key, StepKind::Warn, reason).due(due).telling(kind))
    }

    /// Its notice: the one for the smallest number of days that covers what is left, so that a run that comes late warns once and not
    /// thrice.
    pub(super) fn warning_notice(
        &self,
        key: &ObservedKey,
        due: Timestamp,
        notice: fn(u32) -> NoticeKind,
    ) -> Option<NoticeKind> {
        let left = days_until(minus(due, NIGHTS_VARY), self.now);
        let threshold = self.policy.warn_days.iter().filter(|days| days.0 >= left).min()?;
        let kind = notice(threshold.0);
        let told = self.record_of(key).told(&kind).is_some();
        (self.now < due && !told).then_some(kind)
    }

    /// A notice that the owners have, for those of its other readers who do not have it yet.
    pub(super) fn copy(&self, key: &ObservedKey, reason: Reason, due: Timestamp, kind: NoticeKind) -> Option<Step> {
        let record = self.record_of(key);
        let is_owed = record.told(&kind).is_some() && !record.all_know(&kind);
        is_owed.then(|| self.step(key, StepKind::Warn, reason).due(due).telling(kind))
    }

    /// A step that does nothing and tells the owners so: at once, and then with every week that has passed since `since`.
    pub(super) fn blocked(&self, key: &ObservedKey, reason: Reason, since: Timestamp) -> Step {
        let step = self.step(key, StepKind::Skip, reason);
        let kind = NoticeKind::Blocked(reason, weeks_since(since, self.now));
        if self.record_of(key).told(&kind).is_some() { step } else { step.telling(kind) }
    }
}

/// The notice of a hold: at once, and then weekly.
pub(super) fn held_notice(record: &KeyRecord, now: Timestamp) -> Option<NoticeKind> {
    let weeks = record.held_since.map_or(0, |since| weeks_since(since, now));
    let kind = NoticeKind::Held(weeks);
    record.told(&kind).is_none().then_some(kind)
}
