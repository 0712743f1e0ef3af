//! The way of one account through a run.

use std::collections::BTreeSet;
use std::time::Duration;

use keywheel_core::Timestamp;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::UserName;
use keywheel_core::ledger::AccountLedger;
use keywheel_core::plan::{AccountPlan, Action};
use keywheel_core::planner::{AccountView, plan_account, plan_explicit, remember};
use keywheel_core::policy::{ExemptionGroup, Mode};
use keywheel_core::reason::Reason;

use super::attach::unattached;
use super::audit::{Sight, UnseenUser, see, see_one};
use super::digests::{Teller, Telling};
use super::execute::Executor;
use super::hand_on::Rest;
use super::limits::Counts;
use super::listing::Share;
use super::outcome::{Outcome, Stopped};
use super::report::{AccountRun, account_run};
use super::session::{Session, SessionError};
use super::told::{fill_in_sent, note_asked, note_reported};
use super::unreachable::NO_PLAIN_OWNER;
use super::{Account, AccountError, Run, Settings};
use crate::ports::{Clock, LedgerStore, PortError, Ports};

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
    let id = &account.id;
    let now = ports.clock().now();
    let stored =
        ports.ledger().load(id).await.map_err(|source| AccountError::Ledger { account: id.clone(), source })?;
    let before = stored.ledger.clone();
    let session = Session::new(ports.ledger(), ports.clock(), run.id.clone(), run.writer.clone(), stored);
    let night = Night { ports, run, account, settings, now };
    let is_heir = run.inherited.is_some() && run.mode == Mode::Enforce && !run.clock_is_off;
    if is_heir {
        night.take_over(&session, &before).await?;
    }
    let mut known = before.clone();
    let filled_in = fill_in_sent(ports.notices(), &mut known, now).await;
    filled_in.map_err(|source| AccountError::Notices { account: id.clone(), source })?;
    // Whoever holds the claim while looking, which may take long, keeps it. That it was lost shows before the first change.
    let keep = async || {
        if is_heir && let Err(error) = session.hold_for(WHILE_LOOKING).await {
            tracing::warn!(%error, "the claim could not be renewed");
        }
    };
    let sight = night.look(&known, keep).await;
    let sight = sight.map_err(|source| AccountError::Audit { account: id.clone(), source })?;
    let (ledger, plan) = night.plan(&known, &sight);
    match run.mode {
        Mode::Audit => {
            let mut outcomes: Vec<_> = plan.steps.into_iter().map(Outcome::planned).collect();
            outcomes.extend(night.teller(&ledger, &sight).unreachable(&outcomes));
            let rest = Rest::of(run, &sight, &outcomes);
            let tellings = night.teller(&ledger, &sight).tellings(&outcomes);
            Ok(night.report(&ledger, &sight, &outcomes, &tellings, rest))
        }
        Mode::Enforce => night.enforce(&session, &before, ledger, &sight, plan).await,
    }
}

impl Run {
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
    /// Looks at the users of this invocation: at one, where an explicit action names it.
    async fn look(&self, known: &AccountLedger, seen: impl AsyncFn()) -> Result<Sight, PortError> {
        let Self { ports, run, account, settings, now } = *self;
        if let Some(action) = &run.explicit {
            return Ok(see_one(ports, account, settings, known, &action.username).await);
        }
        let from = run.inherited.as_ref().and_then(|left| left.from.as_ref());
        let until = run.looks_until(now);
        let sweep =
            run.inherited.as_ref().map_or_else(|| run.sweep || known.is_sweep_due(run.mode, now), |left| left.sweep);
        let share = Share { from, until, sweep, forced: &run.forced() };
        see(ports, account, settings, known, share, seen).await
    }

    fn plan(&self, stored: &AccountLedger, sight: &Sight) -> (AccountLedger, AccountPlan) {
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
            return (ledger, plan);
        }
        let there: BTreeSet<&UserName> = sight.names().collect();
        ledger.users.retain(|name, record| there.contains(name) || !record.is_long_quiet(self.now));
        let plan = plan_account(&AccountView { ledger: &ledger, ..view });
        (ledger, plan)
    }

    async fn enforce(
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
        let counts = session.read(|ledger| Counts::of(self.run, ledger)).await;
        let (policy, readers) = (&self.settings.policy, &self.settings.secret_readers);
        let executor = Executor::new(self.ports, session, self.run, self.account, policy, readers, counts);
        let outcomes = executor.carry_out(plan).await;
        let rest = Rest::of(self.run, sight, &outcomes);
        let mut outcomes = rest.without_left(outcomes);
        let unreachable = self.teller(&remembered, sight).unreachable(&outcomes);
        // Who is left to the next invocation is reported there, but for what was done for it here.
        let is_told = |user: &UserName| rest.is_ours(user) || outcomes.iter().any(|outcome| outcome.step.user == *user);
        let unreachable: Vec<_> = unreachable.into_iter().filter(|outcome| is_told(&outcome.step.user)).collect();
        outcomes.extend(unreachable);
        let mut tellings = self.teller(&remembered, sight).tellings(&outcomes);
        let last_facts = |ledger: &mut AccountLedger| {
            if !has_changes {
                ledger.users.clone_from(&remembered.users);
            }
            note_holds(ledger, &outcomes, self.now);
            note_asked(ledger, &tellings, self.now);
            let looked_at = sight.users.iter().map(|user| &user.name).filter(|user| rest.is_ours(user));
            note_reported(ledger, looked_at, &tellings);
            note_undecided(ledger, &outcomes, sight);
            // Not worth waiting for another run's claim, which stands in the way of everything else.
            if would_write || self.is_unclaimed(before) {
                note_look(ledger, sight, &rest, self.now);
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
            add_error(&mut report, &text);
            report.hand_over_error();
        }
        Ok(report)
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
        add_error(&mut report, &format!("what was done could not be written down at the end: {why}"));
        report
    }

    fn teller<'a>(&'a self, ledger: &'a AccountLedger, sight: &'a Sight) -> Teller<'a> {
        let Self { run, account, settings, now, .. } = *self;
        Teller { run, account, settings, users: &sight.users, ledger, now }
    }

    fn report(
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
            add_error(&mut report, NO_PLAIN_OWNER);
        }
        if let Some(text) = unheard {
            add_error(&mut report, &text);
        }
        report.hand_over_error();
        report
    }
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

/// Marks users about whom something was left undecided or undone: the credential report may not show it tomorrow.
fn note_undecided(ledger: &mut AccountLedger, outcomes: &[Outcome], sight: &Sight) {
    let is_open = |outcome: &&Outcome| {
        let reason = outcome.because.unwrap_or(outcome.step.reason);
        let is_unknown = matches!(reason, Reason::LastUsedUnknown | Reason::SecretUnknown | Reason::Frozen);
        outcome.status == StepStatus::Deferred || is_unknown
    };
    let open = outcomes.iter().filter(is_open).map(|outcome| (&outcome.step.user, &outcome.step.user_id));
    for (user, user_id) in open.chain(sight.unseen.iter().filter_map(UnseenUser::known)) {
        ledger.user_mut(user, user_id).look_again = true;
    }
}

/// Notes since when the account is looked after, and that every user was looked at.
fn note_look(ledger: &mut AccountLedger, sight: &Sight, rest: &Rest, now: Timestamp) {
    ledger.since.get_or_insert(now);
    let exemptions_are_known = !matches!(sight.exemptions, ExemptionGroup::Unknown { .. });
    if sight.is_whole_sweep() && matches!(rest, Rest::None) && exemptions_are_known {
        ledger.swept = Some(now);
    }
}
