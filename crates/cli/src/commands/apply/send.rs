//! Sends each account's reviewed steps to the deployed key-rotation, a few accounts at a time.

use std::io;

use futures::{StreamExt, stream};
use keywheel_core::contract::job::AccountJob;
use keywheel_core::contract::plan_file::PlannedAccount;
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::contract::reviewed::{ReviewedPlan, ReviewedStep};
use keywheel_core::id::{AccountId, RunId};
use keywheel_core::reason::Reason;
use keywheel_report::failures::{Failures, Subject};
use keywheel_report::text::counted;

use super::local::Local;
use crate::deployment::{CallFailed, Deployment};
use crate::exit::Ended;
use crate::interrupt::Interrupt;
use crate::printer::Printer;
use crate::results::{self, Tally};
use crate::session::Hub;

/// How many accounts are changed at the same time.
const ACCOUNTS_AT_ONCE: usize = 8;

/// What became of an account.
pub(super) enum Answer {
    Result(Box<AccountResult>),
    Failed(CallFailed),
    Left,
}

/// Sends all of them; Ctrl-C lets those end that are under way.
pub(super) async fn all(
    printer: &Printer,
    deployment: &Deployment,
    function: &str,
    run_id: &RunId,
    accounts: Vec<PlannedAccount>,
) -> anyhow::Result<Ended> {
    let interrupt = Interrupt::listen()?;
    say_run(printer, run_id);
    let progress = printer.progress(accounts.len(), "accounts");
    let calls = accounts.into_iter().map(async |account| {
        let id = account.account_id.clone();
        let answer = if interrupt.came() { Answer::Left } else { one(deployment, function, run_id, account).await };
        progress.inc(1);
        (id, answer)
    });
    let mut answered = stream::iter(calls).buffer_unordered(ACCOUNTS_AT_ONCE);
    let (mut answers, mut output) = (Vec::new(), Ok(()));
    while let Some((account, answer)) = answered.next().await {
        // Who no longer reads ends nothing that is under way.
        output = output.and_then(|()| progress.suspend(|| say_steps(printer, &account, &answer)));
        answers.push((account, answer));
    }
    progress.finish_and_clear();
    output?;
    answers.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(say(printer, run_id, &answers))
}

/// Carries the own account's steps out in this process. After Ctrl-C no step begins, and those that are left are counted.
pub(super) async fn here(
    printer: &Printer,
    local: &Local,
    hub: &Hub,
    run_id: &RunId,
    account: PlannedAccount,
) -> anyhow::Result<Ended> {
    let interrupt = Interrupt::listen()?;
    say_run(printer, run_id);
    let id = account.account_id.clone();
    let answer = local.carry_out(hub, run_id, account, &interrupt).await;
    say_steps(printer, &id, &answer)?;
    let left = if interrupt.came() { out_of_time(&answer) } else { 0 };
    let ended = say(printer, run_id, &[(id, answer)]);
    if left == 0 {
        return Ok(ended);
    }
    printer.failure(&format!("interrupted: {} not begun", counted(left, "step")));
    Ok(Ended::Interrupted)
}

fn out_of_time(answer: &Answer) -> usize {
    let Answer::Result(result) = answer else { return 0 };
    result.steps.iter().filter(|row| row.status == StepStatus::Deferred && row.reason == Reason::OutOfTime).count()
}

/// Before anything is changed: whoever is cut off can still look it up.
fn say_run(printer: &Printer, run_id: &RunId) {
    printer.note(&format!("apply run {run_id}: results in runs/{run_id}/ in the state bucket"));
}

fn say_steps(printer: &Printer, account: &AccountId, answer: &Answer) -> io::Result<()> {
    let Answer::Result(result) = answer else { return Ok(()) };
    printer.data(&result.steps.iter().map(|row| results::line(account, row) + "\n").collect::<String>())
}

async fn one(deployment: &Deployment, function: &str, run_id: &RunId, account: PlannedAccount) -> Answer {
    let job = AccountJob {
        plan: Some(reviewed(&account)),
        account: account.account_id,
        name: account.name,
        email: account.email,
        run_id: Some(run_id.clone()),
        mode: None,
        force_rotate: Vec::new(),
        sweep: false,
        hand_on: None,
    };
    let called = match serde_json::to_value(job) {
        Ok(event) => deployment.call(function, &event).await.and_then(results::read),
        Err(error) => Err(CallFailed::NotRun(error.to_string())),
    };
    called.map_or_else(Answer::Failed, |result| Answer::Result(Box::new(result)))
}

/// The account's steps, as somebody has looked at them.
pub(super) fn reviewed(account: &PlannedAccount) -> ReviewedPlan {
    ReviewedPlan::new(&account.account_id, account.steps.iter().filter_map(ReviewedStep::of).collect())
}

/// Says what became of each account, and how the verb ends by that.
fn say(printer: &Printer, run_id: &RunId, answers: &[(AccountId, Answer)]) -> Ended {
    let (mut tally, mut left) = (Tally::default(), Vec::new());
    let mut failures = Failures::default();
    for (account, answer) in answers {
        match answer {
            Answer::Result(result) => {
                tally.add(result);
                result.error.iter().for_each(|error| failures.add("not complete", error, Subject::of(account, "")));
            }
            Answer::Failed(error) => failures.add("not changed", &error.to_string(), Subject::of(account, "")),
            Answer::Left => left.push(account.as_str()),
        }
    }
    let failures = failures.grouped();
    printer.failures(&failures);
    let ended = tally.say(printer);
    if failures.is_empty() && left.is_empty() && ended == Ended::Done {
        return Ended::Done;
    }
    printer.hint(&format!("runs/{run_id}/ in the state bucket has the results; what is left can be applied again, what is done is not done twice"));
    if left.is_empty() {
        return Ended::Failed;
    }
    printer.failure(&format!(
        "interrupted: nothing was sent for {}: {}",
        counted(left.len(), "account"),
        left.join(", ")
    ));
    Ended::Interrupted
}
