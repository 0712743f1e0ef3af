//! Hands accounts to key-rotation until all are handed over or time is nearly up.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use keywheel_core::Timestamp;
use keywheel_core::contract::job::AccountJob;
use keywheel_core::contract::manifest::{FailedAccount, ManifestAccount};
use keywheel_core::id::{AccountId, RunId};
use keywheel_core::policy::Mode;

use super::pace::Pace;
use crate::ports::{Clock, ErrorKind, Invoker, PortError};

/// How often an account is tried whose calls are not answered, on top of what the port tries by itself.
const TRIES: u32 = 8;
/// The longest pause before the second try; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// When to begin no further invocation: the last quarter of the time is for those under way, for writing down, and for handing on.
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
    pub(super) run_id: &'a RunId,
    pub(super) mode: Mode,
    pub(super) sweep: bool,
    pub(super) give_up: Timestamp,
    pub(super) pace: Pace,
}

/// What was not invoked; both in the order of the ids.
#[derive(Debug, Default)]
pub(super) struct FannedOut {
    /// Accounts that another try does not help.
    pub(super) failed: Vec<FailedAccount>,
    /// Accounts for which there was no time.
    pub(super) left: Vec<AccountId>,
    /// What Lambda said last to one of those, if it said anything.
    pub(super) held_up_by: Option<PortError>,
}

enum NotInvoked {
    Failed(String),
    Left(Option<PortError>),
}

impl<I: Invoker, C: Clock> FanOut<'_, I, C> {
    /// Invokes every account while there is time. One that fails does not stop the others.
    pub(super) async fn invoke(&self, accounts: &[&ManifestAccount]) -> FannedOut {
        let invocations = stream::iter(accounts).map(|account| self.account(account));
        let mut outcomes = invocations.buffer_unordered(self.concurrency.max(1));
        let mut fanned_out = FannedOut::default();
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Ok(()) => {}
                Err((account, NotInvoked::Failed(error))) => fanned_out.failed.push(FailedAccount { account, error }),
                Err((account, NotInvoked::Left(error))) => {
                    fanned_out.left.push(account);
                    fanned_out.held_up_by = error.or(fanned_out.held_up_by);
                }
            }
        }
        fanned_out.failed.sort_by(|one, other| one.account.cmp(&other.account));
        fanned_out.left.sort();
        fanned_out
    }

    async fn account(&self, account: &ManifestAccount) -> Result<(), (AccountId, NotInvoked)> {
        let invoked = match self.job(account) {
            Ok(event) => self.tried(&event).await,
            Err(error) => Err(NotInvoked::Failed(error.to_string())),
        };
        invoked.map_err(|not| {
            if let NotInvoked::Failed(error) = &not {
                tracing::error!(account = %account.account, %error, "the account could not be invoked");
            }
            (account.account.clone(), not)
        })
    }

    /// Tries until it is done, until another try cannot help, or until time is used up. An answer that was lost may mean two events for
    /// one account, which key-rotation is made for.
    async fn tried(&self, event: &serde_json::Value) -> Result<(), NotInvoked> {
        let mut last: Option<PortError> = None;
        let mut unanswered = 0;
        loop {
            self.sleep(self.pace.pause()).await;
            if self.clock.now() >= self.give_up {
                return Err(NotInvoked::Left(last));
            }
            match self.invoker.invoke(self.function, event).await {
                Ok(()) => {
                    self.pace.speed_up(self.clock.now());
                    return Ok(());
                }
                Err(error) if error.kind == ErrorKind::Throttled => {
                    self.pace.slow_down(self.clock.now());
                    last = Some(error);
                }
                Err(error) if error.is_transient() => {
                    unanswered += 1;
                    if unanswered == TRIES {
                        return Err(NotInvoked::Failed(format!("{error}, {TRIES} times in a row")));
                    }
                    self.sleep(pause(unanswered)).await;
                    last = Some(error);
                }
                Err(error) => return Err(NotInvoked::Failed(error.to_string())),
            }
        }
    }

    /// Waits, but not beyond the time at which nothing is begun any more.
    async fn sleep(&self, time: Duration) {
        let left = Duration::try_from(self.give_up.duration_since(self.clock.now())).unwrap_or_default();
        let time = time.min(left);
        if !time.is_zero() {
            self.clock.sleep(time).await;
        }
    }

    fn job(&self, account: &ManifestAccount) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(AccountJob {
            account: account.account.clone(),
            name: account.name.clone(),
            email: account.email.clone(),
            run_id: Some(self.run_id.clone()),
            mode: Some(self.mode),
            force_rotate: Vec::new(),
            sweep: self.sweep,
            plan: None,
            hand_on: None,
        })
    }
}

/// A random pause up to a limit that doubles, so that those who failed together do not come back together.
pub(super) fn pause(try_number: u32) -> Duration {
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
