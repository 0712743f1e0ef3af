//! What the planner says of each key, with every warning shown.

use std::collections::BTreeMap;

use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::plan::{AccountPlan, Step, StepKind};
use keywheel_core::reason::Reason;

/// The steps of a plan by their users.
pub(super) struct Outlook<'a> {
    users: BTreeMap<&'a UserName, Vec<&'a Step>>,
}

impl<'a> Outlook<'a> {
    pub(super) fn of(plan: &'a AccountPlan) -> Self {
        let mut users: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for step in &plan.steps {
            users.entry(&step.user).or_default().push(step);
        }
        Self { users }
    }

    pub(super) fn of_user(&self, user: &UserName) -> &[&'a Step] {
        self.users.get(user).map_or(&[], Vec::as_slice)
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = &'a Step> {
        self.users.values().flatten().copied()
    }
}

/// The step that says most of a key: the one about it, else the one about its user as a whole.
pub(super) fn foremost<'a>(steps: &[&'a Step], key: &AccessKeyId) -> Option<&'a Step> {
    let about_key = steps.iter().filter(|step| step.key.as_ref() == Some(key)).min_by_key(|step| weight(step));
    let about_user = || steps.iter().find(|step| step.key.is_none());
    about_key.filter(|step| step.reason != Reason::MalformedTag).or_else(about_user).or(about_key).copied()
}

fn weight(step: &Step) -> u8 {
    match step.kind {
        _ if step.action.is_change() => 0,
        StepKind::Hold => 1,
        StepKind::Warn if comes_next(step).is_some() => 2,
        _ if step.reason == Reason::MalformedTag => 5,
        _ if step.due.is_some() => 3,
        _ => 4,
    }
}

/// What is done to a key next: the step itself, or the one that it announces.
pub(super) fn comes_next(step: &Step) -> Option<StepKind> {
    match step.kind {
        StepKind::Skip => None,
        StepKind::Warn => announced(step.reason),
        kind => Some(kind),
    }
}

/// The step that a warning is about.
pub(crate) fn announced(reason: Reason) -> Option<StepKind> {
    match reason {
        Reason::RotationAhead => Some(StepKind::Create),
        Reason::DeactivationAhead | Reason::NoticeRepeated => Some(StepKind::Deactivate),
        Reason::RetirementAhead => Some(StepKind::Retire),
        Reason::DeletionAhead
        | Reason::ForeignDeletionAhead
        | Reason::DeactivationUntold
        | Reason::EmergencyGraceOver
        | Reason::Emergency => Some(StepKind::Delete),
        _ => None,
    }
}
