//! Accounts for every account of a run, by what the run left behind.

mod error;
mod results;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use keywheel_core::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::fan_out::FanOutCheckpoint;
use keywheel_core::contract::finish::{
    FinishAccounts, FinishRecord, RunState, ScannedAccounts, SkippedAccounts, UnreachableAccounts,
};
use keywheel_core::contract::hand_on::MAX_HOPS;
use keywheel_core::contract::manifest::{FailedAccount, InventoryRecord, Manifest, SkipReason};
use keywheel_core::id::{AccountId, RunId};

pub use error::FinishError;
use results::Results;

use crate::ports::{Clock, RunHistory, RunStore};

/// How long after the last sign of a fan-out an account may still answer: Lambda keeps an event for six hours where it throttles
/// (`MaximumEventAgeInSeconds`, 21,600 at most), and key-rotation then has its 15 minutes.
const ANSWERS_FOR: Duration = Duration::from_mins(6 * 60 + 15);

/// Which run is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedRun {
    /// The latest run over the whole organization.
    Latest,
    /// This one.
    Named(RunId),
}

/// A run that is to be accounted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// Which.
    pub run: WantedRun,
    /// When the process ends.
    pub deadline: Timestamp,
}

/// Accounts for every account of a run and stores that. May be repeated at any time: each time gives the truth of its moment.
///
/// # Errors
/// Before anything is stored: there is no such run, something cannot be read, or time does not suffice. Afterwards: accounts did not
/// answer ([`FinishError::Unanswered`]), or not yet ([`FinishError::Going`]); both carry what was stored.
pub async fn finish<S: RunStore + RunHistory, C: Clock>(
    runs: &S,
    clock: &C,
    finish: &Finish,
) -> Result<FinishRecord, FinishError> {
    let record = finish_so_far(runs, clock, finish).await?;
    if let Err(cause) = runs.put_finish(&record).await {
        return Err(FinishError::NotStored { cause, record: Box::new(record) });
    }
    judged(record)
}

/// What became of every account of a run by now; stores nothing, and judges nothing. Once the run is known, the caller's span names it, if it has a field
/// `run_id` for that.
///
/// # Errors
/// There is no such run, something cannot be read, or time does not suffice.
pub async fn finish_so_far<S: RunHistory, C: Clock>(
    runs: &S,
    clock: &C,
    finish: &Finish,
) -> Result<FinishRecord, FinishError> {
    let run_id = wanted(runs, &finish.run).await?;
    tracing::Span::current().record("run_id", run_id.as_str());
    let manifest = runs.manifest(&run_id).await.map_err(FinishError::Unreadable)?;
    let manifest = manifest.ok_or_else(|| FinishError::UnknownRun(run_id.clone()))?;
    let fan_out = fan_out_of(runs, &manifest).await?;
    let results = Results::read(runs, clock, &manifest, finish.deadline).await?;
    account_for(&manifest, fan_out, results, clock.now())
}

async fn wanted(runs: &impl RunHistory, run: &WantedRun) -> Result<RunId, FinishError> {
    match run {
        WantedRun::Named(run) => Ok(run.clone()),
        WantedRun::Latest => {
            let latest = runs.latest().await.map_err(FinishError::Unreadable)?;
            latest.map(|latest| latest.run_id).ok_or(FinishError::NoLatestRun)
        }
    }
}

/// How far the fan-out of a run is.
struct FanOutState {
    /// Whether every account was invoked or given up.
    is_finished: bool,
    /// The last sign of it.
    last_sign: Timestamp,
    /// The accounts that were given up.
    failed: BTreeMap<AccountId, FailedAccount>,
    /// The accounts that Lambda may not have taken a job for; none means that this is not known of any.
    left: Option<BTreeSet<AccountId>>,
}

/// What is about another manifest of the same run id says nothing of this one.
async fn fan_out_of(runs: &impl RunHistory, manifest: &Manifest) -> Result<FanOutState, FinishError> {
    let run = &manifest.run_id;
    let record: Option<InventoryRecord> = runs.inventory(run).await.map_err(FinishError::Unreadable)?;
    let of_this = |listed_at: Option<Timestamp>| listed_at.is_none_or(|at| at == manifest.at);
    if let Some(record) = record.filter(|record| of_this(record.listed_at)) {
        let failed = by_id(record.result.accounts.failed);
        return Ok(FanOutState { is_finished: true, last_sign: record.at, failed, left: Some(BTreeSet::new()) });
    }
    let mut last: Option<FanOutCheckpoint> = None;
    for hop in 1..=MAX_HOPS {
        match runs.checkpoint(run, hop).await.map_err(FinishError::Unreadable)? {
            Some(checkpoint) if checkpoint.listed_at == manifest.at => last = Some(checkpoint),
            Some(_) => {}
            None => break,
        }
    }
    Ok(match last {
        None => FanOutState { is_finished: false, last_sign: manifest.at, failed: BTreeMap::new(), left: None },
        Some(FanOutCheckpoint { at, left, failed, .. }) => FanOutState {
            is_finished: false,
            last_sign: at,
            failed: by_id(failed),
            left: Some(left.into_iter().collect()),
        },
    })
}

fn by_id(failed: Vec<FailedAccount>) -> BTreeMap<AccountId, FailedAccount> {
    failed.into_iter().map(|failed| (failed.account.clone(), failed)).collect()
}

fn account_for(
    manifest: &Manifest,
    mut fan_out: FanOutState,
    results: Results,
    now: Timestamp,
) -> Result<FinishRecord, FinishError> {
    let until = answers_until(&fan_out, results.last_handed_on);
    let (mut failed, mut unanswered) = (Vec::new(), Vec::new());
    for account in manifest.accounts.iter().map(|account| &account.account).filter(|id| !results.seen.contains(*id)) {
        match fan_out.failed.remove(account) {
            Some(given_up) => failed.push(given_up),
            None => unanswered.push(account.clone()),
        }
    }
    let is_going = now < until && (!unanswered.is_empty() || !fan_out.is_finished);
    if !is_going && !fan_out.is_finished {
        let (never, invoked) = unanswered.into_iter().partition(|id| fan_out.is_left(id));
        unanswered = invoked;
        failed.extend(broken_off(never));
        failed.sort_by(|one: &FailedAccount, other| one.account.cmp(&other.account));
    }
    let accounts = FinishAccounts {
        listed: manifest.accounts.len() + manifest.skipped.len(),
        scanned: ScannedAccounts { complete: results.complete, incomplete: results.incomplete },
        skipped: skipped(manifest),
        unreachable: UnreachableAccounts { role: results.unreachable, unanswered },
        failed,
    };
    let (listed, accounted) = (accounts.listed, accounts.accounted());
    if accounted != listed {
        return Err(FinishError::Unaccounted { listed, accounted });
    }
    Ok(FinishRecord {
        schema_version: SCHEMA,
        run_id: manifest.run_id.clone(),
        mode: manifest.mode,
        listed_at: manifest.at,
        at: now,
        state: if is_going { RunState::Going } else { RunState::Ended },
        answers_until: is_going.then_some(until),
        fan_out_finished: fan_out.is_finished,
        accounts,
        sums: results.sums,
    })
}

/// The event with which a fan-out goes on may wait as long as those of accounts, and so may that of an account that was handed on.
fn answers_until(fan_out: &FanOutState, last_handed_on: Option<Timestamp>) -> Timestamp {
    let waits = if fan_out.is_finished { ANSWERS_FOR } else { ANSWERS_FOR * 2 };
    let ends = [Some((fan_out.last_sign, waits)), last_handed_on.map(|at| (at, ANSWERS_FOR))];
    let ends = ends.into_iter().flatten().map(|(at, waits)| at.checked_add(waits).unwrap_or(Timestamp::MAX));
    ends.max().unwrap_or(Timestamp::MAX)
}

impl FanOutState {
    /// Whether nobody knows that the account was invoked.
    fn is_left(&self, account: &AccountId) -> bool {
        self.left.as_ref().is_none_or(|left| left.contains(account))
    }
}

fn broken_off(accounts: Vec<AccountId>) -> impl Iterator<Item = FailedAccount> {
    let error = "the fan-out broke off before it was written down that the account was invoked".to_owned();
    accounts.into_iter().map(move |account| FailedAccount { account, error: error.clone() })
}

fn skipped(manifest: &Manifest) -> SkippedAccounts {
    let mut reasons: BTreeMap<SkipReason, usize> = BTreeMap::new();
    for account in &manifest.skipped {
        *reasons.entry(account.reason).or_default() += 1;
    }
    SkippedAccounts { count: manifest.skipped.len(), reasons }
}

/// Whoever did not answer makes it an error; whoever could not be invoked only where account-inventory itself did not come to say so.
fn judged(record: FinishRecord) -> Result<FinishRecord, FinishError> {
    let accounts = &record.accounts;
    let broke_off = !record.fan_out_finished && !accounts.failed.is_empty();
    if record.state == RunState::Going {
        Err(FinishError::Going(Box::new(record)))
    } else if broke_off || !accounts.unreachable.unanswered.is_empty() {
        Err(FinishError::Unanswered(Box::new(record)))
    } else {
        Ok(record)
    }
}
