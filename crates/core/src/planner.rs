//! Decides what should happen to every key of an account. No I/O, no clock: the same sight gives the same plan.

mod acknowledgement;
mod deactivation;
mod deletion;
mod explicit;
mod former_secret;
mod glance;
mod housekeeping;
mod parameter;
mod reconciliation;
mod replica;
mod retirement;
mod reviewed;
mod rollback;
mod rotation;
mod standing;
mod step;
mod succession;
mod telling;
mod untold;
mod user;

use std::collections::{BTreeMap, BTreeSet};

use crate::Timestamp;
use crate::id::{AccessKeyId, AccountId, UserName};
use crate::ledger::{AccountLedger, UserRecord};
use crate::observed::ObservedUser;
use crate::plan::{AccountPlan, Action, Step, StepKind};
use crate::policy::{ExemptionGroup, Policy};
use crate::reason::Reason;

pub use acknowledgement::needs_acknowledgements;
pub use explicit::plan_explicit;
pub use glance::{QuietUser, glance};
pub use housekeeping::plan_housekeeping;
pub use reviewed::only_reviewed;
pub use standing::needs_secret;

/// Everything that a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct AccountView<'a> {
    /// The account.
    pub account: &'a AccountId,
    /// Every user whose keys could be seen.
    pub users: &'a [ObservedUser],
    /// Users who were passed over, because nothing can be due for them.
    pub quiet: &'a [QuietUser],
    /// What is remembered, as it was read.
    pub ledger: &'a AccountLedger,
    /// What the deployment wants.
    pub policy: &'a Policy,
    /// Who is in the exemption group.
    pub exemptions: &'a ExemptionGroup,
    /// Users whose key is replaced whatever its age.
    pub forced: &'a BTreeSet<UserName>,
    /// No ledger of the account is stored: it was never looked after, or its memory is lost. Nothing is deleted then.
    pub is_first_sight: bool,
    /// The moment the plan is for.
    pub now: Timestamp,
}

/// The ledger with what was seen now. A run that may write stores it; an audit plans on it and forgets it.
#[must_use]
pub fn remember(view: &AccountView<'_>) -> AccountLedger {
    let mut ledger = view.ledger.clone();
    for user in view.users {
        let empty = UserRecord::new(user.user_id.clone());
        let before = ledger.users.get(&user.name).unwrap_or(&empty);
        let after = before.credible(user, view.now).observing(view.account, user, view.now);
        let after = succession::noted(view.account, user, after);
        if after == empty {
            ledger.users.remove(&user.name);
        } else {
            ledger.users.insert(user.name.clone(), after);
        }
    }
    let names: BTreeSet<_> = view.users.iter().map(|user| &user.name).collect();
    let by_id: BTreeMap<_, _> = view.users.iter().map(|user| (&user.user_id, user)).collect();
    // Whoever has a name now has no former one of it.
    for (_, former) in ledger.users.iter_mut().filter(|(name, _)| !names.contains(name)) {
        if let Some(user) = by_id.get(&former.user_id) {
            former.observe_renamed(user, view.now);
        }
    }
    ledger
}

/// The plan for an account, on a ledger that [`remember`] has brought up to now.
#[must_use]
pub fn plan_account(view: &AccountView<'_>) -> AccountPlan {
    let mut steps: Vec<Step> = view.users.iter().flat_map(|user| user::plan_user(view, user)).collect();
    steps.extend(view.quiet.iter().filter_map(QuietUser::step));
    hold_back_for_account(view, &mut steps);
    steps.sort_by(|a, b| urgency(a).cmp(&urgency(b)));
    AccountPlan { steps }
}

/// What the state of the whole account forbids, whoever asked for it.
fn hold_back_for_account(view: &AccountView<'_>, steps: &mut Vec<Step>) {
    if let ExemptionGroup::Unknown { .. } = view.exemptions {
        // Whoever is told of a step might be exempt from it, so warnings stop as well. Nobody is exempt from a leak.
        steps.retain(|step| step.action.is_change() || step.reason == Reason::Quarantined);
    }
    for step in steps {
        let reason = forbidden(view, step).next();
        if let Some(reason) = reason {
            hold_back(step, reason);
        }
    }
}

/// What the state of the whole account has against a step, the gravest first.
fn forbidden(view: &AccountView<'_>, step: &Step) -> impl Iterator<Item = Reason> {
    let is_unknown = matches!(view.exemptions, ExemptionGroup::Unknown { .. });
    let is_frozen = view.policy.freeze.until(view.now).is_some();
    let is_first_deletion = view.is_first_sight && matches!(step.action, Action::Delete { .. });
    let reasons =
        [(is_unknown, Reason::ExemptionsUnknown), (is_frozen, Reason::Frozen), (is_first_deletion, Reason::FirstSight)];
    let is_change = step.action.is_change();
    reasons.into_iter().filter(move |(forbids, _)| *forbids && is_change).map(|(_, reason)| reason)
}

fn hold_back(step: &mut Step, reason: Reason) {
    step.kind = StepKind::Skip;
    step.reason = reason;
    step.action = Action::None;
    step.notice = None;
}

/// Half-done work first, then what has been due longest.
fn urgency(step: &Step) -> (u8, Option<Timestamp>, &UserName, Option<&AccessKeyId>) {
    let class = match step.action {
        Action::Deactivate { .. } if step.kind == StepKind::Reconcile => 0,
        Action::Delete { .. } if step.reason == Reason::OrphanedKey => 0,
        Action::DeleteNeverStored { .. }
        | Action::Publish { .. }
        | Action::Deliver { .. }
        | Action::Rollback { .. } => 0,
        Action::Deactivate { .. } | Action::Delete { .. } | Action::Replace { .. } => 1,
        // No change to a key waits for these, however many there are.
        Action::ScheduleSecret
        | Action::ScheduleFormerSecret
        | Action::DeleteParameter { .. }
        | Action::ForgetHosts
        | Action::Replicate { .. }
        | Action::Hold
        | Action::None
        | Action::Refuse { .. } => 2,
    };
    (class, step.due, &step.user, step.key.as_ref())
}
