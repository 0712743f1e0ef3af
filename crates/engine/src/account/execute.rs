//! Carries a plan out: users side by side, each user's steps in order, and no more than the limits allow.

use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use jiff::SignedDuration;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::{AccountPlan, Action, Step};
use keywheel_core::policy::Policy;
use keywheel_core::reason::Reason;
use keywheel_core::secret::PreviousKey;

use super::audit::USERS_AT_ONCE;
use super::limits::Counts;
use super::outcome::{Outcome, Stopped};
use super::publish::Publication;
use super::rollback::RolledBack;
use super::session::Session;
use super::{Account, Run};
use crate::ports::{Clock, Ports};

/// How long one call may take, with its retries: no change is begun with less of the lease, or of the run's time, left.
pub(super) const CALL_TIME: Duration = Duration::from_secs(35);

/// What executing a plan needs.
pub(super) struct Executor<'a, P: Ports> {
    pub(super) ports: &'a P,
    pub(super) session: &'a Session<'a, P::Ledger, P::Clock>,
    pub(super) run: &'a Run,
    pub(super) account: &'a Account,
    pub(super) policy: &'a Policy,
    pub(super) secret_readers: &'a [String],
    pub(super) counts: Counts,
}

impl<'a, P: Ports> Executor<'a, P> {
    pub(super) fn new(
        ports: &'a P,
        session: &'a Session<'a, P::Ledger, P::Clock>,
        run: &'a Run,
        account: &'a Account,
        policy: &'a Policy,
        secret_readers: &'a [String],
        counts: Counts,
    ) -> Self {
        Self { ports, session, run, account, policy, secret_readers, counts }
    }

    /// Carries the plan out. Every step has an outcome, whatever happens.
    pub(super) async fn carry_out(&self, plan: AccountPlan) -> Vec<Outcome> {
        // Changes that an earlier try of this run made count too.
        let left = self.policy.max_changes.saturating_sub(self.counts.changes());
        let (within, beyond) = split_at_limit(plan, left);
        // Who has to wait goes last, so that nobody waits behind them.
        let (waiting, ready): (Vec<_>, Vec<_>) = by_user(within).into_iter().partition(|steps| self.must_wait(steps));
        let users = ready.into_iter().chain(waiting).map(|steps| self.user(steps));
        let mut outcomes: Vec<Outcome> = stream::iter(users).buffer_unordered(USERS_AT_ONCE).concat().await;
        outcomes.extend(beyond.into_iter().map(|step| {
            let why = format!("the run makes {} changes per account at most", self.policy.max_changes);
            let stopped = Stopped::Deferred { reason: Reason::MaxChanges, why, retry_helps: false };
            Outcome::stopped(step, stopped)
        }));
        outcomes
    }

    /// One user's steps, in order. What is left after a failure waits: one user's failure stops that user.
    async fn user(&self, steps: Vec<Step>) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = Vec::new();
        for step in steps {
            let has_failed = outcomes.iter().any(|outcome| outcome.status == StepStatus::Failed);
            outcomes.push(if let Some(refused) = Stopped::refused(&step) {
                Outcome::stopped(step, refused)
            } else if !step.action.is_change() {
                Outcome::of(step, StepStatus::Done)
            } else if has_failed {
                Outcome::stopped(step, Stopped::changed("an earlier step of this user failed"))
            } else {
                self.change(step).await
            });
        }
        outcomes
    }

    async fn change(&self, step: Step) -> Outcome {
        if let Err(stopped) = self.wait_for(&step).await {
            return Outcome::stopped(step, stopped);
        }
        if let Some(stopped) = self.stop_before(&step, SignedDuration::ZERO) {
            return Outcome::stopped(step, stopped);
        }
        if let Err(stopped) = self.count_change(&step).await {
            return Outcome::stopped(step, stopped);
        }
        let outcome = self.perform(step).await;
        if outcome.is_failure() {
            self.count_failure().await;
        }
        outcome
    }

    async fn perform(&self, step: Step) -> Outcome {
        match step.action.clone() {
            Action::None | Action::Hold | Action::Refuse { .. } => Outcome::of(step, StepStatus::Done),
            Action::Replace { supersedes, supersedes_created } => {
                let old = PreviousKey { access_key_id: supersedes, create_date: supersedes_created };
                let published = self.replace(&step, old).await;
                self.published(step, published, true)
            }
            Action::Publish { replacement, supersedes } => {
                let published = self.publish_pending(&step, &replacement, supersedes.as_ref()).await;
                self.published(step, published, false)
            }
            Action::Deliver { key } => {
                let done = self.deliver(&step, &key).await;
                self.ended(step, done)
            }
            Action::ScheduleSecret => {
                let done = self.schedule_secret(&step).await;
                self.ended_with_former(step, done).await
            }
            Action::ScheduleFormerSecret => {
                let done = self.schedule_former_secret(&step).await;
                self.ended_with_former(step, done).await
            }
            Action::DeleteParameter { name } => {
                let done = self.delete_parameter(&step, &name).await;
                self.ended(step, done)
            }
            Action::ForgetHosts => {
                let done = self.forget_hosts(&step).await;
                self.ended(step, done)
            }
            Action::Replicate { .. } => {
                let done = self.replicate(&step).await;
                self.ended(step, done)
            }
            Action::Deactivate { key, because } => {
                let done = self.deactivate(&step, &key, because).await;
                self.ended(step, done)
            }
            Action::Delete { key } => {
                let done = self.delete(&step, &key).await;
                self.ended(step, done)
            }
            Action::DeleteNeverStored { key } => {
                let done = self.delete_never_stored(&step, &key).await;
                self.ended(step, done)
            }
            Action::Rollback { old, new, new_stays } => {
                let gave_way = self.roll_back(&step, &old, new.as_ref(), new_stays).await;
                self.rolled_back(step, gave_way)
            }
        }
    }

    pub(super) fn ended(&self, step: Step, done: Result<(), Stopped>) -> Outcome {
        match done {
            Ok(()) => Outcome::done(step, self.ports.clock().now()),
            Err(stopped) => Outcome::stopped(step, stopped),
        }
    }

    /// A rollback's outcome: the old key works again, whatever became of the new one.
    fn rolled_back(&self, step: Step, rolled_back: Result<RolledBack, Stopped>) -> Outcome {
        let RolledBack { gave_way, undelivered } = match rolled_back {
            Ok(rolled_back) => rolled_back,
            Err(stopped) => return Outcome::stopped(step, stopped),
        };
        let kept = gave_way.err();
        let retry_helps = kept.iter().chain(&undelivered).any(Stopped::is_mended_by_a_retry);
        Outcome { retry_helps, kept, undelivered, ..Outcome::done(step, self.ports.clock().now()) }
    }

    /// A replacement's outcome: made and published, made and left pending, or neither.
    fn published(&self, step: Step, published: Result<Publication, Stopped>, was_made_now: bool) -> Outcome {
        let publication = match published {
            Ok(publication) => publication,
            Err(stopped) => return Outcome::stopped(step, stopped),
        };
        let mut outcome = match publication.deferral() {
            None => Outcome::done(step, self.ports.clock().now()),
            Some((reason, why)) => Outcome::stopped(step, Stopped::Deferred { reason, why, retry_helps: true }),
        };
        outcome.published = was_made_now.then_some(outcome.status);
        outcome.made = Some(publication.replacement);
        outcome.secret_arn = publication.secret_arn;
        outcome.unreplicated = publication.unreplicated;
        outcome.retry_helps |= publication.undelivered.as_ref().is_some_and(Stopped::is_mended_by_a_retry);
        outcome.undelivered = publication.undelivered;
        outcome
    }
}

/// The steps that may be carried out, and the changes beyond the limit: the plan has the most urgent first.
fn split_at_limit(plan: AccountPlan, max_changes: usize) -> (Vec<Step>, Vec<Step>) {
    let mut changes = 0;
    plan.steps.into_iter().partition(|step| {
        changes += usize::from(step.action.is_change());
        !step.action.is_change() || changes <= max_changes
    })
}

/// The steps of each user, the users in the order of their most urgent step.
fn by_user(steps: Vec<Step>) -> Vec<Vec<Step>> {
    let mut users: Vec<Vec<Step>> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    for step in steps {
        let place = *places.entry(step.user.clone()).or_insert(users.len());
        match users.get_mut(place) {
            Some(user) => user.push(step),
            None => users.push(vec![step]),
        }
    }
    users
}
