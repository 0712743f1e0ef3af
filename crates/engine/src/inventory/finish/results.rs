//! The results of a run's accounts, read a few at a time; of each only what the run as a whole is told is kept.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt, TryStreamExt};
use keywheel_core::Timestamp;
use keywheel_core::contract::finish::{IncompleteAccount, RunSums};
use keywheel_core::contract::manifest::{FailedAccount, Manifest};
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::AccountId;
use keywheel_core::time::{CLOCK_TOLERANCE, plus};

use super::FinishError;
use crate::inventory::fanout::give_up;
use crate::ports::{Clock, ErrorKind, PortError, RunHistory};

/// How many results are read at the same time. One of an account with 5,000 users may have some megabytes.
pub(super) const CONCURRENCY: usize = 16;
/// Characters of an account's error that are kept; its result has all of it.
const ERROR_LENGTH: usize = 300;

/// What the results of a run come to.
#[derive(Default)]
pub(super) struct Results {
    /// The accounts with a result.
    pub(super) seen: BTreeSet<AccountId>,
    /// When the last was looked at that was handed on and not taken up yet: it has not answered as a whole.
    pub(super) last_handed_on: Option<Timestamp>,
    pub(super) complete: usize,
    pub(super) incomplete: Vec<IncompleteAccount>,
    pub(super) unreachable: Vec<FailedAccount>,
    pub(super) sums: RunSums,
}

impl Results {
    /// Reads the result of every account in scope that has one.
    pub(super) async fn read<S: RunHistory, C: Clock>(
        runs: &S,
        clock: &C,
        manifest: &Manifest,
        deadline: Timestamp,
    ) -> Result<Self, FinishError> {
        let give_up = give_up(clock.now(), deadline);
        let answered = runs.answered(&manifest.run_id).await.map_err(FinishError::Unreadable)?;
        let in_scope = manifest.accounts.iter().map(|account| &account.account);
        let reads = stream::iter(in_scope.filter(|account| answered.contains(*account)))
            .map(|account| async move {
                if clock.now() >= give_up {
                    return Err(FinishError::NoTime { accounts: manifest.accounts.len() });
                }
                read(runs, manifest, account).await
            })
            .buffered(CONCURRENCY);
        let add = |mut results: Self, read: Option<(AccountId, Read)>| async {
            if let Some((account, read)) = read {
                results.add(account, read);
            }
            Ok(results)
        };
        reads.try_fold(Self::default(), add).await
    }

    fn add(&mut self, account: AccountId, read: Read) {
        let result = match read {
            Read::Result(result) => result,
            Read::Damaged(error) => {
                self.seen.insert(account.clone());
                return self.incomplete.push(IncompleteAccount { account, error: Some(cut(&error)) });
            }
        };
        self.sums.users += result.users;
        self.sums.keys += result.keys;
        self.sums.keys_overdue += result.overdue_keys();
        for (step, count) in &result.counts {
            *self.sums.steps.entry(step.clone()).or_default() += count;
        }
        if result.handed_on.is_some() {
            self.last_handed_on = self.last_handed_on.max(Some(result.at));
            return;
        }
        self.seen.insert(account.clone());
        // A retry that found the role gone stands after an earlier try that did something.
        if result.unreachable && result.steps.is_empty() {
            let error = cut(result.error.as_deref().unwrap_or_default());
            self.unreachable.push(FailedAccount { account, error });
        } else if result.complete {
            self.complete += 1;
        } else {
            self.incomplete.push(IncompleteAccount { account, error: result.error.as_deref().map(cut) });
        }
    }
}

/// What stands where an account's result should.
enum Read {
    Result(Box<AccountResult>),
    Damaged(String),
}

async fn read(
    runs: &impl RunHistory,
    manifest: &Manifest,
    account: &AccountId,
) -> Result<Option<(AccountId, Read)>, FinishError> {
    let read = match runs.result(&manifest.run_id, account).await {
        Ok(None) => return Ok(None),
        // Of an earlier run of the same id.
        Ok(Some(result)) if plus(result.at, CLOCK_TOLERANCE) < manifest.at => return Ok(None),
        Ok(Some(result)) => Read::Result(Box::new(result)),
        Err(PortError { kind: ErrorKind::Invalid, message, .. }) => Read::Damaged(message),
        Err(error) => return Err(FinishError::Unreadable(error)),
    };
    Ok(Some((account.clone(), read)))
}

fn cut(text: &str) -> String {
    text.chars().take(ERROR_LENGTH).collect()
}
