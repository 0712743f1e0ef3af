//! What is left of users who are gone.

use crate::Timestamp;
use crate::ledger::{Present, UserRecord};
use crate::plan::{Action, Step, StepKind};
use crate::planner::{AccountView, hold_back_for_account};
use crate::reason::Reason;
use crate::secret::RECOVERY_WINDOW;
use crate::time::{Days, after};

/// Puts away what is left of users who are gone for the whole grace, by a look that saw everybody, who is `there`. Where the look is not
/// whole there is nothing to plan: do not call it.
#[must_use]
pub fn plan_housekeeping(view: &AccountView<'_>, there: &Present<'_>) -> Vec<Step> {
    let Some(grace) = view.policy.housekeeping_after else { return Vec::new() };
    let gone = view.ledger.users.iter().filter(|(name, record)| !there.has(name, record) && record.had_a_secret());
    let due = gone.flat_map(|(name, record)| {
        let steps = [secret(record, grace), hosts(view, record, grace), parameter(view, record)].into_iter().flatten();
        let steps = steps.filter(|(due, _)| *due <= view.now);
        steps.map(|(due, action)| {
            let step = Step::about(name, &record.user_id, StepKind::Reconcile, Reason::UserGone);
            Step { due: Some(due), action, ..step }
        })
    });
    let mut steps: Vec<Step> = due.collect();
    hold_back_for_account(view, &mut steps);
    steps
}

/// When the secret is scheduled for deletion, and the former one with it, where one is not yet.
fn secret(record: &UserRecord, grace: Days) -> Option<(Timestamp, Action)> {
    let since = record.gone_since.filter(|_| record.secret_cleared.is_none() || record.secret_left.is_some())?;
    Some((after(since, grace), Action::ScheduleSecret))
}

/// When what hosts acknowledge is deleted, where it is not yet.
fn hosts(view: &AccountView<'_>, record: &UserRecord, grace: Days) -> Option<(Timestamp, Action)> {
    let acknowledge = view.policy.ack_forget_after.is_some();
    let since = record.gone_since.filter(|_| acknowledge && record.hosts_cleared.is_none())?;
    Some((after(since, grace), Action::ForgetHosts))
}

/// When the parameter is deleted, where it is not yet. Nobody can restore one: it goes when nobody can restore the secret any more.
fn parameter(view: &AccountView<'_>, record: &UserRecord) -> Option<(Timestamp, Action)> {
    let name = record.parameter.clone().filter(|_| view.policy.parameters && record.parameter_cleared.is_none())?;
    let scheduled = record.secret_cleared.filter(|_| record.gone_since.is_some())?;
    Some((after(scheduled, RECOVERY_WINDOW), Action::DeleteParameter { name }))
}
