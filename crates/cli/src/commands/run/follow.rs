//! Follows a run in the state bucket until every account has answered, or patience ends.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use keywheel_aws::{S3State, SystemClock};
use keywheel_core::contract::finish::FinishRecord;
use keywheel_core::id::RunId;
use keywheel_engine::inventory::{Finish, FinishError, WantedRun, finish_so_far};
use keywheel_engine::ports::RunHistory;

use crate::exit::failed;
use crate::interrupt::Interrupt;
use crate::printer::Printer;

/// How long until the bucket is looked at again; the first time sooner.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(10)];

/// What is known of a run when the following ends.
pub(super) struct Followed {
    pub(super) record: FinishRecord,
    /// Ctrl-C ended it.
    pub(super) interrupted: bool,
}

/// Follows a run.
pub(super) async fn follow(
    printer: &Printer,
    state: &S3State,
    run_id: &RunId,
    patience: Duration,
    interrupt: &Interrupt,
) -> anyhow::Result<Followed> {
    let began = Instant::now();
    let unreadable = |error: &dyn std::fmt::Display| {
        failed(
            format!("run {run_id} cannot be followed: {error}"),
            "it goes on in Lambda all the same; --state-bucket and --set STATE_PREFIX=… say where its results are",
        )
    };
    let manifest = state.manifest(run_id).await.map_err(|error| unreadable(&error))?;
    let accounts = manifest.map_or(0, |manifest| manifest.accounts.len());
    let progress = printer.progress(accounts, "accounts answered");
    let mut pauses = PAUSES.into_iter();
    let mut pause = PAUSES[0];
    loop {
        let answered = state.answered(run_id).await.map_err(|error| unreadable(&error))?.len();
        progress.set_position(answered as u64);
        let is_over = began.elapsed() >= patience || interrupt.came();
        if answered >= accounts || is_over {
            let record = record(state, run_id).await.map_err(|error| unreadable(&error))?;
            if is_over || is_answered(&record) {
                progress.finish_and_clear();
                return Ok(Followed { record, interrupted: interrupt.came() });
            }
        }
        pause = pauses.next().unwrap_or(pause);
        interrupt.pause(pause.min(patience.saturating_sub(began.elapsed()))).await;
    }
}

/// Nobody's answer is waited for.
fn is_answered(record: &FinishRecord) -> bool {
    record.fan_out_finished && record.accounts.unreachable.unanswered.is_empty()
}

async fn record(state: &S3State, run_id: &RunId) -> Result<FinishRecord, FinishError> {
    let wanted = Finish { run: WantedRun::Named(run_id.clone()), deadline: Timestamp::MAX };
    finish_so_far(state, &SystemClock, &wanted).await
}
