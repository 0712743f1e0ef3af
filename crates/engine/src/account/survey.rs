//! The look at an account and the plan of a night that changes, claims, writes and tells nothing.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use keywheel_core::Timestamp;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::{AccountId, UserName};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::observed::ObservedUser;
use keywheel_core::plan::AccountPlan;
use keywheel_core::planner::{AccountView, QuietUser};
use keywheel_core::policy::{ExemptionGroup, Mode, Policy};

use super::audit::{LOOKS_AT_ONCE, Sight, is_exempt};
use super::hand_on::Rest;
use super::outcome::Outcome;
use super::report::AccountRun;
use super::run::Night;
use super::see_user::see_wholly;
use super::told::{fill_in_sent, forget_copies};
use super::{Account, AccountError, Run, Settings};
use crate::ports::{Clock, LedgerStore, PortError, Ports, StoredLedger};

/// What was seen of an account, and what a night would make of it.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The account.
    pub account: AccountId,
    /// When it was looked at.
    pub at: Timestamp,
    /// Every user whose keys could be seen, in the order of their names.
    pub users: Vec<ObservedUser>,
    /// Users whose keys could not be listed.
    pub unseen: Vec<UnseenUser>,
    /// Users who were passed over, because nothing can be due for them; none in a sweep.
    pub quiet: Vec<QuietUser>,
    /// Users for whom there was no time.
    pub left: Vec<UserName>,
    /// Who is in the exemption group.
    pub exemptions: ExemptionGroup,
    /// The ledger as it is stored, with what notification recorded; empty where there is none.
    pub ledger: AccountLedger,
    /// That ledger with what was seen now: the plan goes by it, and nothing stores it.
    pub remembered: AccountLedger,
    /// What an enforcing night would set out to do.
    pub plan: AccountPlan,
    /// The result that an audit would store.
    pub result: AccountResult,
}

/// A user whose keys could not be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnseenUser {
    /// The user.
    pub user: UserName,
    /// What went wrong.
    pub error: PortError,
}

impl Survey {
    /// What the plan was made from, for whoever asks the planner something else; `policy` is the surveyed one, or another to try out.
    #[must_use]
    pub fn view<'a>(&'a self, policy: &'a Policy, forced: &'a BTreeSet<UserName>) -> AccountView<'a> {
        AccountView {
            account: &self.account,
            users: &self.users,
            quiet: &self.quiet,
            ledger: &self.ledger,
            policy,
            exemptions: &self.exemptions,
            forced,
            is_first_sight: self.ledger.sequence == 0,
            now: self.at,
        }
    }

    /// Whether the account has a ledger. Without one dates start from what is observed.
    #[must_use]
    pub fn has_memory(&self) -> bool {
        self.ledger.sequence > 0
    }
}

/// Looks at an account and plans as a night would, with the same code; whatever the run's mode, nothing is changed, claimed, written or
/// told. With `run.sweep` every user is looked at. Of exempt users more is seen than a night sees: their keys' last use, and their secrets.
///
/// # Errors
/// When nothing could be seen at all. A user who could not be seen is part of the survey.
pub async fn survey<P: Ports>(
    ports: &P,
    run: &Run,
    account: &Account,
    settings: &Settings,
) -> Result<Survey, AccountError> {
    let audit = Run { mode: Mode::Audit, ..run.clone() };
    let night = Night { ports, run: &audit, account, settings, now: ports.clock().now() };
    let stored = night.stored().await?;
    let ledger = night.known(&stored.ledger).await?;
    let sight = night.look(&ledger, async || {}).await?;
    let (remembered, plan) = night.plan(&ledger, &sight);
    let result = night.audit(&remembered, &sight, plan.clone()).result;
    let sight = see_exempt(ports, account, settings, &ledger, sight).await;
    let unseen = sight.unseen.into_iter().map(|user| UnseenUser { user: user.name, error: user.error });
    Ok(Survey {
        account: account.id.clone(),
        at: night.now,
        users: sight.users,
        unseen: unseen.collect(),
        quiet: sight.quiet,
        left: sight.others.into_iter().map(|(name, _)| name).collect(),
        exemptions: sight.exemptions,
        ledger,
        remembered,
        plan,
        result,
    })
}

/// The users, those who are exempt as wholly as the others: for whoever asks what happens once they are exempt no more.
async fn see_exempt<P: Ports>(
    ports: &P,
    account: &Account,
    settings: &Settings,
    ledger: &AccountLedger,
    sight: Sight,
) -> Sight {
    let now = ports.clock().now();
    let exemptions = &sight.exemptions;
    let sights = sight.users.into_iter().map(|user| async move {
        let record = ledger.users.get(&user.name);
        let exempt = is_exempt(&user, exemptions, settings, now);
        if exempt { see_wholly(ports, &account.id, user, record).await } else { user }
    });
    let users = stream::iter(sights).buffered(LOOKS_AT_ONCE).collect().await;
    Sight { users, ..sight }
}

impl<P: Ports> Night<'_, P> {
    /// The ledger as it is stored.
    pub(super) async fn stored(&self) -> Result<StoredLedger, AccountError> {
        let id = &self.account.id;
        self.ports.ledger().load(id).await.map_err(|source| AccountError::Ledger { account: id.clone(), source })
    }

    /// That ledger with what notification recorded.
    pub(super) async fn known(&self, stored: &AccountLedger) -> Result<AccountLedger, AccountError> {
        let mut known = stored.clone();
        if self.settings.audience.security_email.is_none() {
            forget_copies(&mut known);
        }
        let filled_in = fill_in_sent(self.ports.notices(), &mut known, self.now).await;
        filled_in.map_err(|source| AccountError::Notices { account: self.account.id.clone(), source })?;
        Ok(known)
    }

    /// What an audit says: everything is planned, and nothing done.
    pub(super) fn audit(&self, ledger: &AccountLedger, sight: &Sight, plan: AccountPlan) -> AccountRun {
        let mut outcomes: Vec<_> = plan.steps.into_iter().map(Outcome::planned).collect();
        outcomes.extend(self.teller(ledger, sight).unreachable(&outcomes));
        let rest = Rest::of(self.run, sight, &outcomes);
        // Whoever asks what would be done is told by the result, and nobody else wants to know.
        let is_night = !self.run.is_asked_for();
        let tellings = if is_night { self.teller(ledger, sight).tellings(&outcomes) } else { Vec::new() };
        self.report(ledger, sight, &outcomes, &tellings, rest)
    }
}
