//! What keeps a change from being begun: too many of them, too many failures, a freeze, too little time, a moment still ahead.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use keywheel_core::contract::action::Guard;
use keywheel_core::id::AccessKeyId;
use keywheel_core::ledger::AccountLedger;
use keywheel_core::plan::{Action, Step};
use keywheel_core::reason::Reason;

use super::Run;
use super::execute::Executor;
use super::outcome::Stopped;
use crate::ports::{Clock, Iam, IamUser, Ports};

/// How long a replacement may take from its first call to its last: the calls, and the wait for IAM to spread the key.
pub(super) const REPLACEMENT_TIME: SignedDuration = SignedDuration::from_secs(150);
const CHANGE_TIME: SignedDuration = SignedDuration::from_secs(60);

/// How long a wait goes on before the claim is looked after; well below half a lease.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The circuit breaker opens at so many failures, if they are more than one in so many changes.
const BREAKER_FAILURES: usize = 5;
const BREAKER_SHARE: usize = 10;

/// The changes that the run has begun, and those that failed: with all its tries, which the ledger's journal remembers.
#[derive(Debug, Default)]
pub(super) struct Counts {
    changes: AtomicUsize,
    failures: AtomicUsize,
}

impl Counts {
    /// What the run made so far, by the journal.
    pub(super) fn of(run: &Run, ledger: &AccountLedger) -> Self {
        let plan = run.journal(ledger);
        let (changes, failures) = plan.map_or((0, 0), |plan| (plan.changes, plan.failures));
        Self { changes: AtomicUsize::new(changes), failures: AtomicUsize::new(failures) }
    }

    pub(super) fn changes(&self) -> usize {
        self.changes.load(Ordering::Relaxed)
    }

    fn failures(&self) -> usize {
        self.failures.load(Ordering::Relaxed)
    }
}

impl<P: Ports> Executor<'_, P> {
    /// What keeps any further change from being begun, now or after a wait.
    pub(super) fn stop_before(&self, step: &Step, wait: SignedDuration) -> Option<Stopped> {
        let deferred =
            |reason, why: &str, retry_helps| Some(Stopped::Deferred { reason, why: why.to_owned(), retry_helps });
        let (changes, failures) = (self.counts.changes(), self.counts.failures());
        if failures >= BREAKER_FAILURES && failures * BREAKER_SHARE > changes {
            return deferred(Reason::CircuitOpen, "too many changes failed in this account", false);
        }
        if let Err(frozen) = self.refuse_in_freeze() {
            return Some(frozen);
        }
        let needed = if let Action::Replace { .. } | Action::Publish { .. } = step.action {
            REPLACEMENT_TIME
        } else {
            CHANGE_TIME
        };
        let left = self.ports.clock().left_until(self.run.deadline);
        if left < needed.saturating_add(wait) {
            return deferred(Reason::OutOfTime, "there was no time left for it in this run", true);
        }
        None
    }

    /// Everything that the step was planned on, looked at again; and no freeze may have begun in the meantime.
    pub(super) async fn check(&self, step: &Step) -> Result<IamUser, Stopped> {
        self.refuse_in_freeze()?;
        let checked = super::guard::check(self.ports, self.account, self.policy, step).await;
        if matches!(checked, Err(Stopped::Deferred { reason: Reason::PreconditionChanged, .. })) {
            // Boxed, because it is rare, and every step's future would else have room for it.
            Box::pin(self.note_revived(step)).await;
        }
        checked
    }

    /// Writes down which of the user's keys a person made active again since the audit: by the next night the key may be inactive
    /// once more, and would pass for one that had been so all the time.
    async fn note_revived(&self, step: &Step) {
        let keys = self.ports.iam().access_keys(&step.user).await.unwrap_or_default();
        let active = keys.iter().filter(|key| key.is_active()).map(|key| &key.id);
        let (user, user_id, now) = (&step.user, &step.user_id, self.ports.clock().now());
        let was_inactive = |ledger: &AccountLedger, key: &AccessKeyId| {
            let user = ledger.users.get(user).filter(|user| user.user_id == *user_id);
            user.is_some_and(|user| user.key(key).made_inactive.is_some())
        };
        let revived: Vec<_> =
            self.session.read(|ledger| active.filter(|key| was_inactive(ledger, key)).cloned().collect()).await;
        if revived.is_empty() {
            return;
        }
        let note = |ledger: &mut AccountLedger| {
            for key in &revived {
                ledger.key_mut(user, user_id, key).observe_active(now);
            }
        };
        if let Err(error) = self.session.write(note).await {
            tracing::warn!(user = user.as_str(), %error, "a key that a person made active could not be noted");
        }
    }

    pub(super) fn refuse_in_freeze(&self) -> Result<(), Stopped> {
        let is_lifted = self.run.explicit.as_ref().is_some_and(|action| action.lifts(Guard::Freeze));
        match self.policy.freeze.until(self.ports.clock().now()) {
            Some(until) if !is_lifted => {
                let why = format!("a change freeze began, until the end of {until}");
                Err(Stopped::Deferred { reason: Reason::Frozen, why, retry_helps: false })
            }
            _ => Ok(()),
        }
    }

    /// Waits for the moment before which the step must not be taken, and keeps the claim meanwhile.
    pub(super) async fn wait_for(&self, step: &Step) -> Result<(), Stopped> {
        loop {
            let left = self.wait_of(step);
            if left <= SignedDuration::ZERO {
                return Ok(());
            }
            if let Some(stopped) = self.stop_before(step, left) {
                return Err(stopped);
            }
            self.session.hold_for(2 * LONGEST_PAUSE).await?;
            let left = Duration::try_from(left).unwrap_or(LONGEST_PAUSE);
            self.ports.clock().sleep(left.min(LONGEST_PAUSE)).await;
        }
    }

    pub(super) fn must_wait(&self, steps: &[Step]) -> bool {
        steps.iter().any(|step| self.wait_of(step) > SignedDuration::ZERO)
    }

    fn wait_of(&self, step: &Step) -> SignedDuration {
        let moment = step.preconditions.not_before;
        moment.map_or(SignedDuration::ZERO, |moment| moment.duration_since(self.ports.clock().now()))
    }

    /// Counts a change in the journal before its call: most are written down before it anyway.
    pub(super) async fn count_change(&self, step: &Step) -> Result<(), Stopped> {
        self.counts.changes.fetch_add(1, Ordering::Relaxed);
        let count = |ledger: &mut AccountLedger| {
            if let Some(plan) = self.run.journal_mut(ledger) {
                plan.changes += 1;
            }
        };
        match step.action {
            Action::Replace { .. } | Action::Deactivate { .. } | Action::Delete { .. } | Action::Rollback { .. } => {
                self.session.note(count).await;
            }
            _ => self.session.write(count).await?,
        }
        Ok(())
    }

    pub(super) async fn count_failure(&self) {
        self.counts.failures.fetch_add(1, Ordering::Relaxed);
        let count = |ledger: &mut AccountLedger| {
            if let Some(plan) = self.run.journal_mut(ledger) {
                plan.failures += 1;
            }
        };
        self.session.note(count).await;
    }
}
