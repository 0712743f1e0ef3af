//! The runs that the state bucket remembers.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use keywheel_aws::{S3State, SystemClock};
use keywheel_core::contract::finish::{FinishRecord, RunState};
use keywheel_core::contract::manifest::{FailedAccount, InventoryRecord, Manifest};
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::{AccountId, RunId};
use keywheel_engine::inventory::{Finish, FinishError, WantedRun, finish_so_far};
use keywheel_engine::ports::{Clock, PortError, RunHistory};

/// Objects that are read at the same time.
const AT_ONCE: usize = 32;

/// The id of a run that begins now. No other run has it, begun in the same second or not: of equal ones, the second would count as a retry
/// of the first.
pub(crate) fn new_id() -> RunId {
    keywheel_runtime::run_id(None, Timestamp::now(), &format!("{:08x}", fastrand::u32(..)))
}

/// A run as it was stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredRun {
    pub(crate) manifest: Manifest,
    /// What account-inventory returned; none while it is at work, and where it died.
    pub(crate) inventory: Option<InventoryRecord>,
    /// What became of every account; none of an old run that nobody has accounted for.
    pub(crate) finish: Option<FinishRecord>,
    /// The accounts with a result.
    pub(crate) answered: BTreeSet<AccountId>,
}

/// The last runs, the newest first. What somebody asked for is no run, and neither is what has no manifest.
pub(crate) async fn last(state: &S3State, most: usize) -> Result<Vec<StoredRun>, FinishError> {
    let mut runs = read(state, most).await.map_err(FinishError::Unreadable)?;
    account_for(state, &SystemClock, &mut runs).await?;
    Ok(runs)
}

async fn read(state: &S3State, most: usize) -> Result<Vec<StoredRun>, PortError> {
    // First, for whoever may not list gets the same refusal for what is not there.
    let names = state.runs().await?;
    let names = newest_first(names, state.latest().await?.map(|latest| latest.run_id));
    let runs = stream::iter(names).map(|run| async move { stored(state, &run).await });
    let runs = runs.buffered(AT_ONCE.min(most)).try_filter_map(|run| async { Ok(run) }).take(most);
    let mut runs: Vec<StoredRun> = runs.try_collect().await?;
    runs.sort_by_key(|run| std::cmp::Reverse(run.manifest.at));
    Ok(runs)
}

/// The latest run, then by their names those whose names begin with their moments, then those that somebody named otherwise.
fn newest_first(names: BTreeSet<RunId>, latest: Option<RunId>) -> Vec<RunId> {
    let is_other = |run: &RunId| !run.is_asked_for() && latest.as_ref() != Some(run);
    let mut others: Vec<RunId> = names.into_iter().filter(is_other).collect();
    let has_moment = |run: &RunId| run.as_str().starts_with(|first: char| first.is_ascii_digit());
    others.sort_by(|one, other| (has_moment(other), other).cmp(&(has_moment(one), one)));
    latest.into_iter().chain(others).collect()
}

async fn stored(state: &S3State, run: &RunId) -> Result<Option<StoredRun>, PortError> {
    let Some(manifest) = state.manifest(run).await? else { return Ok(None) };
    let is_of_this = |listed_at: Timestamp| listed_at == manifest.at;
    let inventory = state.inventory(run).await?.filter(|record| record.listed_at.is_none_or(is_of_this));
    let finish = state.finish(run).await?.filter(|record| is_of_this(record.listed_at));
    let answered = state.answered(run).await?;
    Ok(Some(StoredRun { manifest, inventory, finish, answered }))
}

/// Accounts for the newest run, and for each one before it until one has ended. Of the older ones counts what was stored; where that is
/// nothing, a later run has ended since, and they have.
async fn account_for<S: RunHistory, C: Clock>(
    history: &S,
    clock: &C,
    runs: &mut [StoredRun],
) -> Result<(), FinishError> {
    let mut has_ended = false;
    for (place, run) in runs.iter_mut().enumerate() {
        let is_settled = run.finish.as_ref().is_some_and(|record| record.state == RunState::Ended);
        if place == 0 || !has_ended && !is_settled {
            let wanted = WantedRun::Named(run.manifest.run_id.clone());
            let finish = Finish { run: wanted, deadline: Timestamp::MAX };
            run.finish = Some(finish_so_far(history, clock, &finish).await?);
        }
        run.finish = run.finish.take().filter(|record| still_holds(record, clock.now()));
        has_ended |= !run.is_going();
    }
    Ok(())
}

/// Once the time for answers is over, a record that waits for them says nothing any more.
fn still_holds(record: &FinishRecord, now: Timestamp) -> bool {
    record.state == RunState::Ended || record.answers_until.is_some_and(|until| now < until)
}

/// The result of every account of a run that has one. `read` is called after each.
pub(crate) async fn results(
    state: &S3State,
    run: &StoredRun,
    read: impl Fn(),
) -> Result<BTreeMap<AccountId, AccountResult>, PortError> {
    let (id, read) = (&run.manifest.run_id, &read);
    let reads = stream::iter(run.answered.clone()).map(|account| async move {
        let result = state.result(id, &account).await;
        read();
        result
    });
    let results: Vec<Option<AccountResult>> = reads.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(results.into_iter().flatten().map(|result| (result.account.clone(), result)).collect())
}

impl StoredRun {
    /// Whether accounts may still answer.
    pub(crate) fn is_going(&self) -> bool {
        self.finish.as_ref().is_some_and(|record| record.state == RunState::Going)
    }

    /// The accounts that were invoked and did not answer, or not yet.
    pub(crate) fn unanswered(&self) -> Vec<&AccountId> {
        if let Some(record) = &self.finish {
            return record.accounts.unreachable.unanswered.iter().collect();
        }
        let is_unanswered = |id: &&AccountId| {
            !self.answered.contains(*id) && !self.not_invoked().iter().any(|failed| failed.account == **id)
        };
        self.manifest.accounts.iter().map(|listed| &listed.account).filter(is_unanswered).collect()
    }

    /// The accounts that Lambda did not take, or that a fan-out that broke off did not come to.
    pub(crate) fn not_invoked(&self) -> &[FailedAccount] {
        match (&self.finish, &self.inventory) {
            (Some(record), _) => &record.accounts.failed,
            (None, Some(record)) => &record.result.accounts.failed,
            (None, None) => &[],
        }
    }

    /// How many accounts answered.
    pub(crate) fn answered(&self) -> usize {
        self.manifest.accounts.len().saturating_sub(self.unanswered().len() + self.not_invoked().len())
    }
}

#[cfg(test)]
mod tests;
