//! Keys that nobody uses: announced, made inactive, and not replaced.

use crate::Timestamp;
use crate::ledger::InactiveBecause;
use crate::notice::NoticeKind;
use crate::observed::{KeyStatus, LastUsed, ObservedKey};
use crate::plan::{Action, Preconditions, Step, StepKind};
use crate::planner::deletion::RETIRED_GRACE;
use crate::planner::step::UserView;
use crate::policy::UnusedKeys;
use crate::reason::Reason;
use crate::time::after;

impl UserView<'_> {
    /// Whether the key is known to be unused for `UNUSED_AFTER`. A failed look-up is not knowledge.
    pub(super) fn is_unused(&self, key: &ObservedKey) -> bool {
        self.unused_from(key).is_some_and(|from| self.now >= from)
    }

    /// When the key counts as unused if nobody uses it until then; none when its last use is not known.
    fn unused_from(&self, key: &ObservedKey) -> Option<Timestamp> {
        let last = match &key.last_used {
            LastUsed::Unknown { .. } => return None,
            LastUsed::Never => key.created,
            LastUsed::At(key_use) => key_use.at.max(key.created),
        };
        Some(after(last, self.policy.unused_after))
    }

    /// Whether the key is to be retired rather than replaced.
    pub(super) fn is_to_be_retired(&self, key: &ObservedKey) -> bool {
        self.policy.unused_keys == UnusedKeys::Retire && !self.is_forced && self.is_unused(key)
    }

    /// Whether the retirement was announced and only the look-up of the last use failed: no replacement on the way to it.
    pub(super) fn may_be_retiring(&self, key: &ObservedKey) -> bool {
        let is_unknown = matches!(key.last_used, LastUsed::Unknown { .. });
        let is_announced = self.record_of(key).asked(&NoticeKind::Retiring).is_some();
        is_unknown && is_announced && self.policy.unused_keys == UnusedKeys::Retire && !self.is_forced
    }

    /// The step for a key that is to be retired: announced first, then warned of, then made inactive.
    pub(super) fn retire(&self, key: &ObservedKey) -> Option<Step> {
        let Some(announced) = self.retirement_announced(key) else {
            let due = after(self.now, self.periods.install_grace);
            let step = self.step(key, StepKind::Warn, Reason::RetirementAhead);
            return Some(step.due(due).telling(NoticeKind::Retiring));
        };
        let due = after(announced, self.periods.install_grace);
        if self.now < due {
            let warning = self.warning(key, Reason::RetirementAhead, due, NoticeKind::RetirementAhead);
            return warning.or_else(|| self.copy(key, Reason::RetirementAhead, due, NoticeKind::Retiring));
        }
        let preconditions = Preconditions {
            statuses: vec![(key.id.clone(), KeyStatus::Active)],
            last_used: Some((key.id.clone(), key.last_used.clone())),
            ..Preconditions::default()
        };
        let action = Action::Deactivate { key: key.id.clone(), because: InactiveBecause::Unused };
        let step = self.step(key, StepKind::Retire, Reason::Unused).due(due);
        let next_after = self.periods.recovery_grace.max(RETIRED_GRACE);
        Some(step.doing(action, preconditions).next_after(next_after).telling(NoticeKind::Deactivated))
    }

    /// When the owners learnt of the retirement; where no notice is required, when they were to learn of it.
    fn retirement_announced(&self, key: &ObservedKey) -> Option<Timestamp> {
        let record = self.record_of(key);
        let told = record.told(&NoticeKind::Retiring);
        let asked = record.asked(&NoticeKind::Retiring).filter(|_| !self.policy.require_notice);
        // IAM may show a use late, after its retirement was announced: that announcement then came too early to count from.
        let dates = [told.or(asked)?, record.revived.unwrap_or(Timestamp::MIN), self.unused_from(key)?];
        dates.into_iter().max()
    }
}
