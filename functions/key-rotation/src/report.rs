//! What the log and the metrics say of an account.

use jiff::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::job::AccountJob;
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::id::RunId;
use keywheel_core::policy::Mode;
use keywheel_engine::account::AccountRun;
use keywheel_runtime::Function;
use keywheel_runtime::telemetry::{Metric, emit};

/// One line per step that is more than a row of the report, and one for the account.
pub(crate) fn log(result: &AccountResult) {
    for step in &result.steps {
        let (kind, status) = (step.step.as_str(), step.status.as_str());
        let key = step.access_key_id.as_ref().map(keywheel_core::id::AccessKeyId::as_str);
        let (user, reason, error) = (step.user.as_str(), step.reason.code(), step.error.as_deref());
        if step.status == StepStatus::Failed {
            tracing::error!(user, access_key_id = key, step = kind, reason, status, error, "a step failed");
        } else {
            tracing::info!(user, access_key_id = key, step = kind, reason, status, error, "step");
        }
    }
    let (users, keys, complete) = (result.users, result.keys, result.complete);
    let (steps, error) = (result.steps.len(), result.error.as_deref());
    if let Some(next) = result.handed_on.as_ref().filter(|_| error.is_none()) {
        tracing::info!(users, keys, hop = next.hop, from = next.from.as_str(), "time is up, the rest is handed on");
    } else if complete {
        tracing::info!(users, keys, complete, steps, error, "account looked after");
    } else {
        tracing::error!(users, keys, complete, steps, error, "account not, or not wholly, looked after");
    }
}

/// What is counted of an account's run besides its result.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    /// Digests that were to be handed to notification.
    pub(crate) digests: usize,
    /// Those of them that could not be.
    pub(crate) failed_digests: usize,
    /// Events of completed steps that the bus did not take.
    pub(crate) failed_events: usize,
    /// What was left was handed to a further invocation.
    pub(crate) was_handed_on: bool,
    /// What was left waits for the next night.
    pub(crate) rest_waits: bool,
    /// Credential reports that could not be had.
    pub(crate) missing_reports: usize,
}

impl Counts {
    /// What became of what an invocation had no time for.
    pub(crate) fn of(run: &AccountRun) -> Self {
        let (was_handed_on, missing_reports) = (run.hand_on.is_some(), usize::from(run.lacks_report));
        Self { was_handed_on, rest_waits: run.rest_waits, missing_reports, ..Self::default() }
    }
}

/// The counts of an account's run.
pub(crate) fn count(result: &AccountResult, counts: Counts, now: Timestamp) {
    let Counts { digests, failed_digests, failed_events, was_handed_on, rest_waits, missing_reports } = counts;
    let ended = |status| result.steps.iter().filter(|step| step.status == status).count();
    let counts = [
        (Metric::AccountsUnreachable, usize::from(result.unreachable)),
        (Metric::UsersSeen, result.users),
        (Metric::KeysSeen, result.keys),
        (Metric::StepsDone, ended(StepStatus::Done)),
        (Metric::StepsFailed, ended(StepStatus::Failed)),
        (Metric::StepsDeferred, ended(StepStatus::Deferred)),
        (Metric::KeysOverdue, result.overdue_keys()),
        (Metric::RunsIncomplete, usize::from(!result.complete && !was_handed_on)),
        (Metric::RunsHandedOn, usize::from(was_handed_on)),
        (Metric::HandOnsExhausted, usize::from(rest_waits)),
        (Metric::AccountsSwept, usize::from(result.swept)),
        (Metric::ReportsMissing, missing_reports),
        (Metric::DigestsQueued, digests - failed_digests),
        (Metric::DigestsFailed, failed_digests),
        (Metric::EventsFailed, failed_events),
    ];
    let fields = [("run_id", result.run_id.as_str()), ("account", result.account.as_str())];
    emit(Function::KeyRotation, now, &counts, &fields);
}

/// The result of an account that could not be looked after.
pub(crate) fn unserved(job: &AccountJob, run_id: &RunId, mode: Mode, at: Timestamp, error: &str) -> AccountResult {
    AccountResult {
        schema_version: SCHEMA,
        run_id: run_id.clone(),
        account: job.account.clone(),
        mode,
        at,
        complete: false,
        users: 0,
        keys: 0,
        swept: false,
        steps: Vec::new(),
        counts: std::collections::BTreeMap::new(),
        error: Some(error.to_owned()),
        unreachable: false,
        hop: job.hand_on.as_ref().map_or(0, |hand_on| hand_on.hop),
        handed_on: None,
        follows: None,
    }
}
