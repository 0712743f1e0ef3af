//! Whose turn it is: an account is changed by one run at a time, and by one invocation of that run.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::ledger::{AccountLedger, Claim, JournalledPlan, JournalledStep};
use keywheel_core::plan::AccountPlan;
use keywheel_core::time::{CLOCK_TOLERANCE, plus};

use super::run::Night;
use super::session::{LEASE, Session, SessionError};
use super::{AccountError, Inheritance, Run};
use crate::ports::{Clock, Ports};

/// Lambda keeps an asynchronous event for six hours at most (Lambda developer guide, "Asynchronous invocation"), and the last
/// of its tries takes a quarter of an hour at most.
const LATEST_TRY: SignedDuration = SignedDuration::from_mins(6 * 60 + 15);

impl Run {
    /// Where the run keeps its journal: a night that is tried again finds its own, whatever was asked for in between.
    pub(super) fn journal<'a>(&self, ledger: &'a AccountLedger) -> Option<&'a JournalledPlan> {
        if self.is_asked_for() { ledger.action.as_ref() } else { ledger.plan.as_ref() }
    }

    /// The same, for writing.
    pub(super) fn journal_mut<'a>(&self, ledger: &'a mut AccountLedger) -> &'a mut Option<JournalledPlan> {
        if self.is_asked_for() { &mut ledger.action } else { &mut ledger.plan }
    }
}

impl<P: Ports> Night<'_, P> {
    /// Claims the account and writes the plan down, in one write.
    pub(super) async fn begin(
        &self,
        session: &Session<'_, P::Ledger, P::Clock>,
        remembered: &AccountLedger,
        plan: &AccountPlan,
    ) -> Result<(), AccountError> {
        let begun = session.write(|ledger| {
            ledger.users.clone_from(&remembered.users);
            // A retry of the run goes on with its journal: what it made since then counts as made in this run.
            let earlier = self.journal_so_far(ledger);
            let planned = earlier.planned.min(self.now);
            *self.run.journal_mut(ledger) = Some(JournalledPlan { planned, steps: steps(plan), ..earlier });
        });
        begun.await.map_err(|error| self.not_begun(&error))
    }

    /// Another run's claim stops this one, if it has anything to write. The same run's other process counts as another.
    pub(super) fn refuse_while_claimed(&self, stored: &AccountLedger) -> Result<(), AccountError> {
        self.claim_of_another(stored).map_or(Ok(()), |claim| Err(self.busy(claim)))
    }

    /// Whether no other run has the account.
    pub(super) fn is_unclaimed(&self, stored: &AccountLedger) -> bool {
        self.claim_of_another(stored).is_none()
    }

    fn claim_of_another<'l>(&self, stored: &'l AccountLedger) -> Option<&'l Claim> {
        stored.claim.as_ref().filter(|claim| claim.writer != self.run.writer && self.is_live(claim))
    }

    /// Takes over the claim that an earlier invocation of the run left to this one, and to nobody else: of an event that arrives
    /// twice, one finds the other's claim. A retry of this invocation is known by the journal.
    pub(super) async fn take_over(
        &self,
        session: &Session<'_, P::Ledger, P::Clock>,
        stored: &AccountLedger,
    ) -> Result<(), AccountError> {
        let Some(left) = &self.run.inherited else { return Ok(()) };
        self.refuse_unless_heir(stored, left)?;
        let taken = session.write(|ledger| {
            let journal = self.journal_so_far(ledger);
            ledger.plan = Some(JournalledPlan { inherited: Some(left.claim.clone()), ..journal });
        });
        taken.await.map_err(|error| self.not_begun(&error))
    }

    fn refuse_unless_heir(&self, stored: &AccountLedger, left: &Inheritance) -> Result<(), AccountError> {
        match &stored.claim {
            Some(claim) if claim.writer == left.claim => return Ok(()),
            Some(claim) if self.is_live(claim) => return Err(self.busy(claim)),
            _ => {}
        }
        let journal = stored.plan.as_ref().filter(|plan| plan.run_id == self.run.id);
        if journal.is_some_and(|plan| plan.inherited.as_ref() == Some(&left.claim)) {
            return Ok(());
        }
        Err(AccountError::Overtaken { account: self.account.id.clone() })
    }

    /// The journal of this run as far as there is one.
    fn journal_so_far(&self, ledger: &AccountLedger) -> JournalledPlan {
        let run_id = self.run.id.clone();
        let earlier =
            self.run.journal(ledger).cloned().filter(|plan| plan.run_id == run_id && self.is_of_this_run(plan));
        earlier.unwrap_or_else(|| JournalledPlan {
            run_id,
            planned: self.now,
            steps: Vec::new(),
            changes: 0,
            failures: 0,
            creations: BTreeSet::new(),
            inherited: None,
        })
    }

    /// A schedule may send the same run id with every action: what it asked for long ago is no earlier try of this one.
    fn is_of_this_run(&self, plan: &JournalledPlan) -> bool {
        !self.run.is_asked_for() || self.now < plus(plan.planned, LATEST_TRY)
    }

    fn is_live(&self, claim: &Claim) -> bool {
        claim.until > self.now && is_credible(claim, self.ports.clock().now())
    }

    fn busy(&self, claim: &Claim) -> AccountError {
        AccountError::Busy { account: self.account.id.clone(), run_id: claim.run_id.clone(), until: claim.until }
    }

    fn not_begun(&self, error: &SessionError) -> AccountError {
        let account = self.account.id.clone();
        match error {
            SessionError::ClaimLost => AccountError::Overtaken { account },
            SessionError::Failed(_) => AccountError::Journal { account, why: error.to_string() },
        }
    }
}

fn steps(plan: &AccountPlan) -> Vec<JournalledStep> {
    let changes = plan.steps.iter().filter(|step| step.action.is_change());
    let step = |step: &keywheel_core::plan::Step| JournalledStep {
        user: step.user.clone(),
        access_key_id: step.key.clone(),
        step: step.kind,
        reason: step.reason,
        overridden: step.overridden.clone(),
    };
    changes.map(step).collect()
}

/// No claim is longer than a lease. One that says so is a damaged ledger's, and would keep every run off the account.
fn is_credible(claim: &Claim, now: Timestamp) -> bool {
    let longest = SignedDuration::try_from(LEASE).unwrap_or(SignedDuration::MAX).saturating_add(CLOCK_TOLERANCE);
    claim.until.duration_since(now) <= longest
}
