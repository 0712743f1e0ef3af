//! How the accounting for a run can end badly, each with the way out.

use keywheel_core::contract::finish::FinishRecord;
use keywheel_core::id::RunId;

use crate::inventory::error::named;
use crate::ports::PortError;

/// A run that could not be accounted for, or in which accounts did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinishError {
    /// No run became the latest yet.
    #[error(
        "there is no latest run to account for: account-inventory has not stored the manifest of a run over the whole organization yet. \
         Invoke it once with {{}}, or name a run: {{\"finish\":\"<run id>\"}}"
    )]
    NoLatestRun,
    /// There is no such run.
    #[error(
        "there is no run {0} to account for: runs/{0}/manifest.json does not exist. Run ids are the names below runs/ in the state bucket"
    )]
    UnknownRun(RunId),
    /// Something could not be read.
    #[error(
        "the run cannot be accounted for, and nothing was stored: {0}. Check STATE_BUCKET and what the function's role may do there"
    )]
    Unreadable(PortError),
    /// The results are too many for the function's time.
    #[error(
        "the results of {accounts} accounts could not be read in the function's time, and nothing was stored; raise the function's time-out \
         (900 s at most) or its memory"
    )]
    NoTime {
        /// Accounts in scope.
        accounts: usize,
    },
    /// The record could not be stored.
    #[error("run {} was accounted for, but that could not be stored: {cause}. Check STATE_BUCKET and what the function's role may do there", .record.run_id)]
    NotStored {
        /// What AWS said.
        cause: PortError,
        /// The record.
        record: Box<FinishRecord>,
    },
    /// Accounts never answered. The record is stored.
    #[error("{}", unanswered(.0))]
    Unanswered(Box<FinishRecord>),
    /// Accounts have not answered that still may. The record is stored.
    #[error("{}", going(.0))]
    Going(Box<FinishRecord>),
    /// Accounts were lost count of, which is a defect.
    #[error("{listed} accounts were listed and {accounted} accounted for; this is a defect, report it")]
    Unaccounted {
        /// Accounts listed.
        listed: usize,
        /// Accounts that became something.
        accounted: usize,
    },
}

fn unanswered(record: &FinishRecord) -> String {
    let accounts = &record.accounts;
    let never = &accounts.unreachable.unanswered;
    let broke_off = match accounts.failed.len() {
        0 => String::new(),
        _ if record.fan_out_finished => String::new(),
        count => {
            let ids = accounts.failed.iter().map(|failed| &failed.account);
            format!("; the fan-out broke off, and {count} were never invoked as far as anybody knows: {}", named(ids))
        }
    };
    let whom = if never.is_empty() { String::new() } else { format!(": {}", named(never.iter())) };
    format!(
        "run {run}: {} of {} accounts were invoked and never answered{whom}{broke_off}. All of it is stored as runs/{run}/finish.json. Look \
         for their events in the queue of failed events and in key-rotation's log; the next night looks after these accounts as if nothing \
         were, or invoke account-inventory with {{\"accounts\":[…]}}",
        never.len(),
        accounts.listed,
        run = record.run_id
    )
}

fn going(record: &FinishRecord) -> String {
    let waiting = &record.accounts.unreachable.unanswered;
    let fan_out = if record.fan_out_finished { "" } else { ", and its fan-out is not finished" };
    let until = record.answers_until.map(|until| until.to_string()).unwrap_or_default();
    format!(
        "run {run} is still going: {} of {} accounts have not answered yet{fan_out}, and their events may wait in Lambda until {until}: {}. \
         What is known so far is stored as runs/{run}/finish.json; send {{\"finish\":\"{run}\"}} again after that time",
        waiting.len(),
        record.accounts.listed,
        named(waiting.iter()),
        run = record.run_id
    )
}
