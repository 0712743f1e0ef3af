//! An explicit action that somebody was shown first: it changes what was shown, or nothing.

use std::collections::BTreeSet;

use keywheel_core::contract::action::ReviewedChange;
use keywheel_core::plan::{AccountPlan, Action, Step};
use keywheel_core::reason::Reason;

use super::outcome::Outcome;

/// The plan, with every change of it refused where it is not just what was reviewed. A plan without a change says itself why it has none.
pub(super) fn as_reviewed(plan: AccountPlan, reviewed: &BTreeSet<ReviewedChange>) -> AccountPlan {
    let rows: Vec<_> = plan.steps.iter().cloned().flat_map(|step| Outcome::planned(step).rows()).collect();
    let planned = ReviewedChange::of(&rows);
    if reviewed.is_empty() || planned.is_empty() || planned == *reviewed {
        return plan;
    }
    let why = format!("reviewed was {}, and planned is now {}", words(reviewed), words(&planned));
    let steps = plan.steps.into_iter().map(|step| if step.action.is_change() { refused(step, &why) } else { step });
    AccountPlan { steps: steps.collect() }
}

fn refused(step: Step, why: &str) -> Step {
    let refused = Step::about(&step.user, &step.user_id, step.kind, Reason::PlanChanged);
    Step { key: step.key, action: Action::Refuse { why: why.to_owned() }, ..refused }
}

fn words(changes: &BTreeSet<ReviewedChange>) -> String {
    changes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
