//! When owners are told: warnings once each, and what stays blocked once a week.

use crate::Timestamp;
use crate::ledger::KeyRecord;
use crate::notice::NoticeKind;
use crate::observed::ObservedKey;
use crate::plan::{Step, StepKind};
use crate::planner::step::UserView;
use crate::reason::Reason;
use crate::time::{days_since, days_until};

const DAYS_PER_WEEK: u32 = 7;

impl UserView<'_> {
    /// The warning that is due so far ahead of `due`, unless it was sent: the one for the smallest number of days that covers
    /// what is left, so that a run that comes late warns once and not thrice.
    pub(super) fn warning(
        &self,
        key: &ObservedKey,
        reason: Reason,
        due: Timestamp,
        notice: fn(u32) -> NoticeKind,
    ) -> Option<Step> {
        let left = days_until(due, self.now);
        let threshold = self.policy.warn_days.iter().filter(|days| days.0 >= left).min()?;
        let kind = notice(threshold.0);
        let told = self.record_of(key).told(&kind).is_some();
        (left > 0 && !told).then(|| self.step(key, StepKind::Warn, reason).due(due).telling(kind))
    }

    /// A step that does nothing and tells the owners so once a week, for as long as it lasts.
    pub(super) fn blocked(&self, key: &ObservedKey, reason: Reason) -> Step {
        let step = self.step(key, StepKind::Skip, reason);
        let kind = NoticeKind::Blocked(reason, week(self.now));
        if self.record_of(key).told(&kind).is_some() { step } else { step.telling(kind) }
    }
}

/// The number of the week since 1970.
pub(super) fn week(now: Timestamp) -> u32 {
    days_since(Timestamp::UNIX_EPOCH, now) / DAYS_PER_WEEK
}

/// The notice of a hold: at once, and then weekly.
pub(super) fn held_notice(record: &KeyRecord, now: Timestamp) -> Option<NoticeKind> {
    let weeks = record.held_since.map_or(0, |since| days_since(since, now) / DAYS_PER_WEEK);
    let kind = NoticeKind::Held(weeks);
    record.told(&kind).is_none().then_some(kind)
}
