//! Hands every account in scope to key-rotation, and says which it could not.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use keywheel_core::Timestamp;
use keywheel_core::contract::job::AccountJob;
use keywheel_core::contract::manifest::FailedAccount;

use super::InventoryRun;
use crate::ports::{Clock, Invoker, ListedAccount, PortError};

/// How often one account is tried, on top of what the port tries by itself.
const TRIES: u32 = 8;
/// The longest pause before the second try; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// When to begin no further invocation: the last quarter of the time is for those under way and for storing the result.
pub(super) fn give_up(began: Timestamp, deadline: Timestamp) -> Timestamp {
    let time = deadline.duration_since(began);
    began.checked_add(time * 3 / 4).unwrap_or(deadline)
}

/// Asynchronous invocations, so many at a time.
pub(super) struct FanOut<'a, I, C> {
    pub(super) invoker: &'a I,
    pub(super) clock: &'a C,
    pub(super) function: &'a str,
    pub(super) concurrency: usize,
    pub(super) give_up: Timestamp,
}

impl<I: Invoker, C: Clock> FanOut<'_, I, C> {
    /// Invokes every account; brings those that could not be, in the order of their ids. One that fails does not stop the others.
    pub(super) async fn invoke(&self, accounts: &[ListedAccount], run: &InventoryRun) -> Vec<FailedAccount> {
        let invocations = stream::iter(accounts).map(|account| self.account(account, run));
        let outcomes = invocations.buffer_unordered(self.concurrency.max(1));
        let mut failed: Vec<_> = outcomes.filter_map(|outcome| async { outcome.err() }).collect().await;
        failed.sort_by(|one: &FailedAccount, other| one.account.cmp(&other.account));
        failed
    }

    async fn account(&self, account: &ListedAccount, run: &InventoryRun) -> Result<(), FailedAccount> {
        let invoked = match job(account, run) {
            Ok(event) => self.tried(&event).await,
            Err(error) => Err(error.to_string()),
        };
        invoked.map_err(|error| {
            tracing::error!(account = %account.id, %error, "the account could not be invoked");
            FailedAccount { account: account.id.clone(), error }
        })
    }

    /// Tries until it is done, until another try cannot help, or until time or tries are used up. An answer that was lost may mean two
    /// events for one account, which key-rotation is made for.
    async fn tried(&self, event: &serde_json::Value) -> Result<(), String> {
        let mut last: Option<PortError> = None;
        for try_number in 0..TRIES {
            if try_number > 0 {
                self.clock.sleep(pause(try_number)).await;
            }
            if self.clock.now() >= self.give_up {
                let before = last.map_or_else(String::new, |error| format!(" after {error}"));
                return Err(format!("the function's time was nearly up{before}"));
            }
            match self.invoker.invoke(self.function, event).await {
                Ok(()) => return Ok(()),
                Err(error) if error.is_transient() => last = Some(error),
                Err(error) => return Err(error.to_string()),
            }
        }
        Err(last.map_or_else(String::new, |error| format!("{error}, {TRIES} times in a row")))
    }
}

fn job(account: &ListedAccount, run: &InventoryRun) -> Result<serde_json::Value, serde_json::Error> {
    serde_json::to_value(AccountJob {
        account: account.id.clone(),
        name: account.name.clone(),
        email: account.email.clone(),
        run_id: Some(run.run_id.clone()),
        mode: Some(run.mode),
        force_rotate: Vec::new(),
        sweep: false,
        hand_on: None,
    })
}

/// A random pause up to a limit that doubles, so that those who were throttled together do not come back together.
fn pause(try_number: u32) -> Duration {
    let limit = FIRST_PAUSE.saturating_mul(1 << (try_number - 1).min(16)).min(LONGEST_PAUSE);
    limit.mul_f64(0.25 + 0.75 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_vary_and_end() {
        for try_number in 1..TRIES {
            let limit = FIRST_PAUSE.saturating_mul(1 << (try_number - 1)).min(LONGEST_PAUSE);
            let pauses: Vec<_> = (0..50).map(|_| pause(try_number)).collect();
            assert!(pauses.iter().all(|pause| (limit / 4..=limit).contains(pause)));
            assert!(pauses.windows(2).any(|two| two[0] != two[1]));
        }
        assert!(pause(40) <= LONGEST_PAUSE);
    }

    #[test]
    fn a_quarter_of_the_time_is_kept_back() {
        let began: Timestamp = "2026-11-20T02:00:00Z".parse().unwrap();
        assert_eq!(give_up(began, "2026-11-20T02:04:00Z".parse().unwrap()).to_string(), "2026-11-20T02:03:00Z");
        assert!(give_up(began, Timestamp::MAX) > began);
        assert!(give_up(began, began) <= began);
    }
}
