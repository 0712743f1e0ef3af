//! Puts away what is left of accounts that left the organization.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::Timestamp;
use keywheel_core::contract::departed::{DepartedAccounts, TooManyMissing};
use keywheel_core::contract::manifest::Manifest;
use keywheel_core::id::{AccountId, RunId, UserName};
use keywheel_core::ledger::{AccountLedger, KeyRecord, UserRecord};
use keywheel_core::policy::Mode;
use keywheel_core::secret::secret_name;
use keywheel_core::time::Days;

use crate::ports::{Clock, Departures, ListedAccount, PortError, ReadFailed, Secrets};

/// What the deployment wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PuttingAway {
    /// The account that looks, where it is known: a list that has it is that of its organization.
    pub home: Option<AccountId>,
    /// How long an account must have been missing.
    pub grace: Days,
    /// From then on no further account and no further secret is begun with.
    pub until: Timestamp,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PutAway {
    /// The accounts that were not missing before.
    pub newly_missing: Vec<AccountId>,
    /// The accounts of which nothing is left, but for secrets that can be restored and versions of objects.
    pub done: Vec<AccountId>,
    /// Those of which something is left for the next time, and why.
    pub failed: Vec<(AccountId, String)>,
}

/// Why nothing was put away.
#[derive(Debug, thiserror::Error)]
pub enum NotPutAway {
    /// Something could not be read or written.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The list cannot be that of the organization.
    #[error(transparent)]
    TooManyMissing(#[from] TooManyMissing),
}

/// Once a week: notes which accounts are missing in the list of a run, and puts away what is left of those that are for the whole grace. A run that lists
/// nothing whole, or changes nothing, stores no manifest that counts here, and neither does one of other days. `hub` holds the secrets of the central
/// store. `listing` asks Organizations again; it is awaited only where there is an account to put away.
///
/// # Errors
/// When a look fails, or more accounts are missing than leave an organization: then nothing is noted and nothing is put away.
pub async fn put_away<S: Departures, H: Secrets, C: Clock>(
    store: &S,
    hub: &H,
    clock: &C,
    listing: impl Future<Output = Result<Vec<ListedAccount>, String>> + Send,
    run: &RunId,
    wanted: PuttingAway,
) -> Result<PutAway, NotPutAway> {
    let now = clock.now();
    let before = store.departed().await?;
    if !DepartedAccounts::is_due(before.as_ref(), now) {
        return Ok(PutAway::default());
    }
    let counts = |manifest: &Manifest| {
        manifest.mode == Mode::Enforce && DepartedAccounts::is_news(before.as_ref(), manifest.at, now)
    };
    let Some(manifest) = store.manifest(run).await?.filter(counts) else {
        return Ok(PutAway::default());
    };
    let stored = store.with_ledger().await?;
    let mut departed =
        DepartedAccounts::noting(before.as_ref(), &stored, &listed(&manifest), wanted.home.as_ref(), now)?;
    store.put_departed(&departed).await?;
    let is_new = |account: &&AccountId| before.as_ref().is_none_or(|before| !before.accounts.contains_key(*account));
    let newly_missing = departed.accounts.keys().filter(is_new).cloned().collect();
    let mut put_away = PutAway { newly_missing, ..PutAway::default() };
    let due: Vec<_> = departed.due(wanted.grace).into_iter().cloned().collect();
    if due.is_empty() {
        return Ok(put_away);
    }
    if let Err(why) = are_gone(&due, &manifest, listing.await) {
        put_away.failed = due.into_iter().map(|account| (account, why.clone())).collect();
        return Ok(put_away);
    }
    let clearing = Clearing { store, hub, clock, until: wanted.until };
    for account in due {
        match clearing.clear(&account, &mut departed).await {
            Ok(()) => put_away.done.push(account),
            Err(why) => put_away.failed.push((account, why)),
        }
    }
    Ok(put_away)
}

/// Whether none of these accounts is in the organization at this very moment, by a list that is that of the run's organization.
fn are_gone(due: &[AccountId], manifest: &Manifest, listing: Result<Vec<ListedAccount>, String>) -> Result<(), String> {
    let listing = listing.map_err(|why| format!("the organization could not be listed again: {why}"))?;
    let now: BTreeSet<_> = listing.iter().map(|account| &account.id).collect();
    let before = listed(manifest);
    let still = before.intersection(&now).count();
    if still == 0 || still * 2 < before.len() {
        let of = before.len();
        return Err(format!("listed again, the organization has only {still} of the {of} accounts of the run"));
    }
    match due.iter().find(|account| now.contains(*account)) {
        Some(back) => Err(format!("listed again, the organization has account {back}")),
        None => Ok(()),
    }
}

/// Everybody in the organization: accounts that are suspended or out of scope are in the manifest, too.
fn listed(manifest: &Manifest) -> BTreeSet<&AccountId> {
    let invoked = manifest.accounts.iter().map(|account| &account.account);
    invoked.chain(manifest.skipped.iter().map(|account| &account.account)).collect()
}

/// The putting away of one account after the other.
struct Clearing<'a, S, H, C> {
    store: &'a S,
    hub: &'a H,
    clock: &'a C,
    until: Timestamp,
}

impl<S: Departures, H: Secrets, C: Clock> Clearing<'_, S, H, C> {
    /// Schedules the account's secrets, writes down which, and forgets the rest of it, if there is none of which that failed.
    async fn clear(&self, account: &AccountId, departed: &mut DepartedAccounts) -> Result<(), String> {
        self.in_time()?;
        let ledger = self.store.ledger(account).await.map_err(|error: ReadFailed| error.to_string())?;
        let mut scheduled = BTreeMap::new();
        if let Some(noted) = departed.accounts.get(account) {
            scheduled.clone_from(&noted.secrets_scheduled);
        }
        let before = scheduled.len();
        let failed = self.schedule_all(&ledger, &mut scheduled).await;
        if scheduled.len() > before {
            if let Some(noted) = departed.accounts.get_mut(account) {
                noted.secrets_scheduled = scheduled;
            }
            self.store.put_departed(departed).await.map_err(|error| error.to_string())?;
        }
        if !failed.is_empty() {
            return Err(failed.join("; "));
        }
        self.store.forget(account).await.map_err(|error| error.to_string())
    }

    /// Schedules the secrets that were not scheduled before, as many as there is time for, and says what failed.
    async fn schedule_all(&self, ledger: &AccountLedger, scheduled: &mut BTreeMap<UserName, Timestamp>) -> Vec<String> {
        let mut failed = Vec::new();
        for (user, record) in in_the_hub(ledger) {
            if scheduled.contains_key(user) {
                continue;
            }
            if let Err(why) = self.in_time() {
                failed.push(why);
                break;
            }
            match schedule(self.hub, &ledger.account, user, record).await {
                Ok(Scheduled::Yes) => drop(scheduled.insert(user.clone(), self.clock.now())),
                Ok(Scheduled::NotThere) => {}
                Err(why) => failed.push(why),
            }
        }
        failed
    }

    fn in_time(&self) -> Result<(), String> {
        if self.clock.now() < self.until { Ok(()) } else { Err("no time was left for it".to_owned()) }
    }
}

/// The users who may have a secret in the central store, by the ledger: a published one, the former one of a deployment that moved away, or one that was
/// being made. Those in the account itself are the account's.
fn in_the_hub(ledger: &AccountLedger) -> impl Iterator<Item = (&UserName, &UserRecord)> {
    let is_pending = |key: &KeyRecord| key.created.is_some() && key.published.is_none();
    let is_being_made = move |record: &UserRecord| record.intent.is_some() || record.keys.values().any(is_pending);
    let may_be_there =
        move |record: &UserRecord| record.secret_arn.is_some() || record.secret_left.is_some() || is_being_made(record);
    ledger.users.iter().filter(move |(_, record)| may_be_there(record))
}

enum Scheduled {
    Yes,
    NotThere,
}

/// Schedules a secret for deletion, if Keywheel made a version of it for that very user.
async fn schedule<H: Secrets>(
    hub: &H,
    account: &AccountId,
    user: &UserName,
    record: &UserRecord,
) -> Result<Scheduled, String> {
    let name = secret_name(account, user);
    let Some(state) = hub.describe(&name).await.map_err(|error| error.to_string())? else {
        return Ok(Scheduled::NotThere);
    };
    if state.scheduled_for_deletion {
        return Ok(Scheduled::Yes);
    }
    if !record.versions(account).iter().any(|version| state.version(version).is_some()) {
        return Err(format!("secret {name} has no version that Keywheel made for the user; it is left as it is"));
    }
    hub.schedule_deletion(&name).await.map_err(|error| error.to_string())?;
    Ok(Scheduled::Yes)
}
