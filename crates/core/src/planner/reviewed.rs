//! Of a plan, what somebody has reviewed.

use std::collections::BTreeSet;

use crate::contract::reviewed::{ReviewedPlan, ReviewedStep};
use crate::plan::{AccountPlan, Action, Step};
use crate::planner::AccountView;
use crate::reason::Reason;

/// The steps of the plan that were reviewed just so, and a refusal of each that was reviewed and is not planned any more. Whatever else
/// is planned is left out. `view` is what the plan was made from.
#[must_use]
pub fn only_reviewed(view: &AccountView<'_>, plan: AccountPlan, reviewed: &ReviewedPlan) -> AccountPlan {
    let wanted: BTreeSet<&ReviewedStep> = reviewed.steps.iter().collect();
    let is_wanted = |step: &Step| ReviewedStep::of(step).is_some_and(|step| wanted.contains(&step));
    let (mut steps, others): (Vec<_>, Vec<_>) = plan.steps.into_iter().partition(is_wanted);
    let planned: BTreeSet<_> = steps.iter().filter_map(ReviewedStep::of).collect();
    let gone = wanted.into_iter().filter(|step| !planned.contains(step));
    steps.extend(gone.map(|step| refused(step, &instead(view, step, &others))));
    AccountPlan { steps }
}

fn refused(reviewed: &ReviewedStep, instead: &str) -> Step {
    let step = Step::about(&reviewed.user, &reviewed.user_id, reviewed.step, Reason::PlanChanged);
    let why = format!("reviewed was {} ({}), and {instead}", reviewed.step.as_str(), reviewed.reason);
    Step { key: reviewed.access_key_ids.first().cloned(), action: Action::Refuse { why }, ..step }
}

/// What stands in the place of a step that is not planned any more.
fn instead(view: &AccountView<'_>, reviewed: &ReviewedStep, others: &[Step]) -> String {
    let mut seen = view.users.iter().map(|user| (&user.name, &user.user_id));
    let seen = seen.find(|(name, _)| **name == reviewed.user);
    let is_quiet = view.quiet.iter().any(|user| user.name == reviewed.user);
    match seen {
        None if !is_quiet => return "the user is not there, or could not be looked at".to_owned(),
        Some((_, user_id)) if *user_id != reviewed.user_id => return "the user was deleted and made again".to_owned(),
        _ => {}
    }
    let others = others.iter().filter(|step| step.user == reviewed.user);
    let others: Vec<_> = others.map(|step| format!("{} ({})", step.kind.as_str(), step.reason)).collect();
    match others.as_slice() {
        [] => "nothing of the kind is planned now: it may be done already".to_owned(),
        others => format!("planned for the user is now {}", others.join(", ")),
    }
}
