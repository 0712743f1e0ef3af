//! The rest of an account's way where changes are allowed: the plan is written down, carried out, and told.

use keywheel_core::id::UserName;
use keywheel_core::ledger::AccountLedger;
use keywheel_core::plan::AccountPlan;
use keywheel_core::reason::Reason;

use super::AccountError;
use super::attach::unattached;
use super::audit::Sight;
use super::execute::Executor;
use super::facts::Facts;
use super::hand_on::Rest;
use super::limits::Counts;
use super::outcome::{Outcome, Stopped};
use super::report::AccountRun;
use super::run::Night;
use super::session::{Session, SessionError};
use super::telling::Telling;
use crate::ports::Ports;

impl<P: Ports> Night<'_, P> {
    /// Writes the plan down, carries it out, and says what became of it.
    pub(super) async fn enforce(
        &self,
        session: &Session<'_, P::Ledger, P::Clock>,
        before: &AccountLedger,
        remembered: AccountLedger,
        sight: &Sight,
        plan: AccountPlan,
    ) -> Result<AccountRun, AccountError> {
        if self.run.clock_is_off {
            return Ok(self.report(&remembered, sight, &all_deferred(plan), &[], Rest::None));
        }
        let would_write = !plan.steps.is_empty() || before.users != remembered.users || sight.next.is_some();
        if self.run.inherited.is_none() && would_write {
            self.refuse_while_claimed(before)?;
        }
        let has_changes = plan.steps.iter().any(|step| step.action.is_change());
        if has_changes {
            self.begin(session, &remembered, &plan).await?;
        }
        let (outcomes, rest) = self.carry_out(session, &remembered, sight, plan).await;
        let mut tellings = self.teller(&remembered, sight).tellings(&outcomes);
        let facts = Facts { outcomes: &outcomes, tellings: &tellings, sight, rest: &rest, now: self.now };
        let last_facts = |ledger: &mut AccountLedger| {
            if !has_changes {
                ledger.users.clone_from(&remembered.users);
            }
            facts.note(ledger);
            // Not worth waiting for another run's claim, which stands in the way of everything else.
            if would_write || self.is_unclaimed(before) {
                facts.note_look(ledger);
            }
        };
        let finished = match &rest {
            Rest::HandedOn(left) => session.pass_on(&left.claim, last_facts).await,
            Rest::None | Rest::Waits(_) => session.finish(last_facts).await,
        };
        let problems = self.attach(&mut tellings, &remembered).await;
        let mut report = match finished {
            Ok(()) => self.report(&remembered, sight, &outcomes, &tellings, rest),
            // Another run wrote in between, and this one has nothing to say that matters.
            Err(SessionError::ClaimLost) if !would_write => self.report(&remembered, sight, &outcomes, &tellings, rest),
            Err(error) => self.unfinished(&remembered, sight, &outcomes, &tellings, &error),
        };
        if let Some(text) = unattached(&problems) {
            report.add_error(&text);
            report.hand_over_error();
        }
        Ok(report)
    }

    /// What became of the plan, what is said of owners whom no mail reaches, and what is left.
    async fn carry_out(
        &self,
        session: &Session<'_, P::Ledger, P::Clock>,
        remembered: &AccountLedger,
        sight: &Sight,
        plan: AccountPlan,
    ) -> (Vec<Outcome>, Rest) {
        let counts = session.read(|ledger| Counts::of(self.run, ledger)).await;
        let (policy, readers) = (&self.settings.policy, &self.settings.secret_readers);
        let executor = Executor::new(self.ports, session, self.run, self.account, policy, readers, counts);
        let outcomes = executor.carry_out(plan).await;
        let rest = Rest::of(self.run, sight, &outcomes);
        let mut outcomes = rest.without_left(outcomes);
        let unreachable = self.teller(remembered, sight).unreachable(&outcomes);
        // Who is left to the next invocation is reported there, but for what was done for it here.
        let is_told = |user: &UserName| rest.is_ours(user) || outcomes.iter().any(|outcome| outcome.step.user == *user);
        let unreachable: Vec<_> = unreachable.into_iter().filter(|outcome| is_told(&outcome.step.user)).collect();
        outcomes.extend(unreachable);
        (outcomes, rest)
    }

    /// What was done stands, and nobody can be handed the rest: a retry takes it up once the claim has lapsed.
    fn unfinished(
        &self,
        ledger: &AccountLedger,
        sight: &Sight,
        outcomes: &[Outcome],
        tellings: &[Telling],
        why: &SessionError,
    ) -> AccountRun {
        let mut report = self.report(ledger, sight, outcomes, tellings, Rest::None);
        report.result.complete = false;
        report.retry_helps = true;
        report.add_error(&format!("what was done could not be written down at the end: {why}"));
        report
    }
}

/// Nothing is changed by a run whose clock cannot be trusted.
fn all_deferred(plan: AccountPlan) -> Vec<Outcome> {
    let why = "this function's clock and AWS's differ by more than 5 minutes";
    let deferred = || Stopped::Deferred { reason: Reason::ClockOff, why: why.to_owned(), retry_helps: true };
    plan.steps.into_iter().map(|step| Outcome::stopped(step, deferred())).collect()
}
