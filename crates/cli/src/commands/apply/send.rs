//! Sends each account's reviewed steps to the deployed key-rotation, a few accounts at a time.

use futures::{StreamExt, stream};
use keywheel_core::contract::job::AccountJob;
use keywheel_core::contract::plan_file::PlannedAccount;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::contract::reviewed::{ReviewedPlan, ReviewedStep};
use keywheel_core::id::{AccountId, RunId};
use keywheel_report::failures::{Failures, Subject};
use keywheel_report::text::counted;

use crate::deployment::{CallFailed, Deployment};
use crate::exit::Ended;
use crate::interrupt::Interrupt;
use crate::printer::Printer;
use crate::results::{self, Tally};

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
    let progress = printer.progress(accounts.len(), "accounts");
    let calls = accounts.into_iter().map(async |account| {
        let id = account.account_id.clone();
        let answer = if interrupt.came() { Answer::Left } else { one(deployment, function, run_id, account).await };
        progress.inc(1);
        (id, answer)
    });
    let mut answers: Vec<_> = stream::iter(calls).buffer_unordered(ACCOUNTS_AT_ONCE).collect().await;
    progress.finish_and_clear();
    answers.sort_by(|(a, _), (b, _)| a.cmp(b));
    say(printer, run_id, &answers)
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
pub(super) fn say(printer: &Printer, run_id: &RunId, answers: &[(AccountId, Answer)]) -> anyhow::Result<Ended> {
    let (mut tally, mut lines, mut left) = (Tally::default(), String::new(), Vec::new());
    let mut failures = Failures::default();
    for (account, answer) in answers {
        match answer {
            Answer::Result(result) => {
                tally.add(result);
                result.steps.iter().for_each(|row| lines.push_str(&(results::line(account, row) + "\n")));
                result.error.iter().for_each(|error| failures.add("not complete", error, Subject::of(account, "")));
            }
            Answer::Failed(error) => failures.add("not changed", &error.to_string(), Subject::of(account, "")),
            Answer::Left => left.push(account.as_str()),
        }
    }
    printer.data(&lines)?;
    let failures = failures.grouped();
    printer.failures(&failures);
    let ended = tally.say(printer);
    if failures.is_empty() && left.is_empty() && ended == Ended::Done {
        return Ok(Ended::Done);
    }
    printer.hint(&format!("runs/{run_id}/ in the state bucket has the results; what is left can be applied again, what is done is not done twice"));
    if left.is_empty() {
        return Ok(Ended::Failed);
    }
    printer.failure(&format!(
        "interrupted: nothing was sent for {}: {}",
        counted(left.len(), "account"),
        left.join(", ")
    ));
    Ok(Ended::Interrupted)
}
