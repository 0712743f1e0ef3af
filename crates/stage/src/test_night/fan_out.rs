//! A run that has no time for every account and hands itself on, and what is said of it hours later.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use aws_sdk_iam::Client as IamClient;
use aws_sdk_lambda::Client as LambdaClient;
use jiff::{SignedDuration, Timestamp};
use keywheel_core::contract::finish::{FinishRecord, RunState};
use keywheel_core::contract::manifest::{InventoryRecord, InventoryResult, SkipReason};
use keywheel_core::id::{AccountId, RunId};
use serde_json::{Value, json};

use super::bad_event::wrong_error;
use super::checks::Checks;
use crate::functions::{ACCOUNT_INVENTORY, TIMEOUT};
use crate::night;
use crate::organization::Outcome;
use crate::policies::{Policies, make_role};
use crate::stage::Stage;
use crate::test_permissions::session;

/// The time that account-inventory has in this test: three quarters of it are enough for five accounts, one after the other, where each
/// takes [`DELAY`].
const SHORT: Duration = Duration::from_secs(8);
const DELAY: Duration = Duration::from_millis(1_200);
/// The invocation by this test and those of five accounts; what comes then is not late.
const DELAYED: u32 = 6;
/// The longest that the run may take here.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(100);
/// An account that is made to look as if it had never answered.
const SILENT: &str = "network";

/// A role with the schedule's policy.
const LIKE_THE_SCHEDULE: &str = "like-the-schedule";

/// Carries it out.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let record = handed_on(stage, checks).await?;
    let run = &record.result.run_id;
    let results = all_answered(stage, &record).await?;
    let silent = stage.account(SILENT)?.id.clone();
    let key = format!("runs/{run}/accounts/{silent}.json");
    let answer = stage.state.texts(&key).await?.remove(&key).context("the silent account has no result")?;
    stage.state.remove(&key).await?;

    let words = [run.as_str(), silent.as_str(), "still going"];
    let early = stage.functions.invoke(ACCOUNT_INVENTORY, &json!({ "finish": "latest" })).await?;
    let name = "an account that may still answer makes a run one that is still going";
    checks.none(name, wrong_error(&early, "Keywheel.RunGoing", &words));
    checks.holds("and that is what is stored", finished(stage, run).await?.state == RunState::Going, String::new);

    // Seven hours later.
    let at = record.at - SignedDuration::from_hours(7);
    stage.state.put(&format!("runs/{run}/inventory.json"), &InventoryRecord { at, ..record.clone() }).await?;
    let late = as_the_schedule(stage).await?;
    let error = late["errorType"] == "Keywheel.AccountsUnanswered";
    let names = late["errorMessage"].as_str().is_some_and(|message| message.contains(silent.as_str()));
    checks
        .holds("the schedule's role has it found that an account never answered", error && names, || late.to_string());
    let found = finished(stage, run).await?;
    checks.none("every account is accounted for, and named where something is wrong", wrong(stage, &found, &silent));

    stage.state.put_text(&key, answer.into_bytes()).await?;
    let again = stage.functions.invoke(ACCOUNT_INVENTORY, &json!({ "finish": run })).await?;
    let counts = &again.payload["accounts"];
    let adds_up = !again.failed && counts["unanswered"] == 0 && counts["scanned"] == results - unreachable(stage).len();
    checks.holds("an answer that comes late counts the next time", adds_up, || again.payload.to_string());
    let unknown = stage.functions.invoke(ACCOUNT_INVENTORY, &json!({ "finish": "nobodys-run" })).await?;
    let wrong = wrong_error(&unknown, "Keywheel.EventInvalid", &["nobodys-run", "manifest.json"]);
    checks.none("a run that there never was is one clear error", wrong);
    Ok(())
}

/// Runs a night whose fan-out hands itself on; brings what is stored at its end.
async fn handed_on(stage: &Stage, checks: &mut Checks) -> anyhow::Result<InventoryRecord> {
    let mut variables = stage.functions.variables(ACCOUNT_INVENTORY);
    variables.insert("FANOUT_CONCURRENCY".to_owned(), "1".to_owned());
    stage.functions.configure(ACCOUNT_INVENTORY, SHORT, variables).await?;
    let delay = u64::try_from(DELAY.as_millis())?;
    stage.admin.add_fault(json!({ "operation": "lambda:InvokeFunction", "delay_ms": delay, "times": DELAYED })).await?;
    let before = events(stage).await?.len();
    let answer = stage.functions.invoke(ACCOUNT_INVENTORY, &json!({})).await?;
    let result: InventoryResult = serde_json::from_value(answer.payload.clone()).context("the first invocation")?;
    let accounts = &result.accounts;
    let left = result.handed_on.map(|next| next.left).unwrap_or_default();
    let adds_up = accounts.listed == accounts.invoked + accounts.skipped.len() + accounts.failed.len() + left;
    let name = "a fan-out that has no time for every account succeeds, and says what it handed on";
    checks.holds(name, left > 0 && accounts.invoked > 0 && adds_up, || answer.payload.to_string());
    let record = end_of(stage, &result.run_id).await?;
    stage.admin.clear_faults().await?;
    stage.functions.configure(ACCOUNT_INVENTORY, TIMEOUT, stage.functions.variables(ACCOUNT_INVENTORY)).await?;

    let of_run = events(stage).await?.split_off(before);
    let jobs = of_run.iter().filter(|event| event["account"].is_string()).count();
    let hops = of_run.iter().filter(|event| event["hand_on"].is_object()).count();
    let accounts = &record.result.accounts;
    let all = accounts.failed.is_empty() && accounts.listed == accounts.invoked + accounts.skipped.len();
    let told = || format!("{hops} hops, {jobs} jobs, {:?}", record.result);
    checks.holds("every account is invoked once by all of its invocations", all && jobs == accounts.invoked, told);
    checks.holds("it handed itself on", hops > 0 && record.result.hop == u32::try_from(hops)?, told);
    Ok(record)
}

/// What the functions were handed under the run that is the latest, and other runs before it.
async fn events(stage: &Stage) -> anyhow::Result<Vec<Value>> {
    let calls = stage.admin.function_calls().await?;
    Ok(calls
        .into_iter()
        .filter(|call| call.event["run_id"].is_string() && call.event["entries"].is_null())
        .map(|call| call.event)
        .collect())
}

async fn end_of(stage: &Stage, run: &RunId) -> anyhow::Result<InventoryRecord> {
    let began = Instant::now();
    loop {
        let stored = stage.state.values(&format!("runs/{run}/inventory.json")).await?;
        if let Some(record) = stored.into_values().next() {
            return Ok(serde_json::from_value(record)?);
        }
        if began.elapsed() > PATIENCE {
            bail!("the fan-out has not ended after {} s", PATIENCE.as_secs());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Waits until every account that was invoked has a result; brings how many.
async fn all_answered(stage: &Stage, record: &InventoryRecord) -> anyhow::Result<usize> {
    let began = Instant::now();
    loop {
        let results = night::results(stage, &record.result.run_id).await?.len();
        if results == record.result.accounts.invoked {
            return Ok(results);
        }
        if began.elapsed() > PATIENCE {
            bail!("{results} of {} accounts have answered", record.result.accounts.invoked);
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn finished(stage: &Stage, run: &RunId) -> anyhow::Result<FinishRecord> {
    let stored = stage.state.values(&format!("runs/{run}/finish.json")).await?;
    let stored = stored.into_values().next().context("the run was not accounted for")?;
    Ok(serde_json::from_value(stored)?)
}

/// What the function answers to the event of the second schedule, sent with its role's policy. The emulator lets nobody act as
/// EventBridge Scheduler, so the policy is given to a role that can be taken on.
async fn as_the_schedule(stage: &Stage) -> anyhow::Result<Value> {
    let policies = Policies::of(&stage.organization);
    let (trust, policy) = (policies.text("trust-lambda", &[])?, policies.text("schedule", &[])?);
    let iam = IamClient::new(&stage.clients.root_of(stage.organization.hub()));
    make_role(&iam, LIKE_THE_SCHEDULE, &trust, &policy).await?;
    let lambda = LambdaClient::new(&session::of_hub(stage, LIKE_THE_SCHEDULE).await?);
    let event = json!({ "finish": "latest" }).to_string();
    let answer = lambda.invoke().function_name(ACCOUNT_INVENTORY).payload(event.into_bytes().into()).send().await?;
    Ok(serde_json::from_slice(answer.payload().map(AsRef::as_ref).unwrap_or_default())?)
}

fn unreachable(stage: &Stage) -> Vec<&AccountId> {
    let accounts = stage.organization.accounts.iter();
    accounts.filter(|account| account.outcome == Outcome::Unreachable).map(|account| &account.id).collect()
}

fn wrong(stage: &Stage, record: &FinishRecord, silent: &AccountId) -> Vec<String> {
    let accounts = &record.accounts;
    let mut role: Vec<&AccountId> = accounts.unreachable.role.iter().map(|failed| &failed.account).collect();
    role.sort();
    let mut expected = unreachable(stage);
    expected.sort();
    let (listed, suspended) = (stage.organization.accounts.len() + 1, SkipReason::Suspended);
    let holds = [
        ("listed", accounts.listed == listed && accounts.accounted() == listed),
        ("unanswered", accounts.unreachable.unanswered == [silent.clone()]),
        ("unreachable by their role", role == expected && !expected.is_empty()),
        ("failed", accounts.failed.is_empty()),
        ("skipped", accounts.skipped.reasons.contains_key(&suspended)),
        ("ended", record.state == RunState::Ended && record.fan_out_finished),
        ("sums", record.sums.users > 0 && record.sums.keys > 0 && !record.sums.steps.is_empty()),
        ("moments", record.listed_at < record.at && record.at <= Timestamp::now()),
    ];
    let wrong = holds.into_iter().filter(|(_, holds)| !holds);
    wrong.map(|(what, _)| format!("{what}: {record:?}")).collect()
}
