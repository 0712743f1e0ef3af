//! The plan for one thing that somebody asked for. It goes through the guards of a night's plan; what refuses says so.

mod deactivate;
mod delete;
mod emergency;
mod rollback;

use std::collections::BTreeSet;

use crate::Timestamp;
use crate::contract::action::{ActionKind, ExplicitAction, Guard};
use crate::observed::ObservedKey;
use crate::plan::{AccountPlan, Action, Preconditions, Step, StepKind};
use crate::planner::step::UserView;
use crate::planner::user::record_of;
use crate::planner::{AccountView, forbidden};
use crate::reason::Reason;

/// The plan for one action, on a ledger that [`super::remember`] has brought up to now. The view shows the user that the
/// action names and nobody else.
#[must_use]
pub fn plan_explicit(view: &AccountView<'_>, action: &ExplicitAction) -> AccountPlan {
    let steps = view.users.iter().flat_map(|user| {
        let record = record_of(view, user);
        let is_forced = matches!(action.action, ActionKind::Create | ActionKind::Emergency);
        let asked = Asked { action, user: UserView { is_forced, ..UserView::new(view, user, &record) } };
        asked.steps(view)
    });
    AccountPlan { steps: steps.map(|step| guarded(view, action, step)).collect() }
}

/// What the state of the whole account has against the step holds for an explicit one, too; only a freeze can be lifted.
fn guarded(view: &AccountView<'_>, action: &ExplicitAction, mut step: Step) -> Step {
    let against: Vec<Reason> = forbidden(view, &step).collect();
    for reason in against {
        let guard = (reason == Reason::Frozen).then_some(Guard::Freeze);
        if guard.is_none_or(|guard| !action.lifts(guard)) {
            return refused(step, reason, guard.as_slice());
        }
        step.overridden.extend(guard);
    }
    step
}

/// What was asked for, and of whom.
struct Asked<'a> {
    action: &'a ExplicitAction,
    user: UserView<'a>,
}

impl<'a> Asked<'a> {
    fn steps(&self, view: &AccountView<'_>) -> Vec<Step> {
        let kind = self.action.action;
        // A key that leaked is made inactive whether or not its secret can be looked at.
        let left_alone = self.user.left_alone(view);
        let left_alone = left_alone.filter(|reason| kind != ActionKind::Emergency || *reason != Reason::SecretUnknown);
        if let Some(reason) = left_alone {
            return vec![self.refuse(None, reason, &[])];
        }
        if self.action.access_key_id.is_some() && self.named().is_none() {
            return vec![self.refuse(None, Reason::KeyNotFound, &[])];
        }
        if self.user.user.keys.is_empty() {
            return vec![self.nothing_to_do(None)];
        }
        match kind {
            ActionKind::Create => self.create(),
            ActionKind::Deactivate => self.deactivate(),
            ActionKind::Delete => self.delete(),
            ActionKind::Rollback => self.roll_back(),
            ActionKind::Emergency => self.emergency(),
        }
    }

    /// A replacement, as on the day on which one is due; what an earlier run left half-done comes first.
    fn create(&self) -> Vec<Step> {
        let half_done = self.user.half_done();
        let steps = if half_done.is_empty() { self.user.keys_in_charge() } else { half_done };
        if steps.is_empty() {
            return vec![self.nothing_to_do(None)];
        }
        steps.into_iter().map(|step| if step.action.is_change() { step } else { self.refuse_like(step) }).collect()
    }

    /// The key that the action names, where it names one that the user has.
    fn named(&self) -> Option<&'a ObservedKey> {
        self.user.user.key(self.action.access_key_id.as_ref()?)
    }

    /// The user's keys that may be meant.
    fn meant(&self) -> impl Iterator<Item = &'a ObservedKey> {
        let named = self.action.access_key_id.as_ref();
        self.user.user.keys.iter().filter(move |key| named.is_none_or(|named| key.id == *named))
    }

    /// What is half-done comes first, and is no part of this action.
    fn refuse_while_half_done(&self) -> Option<Vec<Step>> {
        let first = self.user.half_done().into_iter().next()?;
        Some(vec![self.refuse_like(first)])
    }

    fn nothing_to_do(&self, key: Option<&ObservedKey>) -> Step {
        let step = self.user.user_step(StepKind::Skip, Reason::NothingToDo);
        Step { key: key.map(|key| key.id.clone()), ..step }
    }

    /// The action is refused for this reason; the guards are those that can be lifted.
    fn refuse(&self, key: Option<&ObservedKey>, reason: Reason, guards: &[Guard]) -> Step {
        let step = match key {
            Some(key) => self.user.step(key, self.kind(), reason),
            None => self.user.user_step(self.kind(), reason),
        };
        refused(step, reason, guards)
    }

    /// A night would not do it either, for the reason that the step gives.
    fn refuse_like(&self, step: Step) -> Step {
        let reason = step.reason;
        refused(Step { kind: self.kind(), ..step }, reason, &[])
    }

    fn kind(&self) -> StepKind {
        match self.action.action {
            ActionKind::Create => StepKind::Create,
            ActionKind::Deactivate | ActionKind::Emergency => StepKind::Deactivate,
            ActionKind::Delete => StepKind::Delete,
            ActionKind::Rollback => StepKind::Rollback,
        }
    }
}

/// The step, not to be done for this reason. Its text says what lifts the reason, or what else there is to do.
fn refused(step: Step, reason: Reason, guards: &[Guard]) -> Step {
    let why = format!("{}{} {}", reason.meaning(), until(step.due, reason), way_out(reason, guards));
    let action = Action::Refuse { why };
    let (preconditions, overridden) = (Preconditions::default(), BTreeSet::new());
    Step { reason, action, preconditions, overridden, notice: None, next_after: None, ..step }
}

fn until(due: Option<Timestamp>, reason: Reason) -> String {
    let due = due.filter(|_| reason == Reason::NotYetDue);
    due.map(|due| format!(" It is due at {due}.")).unwrap_or_default()
}

fn way_out(reason: Reason, guards: &[Guard]) -> String {
    let names: Vec<_> = guards.iter().map(|guard| guard.as_str()).collect();
    if !names.is_empty() {
        return format!(
            "Guards that refuse: {}; \"override\":[\"{}\"] lifts them",
            names.join(", "),
            names.join("\",\"")
        );
    }
    let way = match reason {
        Reason::PersonInactive | Reason::EmergencyPast => {
            "what a person did is a person's to undo: aws iam update-access-key"
        }
        Reason::AmbiguousKey => "add access_key_id",
        Reason::ExemptGroup | Reason::ExemptTag => "end the exemption first",
        Reason::NotSuperseded => "add a replacement with the action create, or send emergency if the key leaked",
        Reason::NotInactive => "send deactivate first",
        Reason::KeyNotFound => "look the user's keys up with aws iam list-access-keys",
        _ => return "No override lifts this".to_owned(),
    };
    format!("No override lifts this; {way}")
}
