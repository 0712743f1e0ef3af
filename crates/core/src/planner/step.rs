//! Makes steps for one user.

use crate::Timestamp;
use crate::ledger::{KeyRecord, UserRecord};
use crate::notice::NoticeKind;
use crate::observed::{LastUsed, ObservedKey, ObservedUser};
use crate::plan::{Action, Preconditions, Step, StepKind};
use crate::planner::AccountView;
use crate::planner::standing::Standings;
use crate::policy::{Policy, UserPeriods, UserTags};
use crate::reason::Reason;
use crate::time::Days;

/// One user, with all that a decision about its keys needs.
pub(super) struct UserView<'a> {
    pub(super) user: &'a ObservedUser,
    pub(super) record: &'a UserRecord,
    pub(super) standings: Standings<'a>,
    pub(super) tags: UserTags,
    pub(super) periods: UserPeriods,
    pub(super) policy: &'a Policy,
    pub(super) is_forced: bool,
    pub(super) now: Timestamp,
}

impl<'a> UserView<'a> {
    pub(super) fn new(view: &AccountView<'a>, user: &'a ObservedUser, record: &'a UserRecord) -> Self {
        let tags = UserTags::read(&user.tags, &view.policy.tag_prefix);
        Self {
            user,
            record,
            standings: Standings { account: view.account, user, record },
            periods: view.policy.periods.for_user(&tags),
            tags,
            policy: view.policy,
            is_forced: view.forced.contains(&user.name),
            now: view.now,
        }
    }

    /// What is remembered of a key.
    pub(super) fn record_of(&self, key: &ObservedKey) -> KeyRecord {
        self.record.key(&key.id)
    }

    /// A step about a key that does nothing and tells nobody, to be completed.
    pub(super) fn step(&self, key: &ObservedKey, kind: StepKind, reason: Reason) -> Step {
        let last_used = match &key.last_used {
            LastUsed::At(key_use) => Some(key_use.clone()),
            LastUsed::Never | LastUsed::Unknown { .. } => None,
        };
        Step { key: Some(key.id.clone()), last_used, ..self.user_step(kind, reason) }
    }

    /// A step about the user as a whole.
    pub(super) fn user_step(&self, kind: StepKind, reason: Reason) -> Step {
        Step::about(&self.user.name, &self.user.user_id, kind, reason)
    }
}

impl Step {
    pub(super) fn due(mut self, due: Timestamp) -> Self {
        self.due = Some(due);
        self
    }

    pub(super) fn doing(mut self, action: Action, preconditions: Preconditions) -> Self {
        self.action = action;
        self.preconditions = preconditions;
        self
    }

    pub(super) fn replaced_by(mut self, replacement: &ObservedKey) -> Self {
        self.replacement = Some(replacement.id.clone());
        self
    }

    pub(super) fn next_after(mut self, days: Days) -> Self {
        self.next_after = Some(days);
        self
    }

    pub(super) fn telling(mut self, notice: NoticeKind) -> Self {
        self.notice = Some(notice);
        self
    }
}
