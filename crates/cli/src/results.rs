//! What the deployed key-rotation says of an account, for people: a line per step.

use keywheel_core::contract::result::{AccountResult, StepResult, StepStatus};
use keywheel_core::id::AccountId;
use keywheel_report::text::{counted, tame};
use serde_json::Value;

use crate::deployment::CallFailed;
use crate::exit::Ended;
use crate::printer::Printer;

/// A result, read from what the function answered.
pub(crate) fn read(answer: Value) -> Result<AccountResult, CallFailed> {
    serde_json::from_value(answer)
        .map_err(|error| CallFailed::NotRun(format!("the function's answer is no result: {error}")))
}

/// `done create 111122223333 alice AKIA…0001 (rotation-due)`, and why where something went wrong.
pub(crate) fn line(account: &AccountId, row: &StepResult) -> String {
    let key = row.access_key_id.as_ref().map(|key| format!(" {}", key.shortened())).unwrap_or_default();
    let (status, step) = (row.status.as_str(), row.step.as_str());
    let why = row.error.as_deref().map(|error| format!(": {}", tame(error))).unwrap_or_default();
    let lifted: Vec<_> = row.overridden.iter().map(|guard| guard.as_str()).collect();
    let lifted = if lifted.is_empty() { String::new() } else { format!(", lifted {}", lifted.join(", ")) };
    format!("{status:<8} {step:<10} {account} {}{key} ({}{lifted}){why}", row.user, row.reason)
}

/// How many steps ended how, and how the verb ends by that.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    done: usize,
    planned: usize,
    deferred: usize,
    failed: usize,
}

impl Tally {
    /// Counts an account's steps.
    pub(crate) fn add(&mut self, result: &AccountResult) {
        for row in &result.steps {
            *match row.status {
                StepStatus::Done => &mut self.done,
                StepStatus::Planned => &mut self.planned,
                StepStatus::Deferred => &mut self.deferred,
                StepStatus::Failed => &mut self.failed,
            } += 1;
        }
    }

    /// Says the sums. Whatever was asked for and not done is a failure.
    pub(crate) fn say(&self, printer: &Printer) -> Ended {
        let Self { done, planned, deferred, failed } = self;
        printer.note(&format!("{} done, {deferred} deferred, {failed} failed", counted(*done, "step")));
        if *planned > 0 {
            printer.failure(&format!(
                "the deployed function runs in audit: it changed nothing and would do {}",
                counted(*planned, "step")
            ));
            printer.hint("set RUN_MODE=enforce on the function; no event and no flag can raise its mode");
        }
        if planned + deferred + failed > 0 { Ended::Failed } else { Ended::Done }
    }
}
