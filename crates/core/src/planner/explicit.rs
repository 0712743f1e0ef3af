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
        let user = UserView { is_forced, ..UserView::new(view, user, &record) };
        let asked = Asked { action, user, view };
        asked.steps().into_iter().map(|step| asked.guarded(step)).collect::<Vec<_>>()
    });
    AccountPlan { steps: steps.collect() }
}

/// What was asked for, and of whom.
struct Asked<'a> {
    action: &'a ExplicitAction,
    user: UserView<'a>,
    view: &'a AccountView<'a>,
}

impl<'a> Asked<'a> {
    fn steps(&self) -> Vec<Step> {
        let kind = self.action.action;
        // A key that leaked is made inactive whether or not its secret can be looked at.
        let left_alone = self.user.left_alone(self.view);
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

    /// What the state of the whole account has against the step holds for an explicit one, too; only a freeze can be lifted.
    fn guarded(&self, mut step: Step) -> Step {
        let against: Vec<Reason> = forbidden(self.view, &step).collect();
        for reason in against {
            let guard = (reason == Reason::Frozen).then_some(Guard::Freeze);
            if guard.is_none_or(|guard| !self.action.lifts(guard)) {
                return self.refused(step, reason, guard.as_slice());
            }
            step.overridden.extend(guard);
        }
        step
    }

    /// A replacement, as on the day on which one is due; what an earlier run left half-done comes first.
    fn create(&self) -> Vec<Step> {
        let half_done = self.user.half_done();
        let steps = if half_done.is_empty() { self.user.keys_in_charge() } else { half_done };
        if steps.is_empty() {
            return vec![self.nothing_to_do(None)];
        }
        let is_done = |step: &Step| step.action.is_change() && step.kind != StepKind::Rollback;
        steps.into_iter().map(|step| if is_done(&step) { step } else { self.refuse_like(step) }).collect()
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
        self.refused(step, reason, guards)
    }

    /// A night would not do it either, for the reason that the step gives; or would do this step first.
    fn refuse_like(&self, step: Step) -> Step {
        let reason = if step.kind == StepKind::Rollback { Reason::RollbackBegun } else { step.reason };
        self.refused(Step { kind: self.kind(), ..step }, reason, &[])
    }

    /// The step, not to be done for this reason. Its text says what lifts the reason, or what else there is to do.
    fn refused(&self, step: Step, reason: Reason, guards: &[Guard]) -> Step {
        let why = format!("{}{} {}", reason.meaning(), until(step.due, reason), self.way_out(reason, guards));
        let action = Action::Refuse { why };
        let (preconditions, overridden) = (Preconditions::default(), BTreeSet::new());
        Step { reason, action, preconditions, overridden, notice: None, next_after: None, ..step }
    }

    /// An override that would do names all that was lifted already, and a freeze that would refuse next.
    fn way_out(&self, reason: Reason, guards: &[Guard]) -> String {
        if guards.is_empty() {
            return no_override(reason);
        }
        let is_frozen = self.view.policy.freeze.until(self.view.now).is_some();
        let names = |guards: &BTreeSet<Guard>| guards.iter().map(|guard| guard.as_str()).collect::<Vec<_>>();
        let refusing: BTreeSet<Guard> = guards
            .iter()
            .copied()
            .chain(is_frozen.then_some(Guard::Freeze))
            .filter(|guard| !self.action.lifts(*guard))
            .collect();
        let all = &refusing | &self.action.overrides;
        format!(
            "Guards that refuse: {}; \"override\":[\"{}\"] lifts them",
            names(&refusing).join(", "),
            names(&all).join("\",\"")
        )
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

fn until(due: Option<Timestamp>, reason: Reason) -> String {
    let due = due.filter(|_| reason == Reason::NotYetDue);
    due.map(|due| format!(" It is due at {due}.")).unwrap_or_default()
}

fn no_override(reason: Reason) -> String {
    let way = match reason {
        Reason::PersonInactive | Reason::EmergencyPast => {
            "what a person did is a person's to undo: aws iam update-access-key"
        }
        Reason::AmbiguousKey => "add access_key_id",
        Reason::ExemptGroup | Reason::ExemptTag => "end the exemption first",
        Reason::NotSuperseded => "add a replacement with the action create, or send emergency if the key leaked",
        Reason::NotInactive => "send deactivate first",
        Reason::KeyNotFound => "look the user's keys up with aws iam list-access-keys",
        Reason::RollbackBegun => "send rollback to end it, or wait for the next night, which does",
        Reason::SlotInUse | Reason::SlotBlocked => {
            "the second slot must be free: wait, or delete the key that fills it"
        }
        _ => return "No override lifts this".to_owned(),
    };
    format!("No override lifts this; {way}")
}
