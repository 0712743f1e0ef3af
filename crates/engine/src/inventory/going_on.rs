//! One invocation's part of a run: it invokes what is left, and writes down the end of the run or hands on what there was no time for.
//!
//! An invocation may be repeated at any time, and may end anywhere. A checkpoint is stored before the event that needs it and never
//! taken away, so a repetition invokes the same accounts once more, and no account counts as invoked before Lambda took its job.

#[cfg(test)]
mod deaths;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::fan_out::FanOutCheckpoint;
use keywheel_core::contract::hand_on::MAX_HOPS;
use keywheel_core::contract::manifest::{
    FailedAccount, FanOutHandedOn, InventoryAccounts, InventoryRecord, InventoryResult, Manifest, ManifestAccount,
};
use keywheel_core::id::{AccountId, RunId};
use keywheel_core::policy::Mode;
use serde_json::json;

use super::fanout::{FanOut, FannedOut, give_up, pause};
use super::pace::Pace;
use super::{InventoryError, InventorySettings};
use crate::ports::{Clock, Invoker, RunHistory, RunStore};

/// What a fan-out needs of the world.
#[derive(Debug)]
pub struct FanOutPorts<'a, I, S, C> {
    /// Hands jobs to key-rotation, and what is left to account-inventory itself.
    pub invoker: &'a I,
    /// Where manifest, checkpoints and result are stored.
    pub runs: &'a S,
    /// Time.
    pub clock: &'a C,
}

/// An invocation that goes on with a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoingOn {
    /// The run.
    pub run_id: RunId,
    /// How often the run has handed itself on by now: 1 to [`MAX_HOPS`].
    pub hop: u32,
    /// What it may do at most; the run's own mode can only lower it.
    pub mode: Mode,
    /// When the process ends.
    pub deadline: Timestamp,
    /// The function's own name or ARN, to hand on to; empty where it does not know it.
    pub function: String,
}

/// Goes on with a run whose earlier invocation had no time for everything. The organization is not listed again.
///
/// # Errors
/// There is no such run, or nothing was left to this hop; else as [`run`](super::run).
pub async fn go_on<I: Invoker, S: RunStore + RunHistory, C: Clock>(
    ports: &FanOutPorts<'_, I, S, C>,
    settings: &InventorySettings,
    going_on: &GoingOn,
) -> Result<InventoryResult, InventoryError> {
    let GoingOn { run_id, hop, .. } = going_on;
    let began = ports.clock.now();
    let manifest = ports.runs.manifest(run_id).await.map_err(InventoryError::Unreadable)?;
    let checkpoint = ports.runs.checkpoint(run_id, *hop).await.map_err(InventoryError::Unreadable)?;
    let (Some(manifest), Some(checkpoint)) = (manifest, checkpoint) else {
        return Err(InventoryError::NothingLeft { run_id: run_id.clone(), hop: *hop });
    };
    let mut part = Part {
        manifest: &manifest,
        mode: going_on.mode.lowered_by(Some(manifest.mode)),
        hop: *hop,
        began,
        deadline: going_on.deadline,
        function: &going_on.function,
        left: manifest.accounts.iter().collect(),
        failed: Vec::new(),
    };
    if let Some(left) = left_to(ports.runs, &manifest, checkpoint).await? {
        part.left.retain(|account| left.contains(&account.account));
    }
    part.carry_out(ports, settings).await
}

/// The accounts that an invocation is left, those included that earlier ones gave up; where it was carried out before, only those that it
/// gave up itself. None where nothing is known of this manifest: the id may have been used for two runs at a time.
async fn left_to<S: RunHistory>(
    runs: &S,
    manifest: &Manifest,
    checkpoint: FanOutCheckpoint,
) -> Result<Option<BTreeSet<AccountId>>, InventoryError> {
    if checkpoint.listed_at != manifest.at {
        return Ok(None);
    }
    let record = runs.inventory(&manifest.run_id).await.map_err(InventoryError::Unreadable)?;
    let is_its_own =
        |record: &InventoryRecord| record.listed_at == Some(manifest.at) && record.result.hop == checkpoint.hop;
    let failed_before = record.filter(is_its_own).map(|record| record.result.accounts.failed);
    let (left, failed) = failed_before.map_or((checkpoint.left, checkpoint.failed), |failed| (Vec::new(), failed));
    Ok(Some(left.into_iter().chain(failed.into_iter().map(|failed| failed.account)).collect()))
}

/// What one invocation has to do.
pub(super) struct Part<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) mode: Mode,
    pub(super) hop: u32,
    pub(super) began: Timestamp,
    pub(super) deadline: Timestamp,
    /// The function's own name or ARN.
    pub(super) function: &'a str,
    /// The accounts to be invoked.
    pub(super) left: Vec<&'a ManifestAccount>,
    /// The accounts that earlier invocations gave up.
    pub(super) failed: Vec<FailedAccount>,
}

impl Part<'_> {
    pub(super) async fn carry_out<I: Invoker, S: RunStore, C: Clock>(
        mut self,
        ports: &FanOutPorts<'_, I, S, C>,
        settings: &InventorySettings,
    ) -> Result<InventoryResult, InventoryError> {
        let fan_out = FanOut {
            invoker: ports.invoker,
            clock: ports.clock,
            function: &settings.rotation_function,
            concurrency: settings.fanout_concurrency,
            run_id: &self.manifest.run_id,
            mode: self.mode,
            sweep: self.manifest.sweep,
            give_up: give_up(self.began, self.deadline),
            pace: Pace::default(),
        };
        let FannedOut { failed, left, held_up_by } = fan_out.invoke(&self.left).await;
        self.give_up_on(failed);
        if !left.is_empty() {
            match self.hand_on(ports, &left).await {
                Ok(()) => return self.result(left.len()),
                Err(why) => {
                    let held_up = held_up_by.map(|error| format!(" after {error}")).unwrap_or_default();
                    let error = format!("the function's time was nearly up{held_up}, and {why}");
                    let failed = |account| FailedAccount { account, error: error.clone() };
                    self.give_up_on(left.into_iter().map(failed).collect());
                }
            }
        }
        self.conclude(ports).await
    }

    /// Each account stands once.
    fn give_up_on(&mut self, failed: Vec<FailedAccount>) {
        let all = std::mem::take(&mut self.failed).into_iter().chain(failed);
        let by_id: BTreeMap<_, _> = all.map(|failed| (failed.account.clone(), failed)).collect();
        self.failed = by_id.into_values().collect();
    }

    /// Writes down what is left and invokes the function itself to go on with it; or says why that cannot be.
    async fn hand_on<I: Invoker, S: RunStore, C: Clock>(
        &self,
        ports: &FanOutPorts<'_, I, S, C>,
        left: &[AccountId],
    ) -> Result<(), String> {
        let hop = self.hop + 1;
        if hop > MAX_HOPS {
            return Err(format!("the run has handed itself on {MAX_HOPS} times, which is as often as it may"));
        }
        // What the first invocation got done is the manifest.
        if self.hop > 0 && left.len() == self.left.len() {
            return Err("it did not suffice for a single account".to_owned());
        }
        if self.function.is_empty() {
            return Err("the function does not know its own ARN to hand the rest on to".to_owned());
        }
        let checkpoint = FanOutCheckpoint {
            schema_version: SCHEMA,
            run_id: self.manifest.run_id.clone(),
            listed_at: self.manifest.at,
            at: ports.clock.now(),
            hop,
            left: left.to_vec(),
            failed: self.failed.clone(),
        };
        let stored = ports.runs.put_checkpoint(&checkpoint).await;
        stored.map_err(|error| format!("what is left could not be written down: {error}"))?;
        self.invoke_itself(ports, hop).await
    }

    /// Tries for half of the time that is left; the rest is for the result.
    async fn invoke_itself<I: Invoker, S, C: Clock>(
        &self,
        ports: &FanOutPorts<'_, I, S, C>,
        hop: u32,
    ) -> Result<(), String> {
        let event = json!({ "run_id": self.manifest.run_id, "mode": self.mode, "hand_on": { "hop": hop } });
        let now = ports.clock.now();
        let give_up = now.checked_add(self.deadline.duration_since(now) / 2).unwrap_or(now);
        let mut tries = 0;
        loop {
            let error = match ports.invoker.invoke(self.function, &event).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            tries += 1;
            let wait = pause(tries);
            let again = ports.clock.now().checked_add(wait);
            if !error.is_transient() || again.is_ok_and(|again| again >= give_up) {
                return Err(format!("the rest could not be handed on: {error}"));
            }
            ports.clock.sleep(wait).await;
        }
    }

    /// The end of the run.
    async fn conclude<I: Invoker, S: RunStore, C: Clock>(
        self,
        ports: &FanOutPorts<'_, I, S, C>,
    ) -> Result<InventoryResult, InventoryError> {
        let listed_at = Some(self.manifest.at);
        let result = self.result(0)?;
        let record = InventoryRecord { schema_version: SCHEMA, at: ports.clock.now(), listed_at, result };
        if let Err(cause) = ports.runs.put_inventory(&record).await {
            return Err(InventoryError::ResultNotStored { cause, result: Box::new(record.result) });
        }
        if record.result.accounts.failed.is_empty() {
            Ok(record.result)
        } else {
            Err(InventoryError::Incomplete(Box::new(record.result)))
        }
    }

    fn result(self, left: usize) -> Result<InventoryResult, InventoryError> {
        let Manifest { run_id, accounts, skipped, .. } = self.manifest;
        let listed = accounts.len() + skipped.len();
        let invoked = accounts.len().saturating_sub(self.failed.len() + left);
        let accounted = invoked + skipped.len() + self.failed.len() + left;
        if accounted != listed {
            return Err(InventoryError::Unaccounted { listed, accounted });
        }
        Ok(InventoryResult {
            run_id: run_id.clone(),
            mode: self.mode,
            hop: self.hop,
            accounts: InventoryAccounts { listed, invoked, skipped: skipped.clone(), failed: self.failed },
            handed_on: (left > 0).then_some(FanOutHandedOn { hop: self.hop + 1, left }),
        })
    }
}
