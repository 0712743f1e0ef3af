//! One night: account-inventory is invoked as the scheduler does, and the run is waited for until its last mail is out.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use keywheel_core::contract::manifest::{InventoryResult, Manifest};
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::{AccountId, RunId};
use serde_json::{Value, json};

use crate::admin::{FunctionLine, Mail};
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION, NOTIFICATION};
use crate::stage::Stage;

/// The longest that a night may take here.
/// An account that IAM throttles for ever takes a minute, and more on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(150);

/// What a night made of the organization.
#[derive(Clone, Debug)]
pub struct Night {
    /// What account-inventory returned.
    pub inventory: InventoryResult,
    /// What it wrote down beforehand.
    pub manifest: Manifest,
    /// The result of every account that was invoked.
    pub results: BTreeMap<AccountId, AccountResult>,
    /// The mails of this night.
    pub mails: Vec<Mail>,
}

/// How far a night is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Accounts with a result.
    pub results: usize,
    /// Accounts that were invoked.
    pub invoked: usize,
    /// Digests that notification is done with.
    pub digests_done: usize,
    /// Digests that key-rotation handed to it.
    pub digests: usize,
}

impl Progress {
    fn is_over(self) -> bool {
        self.results == self.invoked && self.digests_done >= self.digests
    }
}

/// Runs a night and waits for its end.
///
/// # Errors
/// When account-inventory fails, or the night does not end in time.
pub async fn run(stage: &Stage, event: &Value, tell: &mut impl FnMut(Progress)) -> anyhow::Result<Night> {
    run_by(stage, ACCOUNT_INVENTORY, event, tell).await
}

/// Runs a night by an account-inventory that was created under another name.
///
/// # Errors
/// Like [`run`].
pub async fn run_by(
    stage: &Stage,
    inventory: &str,
    event: &Value,
    tell: &mut impl FnMut(Progress),
) -> anyhow::Result<Night> {
    let mails_before = stage.admin.mails().await?.len();
    let answer = stage.functions.invoke(inventory, event).await?;
    if answer.failed {
        bail!("account-inventory failed: {}", answer.payload);
    }
    let inventory: InventoryResult = serde_json::from_value(answer.payload).context("account-inventory's result")?;
    let results = wait(stage, &inventory, tell).await?;
    let manifest = stage.state.values(&format!("runs/{}/manifest.json", inventory.run_id)).await?;
    let manifest = manifest.into_values().next().context("the run has no manifest")?;
    let mut mails = stage.admin.mails().await?;
    Ok(Night { manifest: serde_json::from_value(manifest)?, results, mails: mails.split_off(mails_before), inventory })
}

/// What EventBridge Scheduler sends where the schedule names no input of its own (EventBridge Scheduler user guide, "Managing targets").
#[must_use]
pub fn scheduler_event() -> Value {
    json!({ "version": "0", "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}", "resources": [] })
}

async fn wait(
    stage: &Stage,
    inventory: &InventoryResult,
    tell: &mut impl FnMut(Progress),
) -> anyhow::Result<BTreeMap<AccountId, AccountResult>> {
    let began = Instant::now();
    loop {
        let results = results(stage, &inventory.run_id).await?;
        let lines = stage.admin.function_log().await?;
        let progress = Progress {
            results: results.len(),
            invoked: inventory.accounts.invoked,
            digests_done: counts_of(&lines, NOTIFICATION, &inventory.run_id).len(),
            digests: counts_of(&lines, KEY_ROTATION, &inventory.run_id).iter().map(digests_queued).sum(),
        };
        tell(progress);
        if progress.is_over() {
            return Ok(results);
        }
        if began.elapsed() > PATIENCE {
            let answered: Vec<_> = results.keys().map(AccountId::as_str).collect();
            bail!("the night has not ended after {} s: {progress:?}; answered: {answered:?}", PATIENCE.as_secs());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Waits until so many accounts have been answered for, and nothing more is to come: a retry is an event without an answer from the moment that the
/// attempt before it has failed.
///
/// # Errors
/// When that takes too long.
pub(crate) async fn settle(stage: &Stage, accounts: usize) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let calls = stage.admin.function_calls().await?;
        let answered = calls.iter().filter(|call| !call.answer.is_null()).count();
        let rotations = calls.iter().filter(|call| call.function == KEY_ROTATION).count();
        if answered == calls.len() && rotations >= accounts {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            bail!(
                "the night does not end: {answered} of {} events are answered, {rotations} of {accounts} accounts",
                calls.len()
            );
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The results that a run has stored so far.
///
/// # Errors
/// When one cannot be read.
pub async fn results(stage: &Stage, run: &RunId) -> anyhow::Result<BTreeMap<AccountId, AccountResult>> {
    let stored = stage.state.values(&format!("runs/{run}/accounts/")).await?;
    let parse = |(key, value): (String, Value)| {
        let result: AccountResult = serde_json::from_value(value).with_context(|| format!("{key} is no result"))?;
        Ok((result.account.clone(), result))
    };
    stored.into_iter().map(parse).collect()
}

/// The lines of counts that a function wrote for a run: one per invocation that came to its end.
fn counts_of(lines: &[FunctionLine], function: &str, run: &RunId) -> Vec<Value> {
    let of_function = lines.iter().filter(|line| line.function == function && line.line.contains("\"_aws\""));
    let counts = of_function.filter_map(|line| serde_json::from_str::<Value>(&line.line).ok());
    counts.filter(|count| count["run_id"] == run.as_str()).collect()
}

fn digests_queued(counts: &Value) -> usize {
    counts["DigestsQueued"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or_default()
}
