//! What is left of users who are gone.

use std::collections::BTreeSet;

use crate::id::UserName;
use crate::ledger::UserRecord;
use crate::plan::{Action, Step, StepKind};
use crate::planner::{AccountView, hold_back_for_account};
use crate::reason::Reason;
use crate::time::after;

/// Schedules for deletion the secrets of users who are gone for the whole grace, by a look that saw everybody, who is `there`. Where the look is not
/// whole there is nothing to plan: do not call it.
#[must_use]
pub fn plan_housekeeping(view: &AccountView<'_>, there: &BTreeSet<&UserName>) -> Vec<Step> {
    let Some(grace) = view.policy.housekeeping_after else { return Vec::new() };
    let gone = view.ledger.users.iter().filter(|(name, _)| !there.contains(name));
    let due = gone.filter_map(|(name, record)| {
        let due = after(record.gone_since?, grace);
        (due <= view.now && record.secret_cleared.is_none() && had_a_secret(record)).then(|| {
            let step = Step::about(name, &record.user_id, StepKind::Reconcile, Reason::UserGone);
            Step { due: Some(due), action: Action::ScheduleSecret, ..step }
        })
    });
    let mut steps: Vec<Step> = due.collect();
    hold_back_for_account(view, &mut steps);
    steps
}

/// Whether Keywheel made a key for the user, as far as is remembered: else there is no secret of its making.
fn had_a_secret(record: &UserRecord) -> bool {
    record.keys.values().any(|key| key.created.is_some() || key.published.is_some() || key.superseded_by.is_some())
}
