//! The ledger while an account is being changed: the claim, its renewal, and one write per fact.

use std::time::Duration;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::id::RunId;
use keywheel_core::ledger::{AccountLedger, Claim};
use tokio::sync::Mutex;

use crate::ports::{Clock, Condition, LedgerStore, PortError, StoredLedger, WriteFailed};

/// How long a claim holds unless renewed. Every write renews it.
pub const LEASE: Duration = Duration::from_secs(90);

/// A ledger under this run's claim.
pub(super) struct Session<'a, L, C> {
    store: &'a L,
    clock: &'a C,
    run_id: RunId,
    writer: String,
    state: Mutex<State>,
}

struct State {
    ledger: AccountLedger,
    condition: Condition,
    is_lost: bool,
}

/// A write that did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SessionError {
    /// Another run has the account now: nothing more may be changed.
    #[error("another run has taken the account over")]
    ClaimLost,
    /// The write failed; the claim may still hold.
    #[error("the ledger could not be written: {0}")]
    Failed(PortError),
}

impl<'a, L: LedgerStore, C: Clock> Session<'a, L, C> {
    /// A session on a ledger as it was read; nothing is claimed yet.
    pub(super) fn new(store: &'a L, clock: &'a C, run_id: RunId, writer: String, stored: StoredLedger) -> Self {
        let StoredLedger { ledger, condition } = stored;
        let state = Mutex::new(State { ledger, condition, is_lost: false });
        Self { store, clock, run_id, writer, state }
    }

    /// Writes a fact down and renews the claim.
    pub(super) async fn write(&self, change: impl FnOnce(&mut AccountLedger) + Send) -> Result<(), SessionError> {
        self.save(change, Some(self.claim_of(&self.writer))).await
    }

    /// Writes the last facts down and leaves the claim, renewed, to whoever comes in the name of `heir`.
    pub(super) async fn pass_on(
        &self,
        heir: &str,
        change: impl FnOnce(&mut AccountLedger) + Send,
    ) -> Result<(), SessionError> {
        self.save(change, Some(self.claim_of(heir))).await
    }

    fn claim_of(&self, writer: &str) -> Claim {
        let until = lease_end(self.clock.now());
        Claim { run_id: self.run_id.clone(), writer: writer.to_owned(), until }
    }

    /// Writes the last facts down and gives the claim back; writes nothing when there is nothing new and no claim to give back.
    pub(super) async fn finish(&self, change: impl FnOnce(&mut AccountLedger) + Send) -> Result<(), SessionError> {
        let (last, is_news) = {
            let state = self.state.lock().await;
            let mut last = state.ledger.clone();
            change(&mut last);
            let has_claim = last.claim.as_ref().is_some_and(|claim| claim.writer == self.writer);
            let is_news = has_claim || last != state.ledger;
            (last, is_news)
        };
        if is_news { self.save(|ledger| *ledger = last, None).await } else { Ok(()) }
    }

    /// Changes what the next write will hold.
    pub(super) async fn note(&self, change: impl FnOnce(&mut AccountLedger) + Send) {
        change(&mut self.state.lock().await.ledger);
    }

    /// Looks something up in the ledger as it was last written.
    pub(super) async fn read<T>(&self, look: impl FnOnce(&AccountLedger) -> T + Send) -> T {
        look(&self.state.lock().await.ledger)
    }

    /// Makes sure that the claim holds for as long as a change may take, and renews it where it does not.
    pub(super) async fn hold_for(&self, time: Duration) -> Result<(), SessionError> {
        let needed = self.clock.now().checked_add(time).unwrap_or(Timestamp::MAX);
        let holds = {
            let state = self.state.lock().await;
            if state.is_lost {
                return Err(SessionError::ClaimLost);
            }
            state.ledger.claim.as_ref().is_some_and(|claim| claim.writer == self.writer && claim.until >= needed)
        };
        if holds { Ok(()) } else { self.write(|_| {}).await }
    }

    async fn save(
        &self,
        change: impl FnOnce(&mut AccountLedger) + Send,
        claim: Option<Claim>,
    ) -> Result<(), SessionError> {
        let mut state = self.state.lock().await;
        if state.is_lost {
            return Err(SessionError::ClaimLost);
        }
        let mut next = state.ledger.clone();
        change(&mut next);
        next.claim = claim;
        next.sequence += 1;
        next.writer.clone_from(&self.writer);
        let saved = match self.store.save(&next, &state.condition).await {
            Ok(condition) => Ok(condition),
            Err(failure) => self.after_failure(&mut next, failure).await,
        };
        let condition = saved.map_err(|failure| state.fail(failure))?;
        state.ledger = next;
        state.condition = condition;
        Ok(())
    }

    /// A write whose answer was lost may have been made all the same: then it is what the ledger holds now, word for word. An
    /// earlier write of this process, taken for failed, may have come through as well: this one is then made on top of it.
    async fn after_failure(&self, next: &mut AccountLedger, failure: WriteFailed) -> Result<Condition, WriteFailed> {
        let Ok(found) = self.store.load(&next.account).await else { return Err(failure) };
        if found.ledger == *next {
            return Ok(found.condition);
        }
        if failure != WriteFailed::Conflict || found.ledger.writer != self.writer {
            return Err(failure);
        }
        next.sequence = found.ledger.sequence + 1;
        self.store.save(next, &found.condition).await
    }
}

impl State {
    fn fail(&mut self, failure: WriteFailed) -> SessionError {
        match failure {
            WriteFailed::Conflict => {
                self.is_lost = true;
                SessionError::ClaimLost
            }
            WriteFailed::Failed(error) => SessionError::Failed(error),
        }
    }
}

fn lease_end(now: Timestamp) -> Timestamp {
    let lease = SignedDuration::try_from(LEASE).unwrap_or(SignedDuration::MAX);
    now.checked_add(lease).unwrap_or(Timestamp::MAX)
}
