//! The way of one account through a run.

use std::collections::BTreeSet;
use std::time::Duration;

use keywheel_core::Timestamp;
use keywheel_core::contract::reviewed::ReviewedPlan;
use keywheel_core::id::UserName;
use keywheel_core::ledger::{AccountLedger, Present};
use keywheel_core::plan::AccountPlan;
use keywheel_core::planner::{AccountView, only_reviewed, plan_account, plan_explicit, plan_housekeeping, remember};
use keywheel_core::policy::Mode;

use super::audit::{Sight, see, see_one};
use super::hand_on::Rest;
use super::listing::Share;
use super::outcome::Outcome;
use super::report::{AccountRun, account_run, unheard};
use super::reviewed::as_reviewed;
use super::session::Session;
use super::telling::{Teller, Telling};
use super::unreachable::NO_PLAIN_OWNER;
use super::{Account, AccountError, Run, Settings};
use crate::ports::{Clock, PortError, Ports};

/// A claim that is kept while looking is renewed when it holds for less than this.
const WHILE_LOOKING: Duration = Duration::from_mins(1);

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
    let night = Night { ports, run, account, settings, now: ports.clock().now() };
    let stored = night.stored().await?;
    let before = stored.ledger.clone();
    let session = Session::new(ports.ledger(), ports.clock(), run.id.clone(), run.writer.clone(), stored);
    let is_heir = run.inherited.is_some() && run.mode == Mode::Enforce && !run.clock_is_off;
    if is_heir {
        night.take_over(&session, &before).await?;
    }
    let known = night.known(&before).await?;
    // Whoever holds the claim while looking, which may take long, keeps it. That it was lost shows before the first change.
    let keep = async || {
        if is_heir && let Err(error) = session.hold_for(WHILE_LOOKING).await {
            tracing::warn!(%error, "the claim could not be renewed");
        }
    };
    let sight = night.look(&known, keep).await?;
    let (ledger, plan) = night.plan(&known, &sight);
    match run.mode {
        Mode::Audit => Ok(night.audit(&ledger, &sight, plan)),
        Mode::Enforce => night.enforce(&session, &before, ledger, &sight, plan).await,
    }
}

impl Run {
    /// Whether somebody asked for something, and this is no night.
    pub(super) fn is_asked_for(&self) -> bool {
        self.explicit.is_some() || self.reviewed.is_some()
    }

    fn forced(&self) -> BTreeSet<UserName> {
        self.forced.iter().cloned().collect()
    }
}

/// One account in one invocation of a run.
pub(super) struct Night<'a, P> {
    pub(super) ports: &'a P,
    pub(super) run: &'a Run,
    pub(super) account: &'a Account,
    pub(super) settings: &'a Settings,
    pub(super) now: Timestamp,
}

impl<P: Ports> Night<'_, P> {
    /// Looks at the users of this invocation.
    pub(super) async fn look(&self, known: &AccountLedger, seen: impl AsyncFn()) -> Result<Sight, AccountError> {
        let sight = self.sight(known, seen).await;
        sight.map_err(|source| AccountError::Audit { account: self.account.id.clone(), source })
    }

    /// At one user, where an explicit action names it.
    async fn sight(&self, known: &AccountLedger, seen: impl AsyncFn()) -> Result<Sight, PortError> {
        let Self { ports, run, account, settings, now } = *self;
        if let Some(action) = &run.explicit {
            return Ok(see_one(ports, account, settings, known, &action.username).await);
        }
        let from = run.inherited.as_ref().and_then(|left| left.from.as_ref());
        let until = run.looks_until(now);
        let sweep =
            run.inherited.as_ref().map_or_else(|| run.sweep || known.is_sweep_due(run.mode, now), |left| left.sweep);
        let only = run.reviewed.as_ref().map(ReviewedPlan::users);
        let sweep = sweep && only.is_none();
        let share = Share { from, until, sweep, forced: &run.forced(), only: only.as_ref() };
        see(ports, account, settings, known, share, seen).await
    }

    pub(super) fn plan(&self, stored: &AccountLedger, sight: &Sight) -> (AccountLedger, AccountPlan) {
        let forced = self.run.forced();
        let view = AccountView {
            account: &self.account.id,
            users: &sight.users,
            quiet: &sight.quiet,
            ledger: stored,
            policy: &self.settings.policy,
            exemptions: &sight.exemptions,
            forced: &forced,
            is_first_sight: stored.sequence == 0,
            now: self.now,
        };
        let mut ledger = remember(&view);
        if let Some(action) = &self.run.explicit {
            // Nothing was seen of any other user, so nothing of them is forgotten.
            let plan = plan_explicit(&AccountView { ledger: &ledger, ..view }, action);
            return (ledger, as_reviewed(plan, &action.reviewed));
        }
        let there: Present<'_> = sight.present().collect();
        // A reviewed plan is about some users alone.
        let is_whole = sight.is_whole_sweep() && self.run.reviewed.is_none();
        ledger.note_gone(&there, is_whole, self.now);
        ledger.forget_gone(&there, &self.settings.policy, self.now);
        let mut plan = plan_account(&AccountView { ledger: &ledger, ..view });
        if is_whole {
            plan.steps.extend(plan_housekeeping(&AccountView { ledger: &ledger, ..view }, &there));
        }
        let Some(reviewed) = &self.run.reviewed else { return (ledger, plan) };
        let plan = only_reviewed(&view, plan, reviewed);
        for user in &sight.users {
            // What else is planned for the user is left to the next night, which must not pass the user over.
            ledger.user_mut(&user.name, &user.user_id).look_again = true;
        }
        (ledger, plan)
    }

    pub(super) fn teller<'a>(&'a self, ledger: &'a AccountLedger, sight: &'a Sight) -> Teller<'a> {
        let Self { run, account, settings, now, .. } = *self;
        Teller { run, account, settings, users: &sight.users, ledger, now }
    }

    pub(super) fn report(
        &self,
        ledger: &AccountLedger,
        sight: &Sight,
        outcomes: &[Outcome],
        tellings: &[Telling],
        rest: Rest,
    ) -> AccountRun {
        let teller = self.teller(ledger, sight);
        let unheard = unheard(tellings);
        let mut report = account_run(self.run, &self.account.id, self.now, sight, outcomes, rest);
        report.digests = teller.digests(tellings);
        if teller.rejects_account_owner() {
            report.add_error(NO_PLAIN_OWNER);
        }
        if let Some(text) = unheard {
            report.add_error(&text);
        }
        report.hand_over_error();
        report
    }
}
