//! The way of one account through a run.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::UserName;
use keywheel_core::ledger::{AccountLedger, Claim, JournalledPlan, JournalledStep};
use keywheel_core::plan::{AccountPlan, Action};
use keywheel_core::planner::{AccountView, plan_account, remember};
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_core::time::CLOCK_TOLERANCE;

use super::audit::{Sight, see};
use super::digests::{Teller, Telling};
use super::execute::Executor;
use super::limits::Counts;
use super::outcome::{Outcome, Stopped};
use super::report::{AccountRun, account_run};
use super::session::{LEASE, Session, SessionError};
use super::told::{fill_in_sent, note_asked};
use super::{Account, AccountError, Run, Settings};
use crate::ports::{Clock, LedgerStore, Ports, StoredLedger};

/// Looks after an account: sees, plans, and, when enforcing, carries out.
///
/// # Errors
/// When nothing could be done at all. What goes wrong with a user, or with a step, is part of the result.
pub async fn look_after<P: Ports>(
    ports: &P,
    run: &Run,
    account: &Account,
    settings: &Settings,
) -> Result<AccountRun, AccountError> {
    let id = &account.id;
    let now = ports.clock().now();
    let mut stored =
        ports.ledger().load(id).await.map_err(|source| AccountError::Ledger { account: id.clone(), source })?;
    let before = stored.ledger.clone();
    let notices = fill_in_sent(ports.notices(), &mut stored.ledger).await;
    notices.map_err(|source| AccountError::Notices { account: id.clone(), source })?;
    let sight = see(ports, account, settings, &stored.ledger, now).await;
    let sight = sight.map_err(|source| AccountError::Audit { account: id.clone(), source })?;
    let night = Night { ports, run, account, settings, now };
    let (ledger, plan) = night.plan(&stored.ledger, &sight);
    match run.mode {
        Mode::Audit => Ok(night.report(&ledger, &sight, &planned(plan))),
        Mode::Enforce => {
            stored.ledger = before;
            night.enforce(stored, ledger, &sight, plan).await
        }
    }
}

struct Night<'a, P> {
    ports: &'a P,
    run: &'a Run,
    account: &'a Account,
    settings: &'a Settings,
    now: Timestamp,
}

impl<P: Ports> Night<'_, P> {
    fn plan(&self, stored: &AccountLedger, sight: &Sight) -> (AccountLedger, AccountPlan) {
        let forced: BTreeSet<_> = self.run.forced.iter().cloned().collect();
        let view = AccountView {
            account: &self.account.id,
            users: &sight.users,
            ledger: stored,
            policy: &self.settings.policy,
            exemptions: &sight.exemptions,
            forced: &forced,
            is_first_sight: stored.sequence == 0,
            now: self.now,
        };
        let mut ledger = remember(&view);
        let there: BTreeSet<&UserName> =
            sight.users.iter().map(|user| &user.name).chain(sight.unseen.iter().map(|user| &user.name)).collect();
        ledger.users.retain(|name, record| there.contains(name) || !record.is_long_quiet(self.now));
        let plan = plan_account(&AccountView { ledger: &ledger, ..view });
        (ledger, plan)
    }

    async fn enforce(
        &self,
        stored: StoredLedger,
        remembered: AccountLedger,
        sight: &Sight,
        plan: AccountPlan,
    ) -> Result<AccountRun, AccountError> {
        if self.run.clock_is_off {
            return Ok(self.report(&remembered, sight, &all_deferred(plan)));
        }
        self.refuse_while_claimed(&stored.ledger, &plan, &remembered)?;
        let has_changes = plan.steps.iter().any(|step| step.action.is_change());
        let (run_id, writer) = (self.run.id.clone(), self.run.writer.clone());
        let session = Session::new(self.ports.ledger(), self.ports.clock(), run_id, writer, stored);
        if has_changes {
            self.begin(&session, &remembered, &plan).await?;
        }
        let settings = self.settings;
        let counts = session.read(Counts::of).await;
        let (policy, readers) = (&settings.policy, &settings.secret_readers);
        let executor = Executor::new(self.ports, &session, self.run, self.account, policy, readers, counts);
        let outcomes = executor.carry_out(plan).await;
        let tellings = self.teller(&remembered, sight).tellings(&outcomes);
        let finished = session.finish(|ledger| {
            if !has_changes {
                ledger.users.clone_from(&remembered.users);
            }
            note_holds(ledger, &outcomes, self.now);
            note_asked(ledger, &tellings, self.now);
        });
        let finished = finished.await;
        let mut report = self.report(&remembered, sight, &outcomes);
        if let Err(error) = finished {
            report.result.complete = false;
            report.retry_helps = true;
            add_error(&mut report, &format!("what was done could not be written down at the end: {error}"));
        }
        Ok(report)
    }

    /// Claims the account and writes the plan down, in one write.
    async fn begin(
        &self,
        session: &Session<'_, P::Ledger, P::Clock>,
        remembered: &AccountLedger,
        plan: &AccountPlan,
    ) -> Result<(), AccountError> {
        let mut journal = self.journal(plan);
        let begun = session.write(|ledger| {
            ledger.users.clone_from(&remembered.users);
            // A retry of the run goes on with its journal: what it made since then counts as made in this run.
            let earlier = ledger.plan.take().filter(|plan| plan.run_id == journal.run_id);
            if let Some(earlier) = earlier {
                journal.planned = earlier.planned.min(journal.planned);
                (journal.changes, journal.failures) = (earlier.changes, earlier.failures);
            }
            ledger.plan = Some(journal);
        });
        begun.await.map_err(|error| self.not_begun(&error))
    }

    /// Another run's claim stops this one, if it has anything to write. The same run's other process counts as another.
    fn refuse_while_claimed(
        &self,
        stored: &AccountLedger,
        plan: &AccountPlan,
        remembered: &AccountLedger,
    ) -> Result<(), AccountError> {
        let Some(claim) = &stored.claim else { return Ok(()) };
        let would_write = !plan.steps.is_empty() || stored.users != remembered.users;
        let is_live = claim.until > self.now && is_credible(claim, self.ports.clock().now());
        if claim.writer == self.run.writer || !is_live || !would_write {
            return Ok(());
        }
        Err(AccountError::Busy { account: self.account.id.clone(), run_id: claim.run_id.clone(), until: claim.until })
    }

    fn not_begun(&self, error: &SessionError) -> AccountError {
        let account = self.account.id.clone();
        match error {
            SessionError::ClaimLost => AccountError::Overtaken { account },
            SessionError::Failed(_) => AccountError::Journal { account, why: error.to_string() },
        }
    }

    fn journal(&self, plan: &AccountPlan) -> JournalledPlan {
        let changes = plan.steps.iter().filter(|step| step.action.is_change());
        let steps = changes.map(|step| JournalledStep {
            user: step.user.clone(),
            access_key_id: step.key.clone(),
            step: step.kind,
            reason: step.reason,
        });
        let run_id = self.run.id.clone();
        JournalledPlan { run_id, planned: self.now, steps: steps.collect(), changes: 0, failures: 0 }
    }

    fn teller<'a>(&'a self, ledger: &'a AccountLedger, sight: &'a Sight) -> Teller<'a> {
        let Self { run, account, settings, now, .. } = *self;
        Teller { run, account, settings, users: &sight.users, ledger, now }
    }

    fn report(&self, ledger: &AccountLedger, sight: &Sight, outcomes: &[Outcome]) -> AccountRun {
        let teller = self.teller(ledger, sight);
        let tellings = teller.tellings(outcomes);
        let unheard = unheard(&tellings);
        let mut report = account_run(self.run, &self.account.id, self.now, sight, outcomes, teller.digests(&tellings));
        if let Some(text) = unheard {
            add_error(&mut report, &text);
        }
        report
    }
}

/// No claim is longer than a lease. One that says so is a damaged ledger's, and would keep every run off the account.
fn is_credible(claim: &Claim, now: Timestamp) -> bool {
    let longest = SignedDuration::try_from(LEASE).unwrap_or(SignedDuration::MAX).saturating_add(CLOCK_TOLERANCE);
    claim.until.duration_since(now) <= longest
}

fn add_error(report: &mut AccountRun, text: &str) {
    let error = &mut report.result.error;
    *error = Some(error.take().map_or_else(|| text.to_owned(), |first| format!("{first}; {text}")));
}

/// What is said of notices that have no recipient. Where a notice is required, their keys would else be held for ever in silence.
fn unheard(tellings: &[Telling]) -> Option<String> {
    let users: BTreeSet<_> =
        tellings.iter().filter(|telling| telling.is_unheard()).map(|telling| &telling.user).collect();
    let first = users.first()?;
    Some(format!(
        "nobody can be told about the keys of {} users (user {first} is the first), so none of their keys is made inactive while \
         REQUIRE_NOTICE is true: the event names no plain e-mail address of the account, no tag names one in EMAIL_DOMAINS, and \
         SECURITY_EMAIL is not set; set one of them",
        users.len()
    ))
}

fn planned(plan: AccountPlan) -> Vec<Outcome> {
    plan.steps.into_iter().map(|step| Outcome::of(step, StepStatus::Planned)).collect()
}

/// Nothing is changed by a run whose clock cannot be trusted.
fn all_deferred(plan: AccountPlan) -> Vec<Outcome> {
    let why = "this function's clock and AWS's differ by more than 5 minutes";
    let deferred = || Stopped::Deferred { reason: Reason::ClockOff, why: why.to_owned(), retry_helps: true };
    plan.steps.into_iter().map(|step| Outcome::stopped(step, deferred())).collect()
}

fn is_hold(outcome: &Outcome) -> bool {
    outcome.step.action == Action::Hold
}

/// Marks keys as held since now, where they are not so marked yet.
fn note_holds(ledger: &mut AccountLedger, outcomes: &[Outcome], now: Timestamp) {
    for step in outcomes.iter().filter(|outcome| is_hold(outcome)).map(|outcome| &outcome.step) {
        if let Some(key) = &step.key {
            ledger.key_mut(&step.user, &step.user_id, key).held_since.get_or_insert(now);
        }
    }
}
