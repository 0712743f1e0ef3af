//! What is said of an invocation that has ended: counts, a line of the log, and the error's stable name.

use keywheel_core::Timestamp;
use keywheel_core::contract::finish::{FinishRecord, RunState};
use keywheel_core::contract::manifest::InventoryResult;
use keywheel_core::id::RunId;
use keywheel_engine::inventory::{FinishError, InventoryError, NotPutAway, PutAway};
use keywheel_runtime::telemetry::{Metric, emit};
use keywheel_runtime::{ErrorName, Function, FunctionError};

/// Counts the accounts of a run that invoked any, whether or not it ended well. Over all invocations of a run each is counted once.
pub(crate) fn count(ended: &Result<InventoryResult, InventoryError>, now: Timestamp) {
    let result = match ended {
        Ok(result) => result,
        Err(InventoryError::Incomplete(result) | InventoryError::ResultNotStored { result, .. }) => result,
        Err(_) => return,
    };
    let counts = counts(result);
    let (accounts, hop) = (&result.accounts, result.hop);
    let (listed, invoked) = (accounts.listed, accounts.invoked);
    let (skipped, failed) = (accounts.skipped.len(), accounts.failed.len());
    if let Some(next) = result.handed_on {
        let left = next.left;
        tracing::info!(listed, invoked, skipped, failed, left, hop, "time is nearly up, the rest is handed on");
    } else {
        tracing::info!(listed, invoked, skipped, failed, hop, "the organization was handed to key-rotation");
    }
    emit(Function::AccountInventory, now, &counts, &[("run_id", result.run_id.as_str())]);
}

/// What was listed is counted by the first invocation of a run, what became of it by the last.
fn counts(result: &InventoryResult) -> Vec<(Metric, usize)> {
    let accounts = &result.accounts;
    let listed = (result.hop == 0).then_some((Metric::AccountsListed, accounts.listed));
    let ended = [
        (Metric::AccountsInvoked, accounts.invoked),
        (Metric::AccountsSkipped, accounts.skipped.len()),
        (Metric::AccountsFailed, accounts.failed.len()),
    ];
    let ended = ended.into_iter().filter(|_| result.handed_on.is_none());
    let handed_on = (Metric::FanOutsHandedOn, usize::from(result.handed_on.is_some()));
    listed.into_iter().chain(ended).chain([handed_on]).collect()
}

/// What a run that was accounted for is known to have become of.
pub(crate) fn record_of(ended: &Result<FinishRecord, FinishError>) -> Option<&FinishRecord> {
    match ended {
        Ok(record) => Some(record),
        Err(FinishError::Unanswered(record) | FinishError::Going(record) | FinishError::NotStored { record, .. }) => {
            Some(record)
        }
        Err(_) => None,
    }
}

/// Says what became of accounts that left the organization, and counts what failed.
pub(crate) fn put_away(ended: &Result<PutAway, NotPutAway>, run: &RunId, now: Timestamp) {
    match ended {
        Ok(PutAway { newly_missing, done, failed }) => {
            for account in newly_missing {
                tracing::warn!(%account, "the account is not listed any more; what is left of it is put away after the grace");
            }
            for account in done {
                tracing::info!(%account, "what was left of an account that left the organization was put away");
            }
            for (account, why) in failed {
                tracing::warn!(%account, why, "what is left of an account that left the organization is there until next week");
            }
        }
        Err(why) => tracing::warn!(%why, "nothing was put away of accounts that left the organization"),
    }
    let failed = [(Metric::DeparturesFailed, departures_failed(ended))];
    emit(Function::AccountInventory, now, &failed, &[("run_id", run.as_str())]);
}

/// A look that failed counts as one: nobody knows of how many accounts.
fn departures_failed(ended: &Result<PutAway, NotPutAway>) -> usize {
    ended.as_ref().map_or(1, |put_away| put_away.failed.len())
}

/// Counts what a run that was accounted for says of accounts that did not answer.
pub(crate) fn count_finish(ended: &Result<FinishRecord, FinishError>, now: Timestamp) {
    let Some(record) = record_of(ended) else { return };
    let short = record.in_short();
    let counts = short.accounts;
    tracing::info!(
        state = record.state.as_str(),
        listed = counts.listed,
        scanned = counts.scanned,
        incomplete = counts.incomplete,
        skipped = counts.skipped,
        unreachable = counts.unreachable,
        unanswered = counts.unanswered,
        failed = counts.failed,
        listed_at = %record.listed_at,
        "the run was accounted for"
    );
    let is_going = record.state == RunState::Going;
    let broken_off = if record.fan_out_finished { 0 } else { counts.failed };
    let never = if is_going { 0 } else { counts.unanswered + broken_off };
    let counts = [(Metric::AccountsUnanswered, never), (Metric::RunsGoing, usize::from(is_going))];
    emit(Function::AccountInventory, now, &counts, &[("run_id", record.run_id.as_str())]);
}

/// The error as Lambda shows it.
pub(crate) fn named(error: &InventoryError) -> FunctionError {
    let name = match error {
        InventoryError::Listing(_)
        | InventoryError::ManagementAccount(_)
        | InventoryError::UnknownUnit { .. }
        | InventoryError::Unit { .. } => ErrorName::InventoryFailed,
        InventoryError::UnknownAccounts(_) | InventoryError::NothingLeft { .. } => ErrorName::EventInvalid,
        InventoryError::ManifestNotStored(_)
        | InventoryError::ResultNotStored { .. }
        | InventoryError::Unreadable(_) => ErrorName::StateUnavailable,
        InventoryError::Incomplete(_) => ErrorName::InventoryIncomplete,
        InventoryError::Unaccounted { .. } => ErrorName::Internal,
    };
    FunctionError::because(name, error)
}

/// The error of a run that could not be accounted for as Lambda shows it.
pub(crate) fn named_finish(error: &FinishError) -> FunctionError {
    let name = match error {
        FinishError::NoLatestRun | FinishError::UnknownRun(_) => ErrorName::EventInvalid,
        FinishError::Unreadable(_) | FinishError::NotStored { .. } => ErrorName::StateUnavailable,
        FinishError::Unanswered(_) => ErrorName::AccountsUnanswered,
        FinishError::Going(_) => ErrorName::RunGoing,
        FinishError::NoTime { .. } | FinishError::Unaccounted { .. } => ErrorName::Internal,
    };
    FunctionError::because(name, error)
}

#[cfg(test)]
mod tests {
    use keywheel_core::contract::departed::TooManyMissing;
    use keywheel_core::contract::manifest::FanOutHandedOn;
    use serde_json::json;

    use super::*;

    fn counted(hop: u32, left: usize) -> Vec<(Metric, usize)> {
        let result = json!({"run_id": "r-1", "mode": "audit", "hop": hop, "accounts":
            {"listed": 9, "invoked": 9 - left, "skipped": [], "failed": []}});
        let result: InventoryResult = serde_json::from_value(result).unwrap();
        let handed_on = (left > 0).then_some(FanOutHandedOn { hop: hop + 1, left });
        counts(&InventoryResult { handed_on, ..result })
    }

    #[test]
    fn over_all_invocations_of_a_run_each_account_is_counted_once() {
        let all = [counted(0, 6), counted(1, 2), counted(2, 0)].concat();
        let sum = |metric| all.iter().filter(|(of, _)| *of == metric).map(|(_, count)| count).sum::<usize>();
        assert_eq!((sum(Metric::AccountsListed), sum(Metric::AccountsInvoked)), (9, 9));
        assert_eq!(sum(Metric::FanOutsHandedOn), 2);
    }

    #[test]
    fn accounts_of_which_something_is_left_are_counted_and_a_look_that_failed() {
        let failed = |nth: usize| (format!("{nth:012}").parse().unwrap(), "denied".to_owned());
        let some = PutAway { failed: (1..=3).map(failed).collect(), ..PutAway::default() };
        let refused = NotPutAway::TooManyMissing(TooManyMissing { missing: 9, known: 9 });
        let counted = [Ok(PutAway::default()), Ok(some), Err(refused)].map(|ended| departures_failed(&ended));
        assert_eq!(counted, [0, 3, 1]);
    }
}
