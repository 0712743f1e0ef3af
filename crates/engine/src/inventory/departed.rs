//! Puts away what is left of accounts that left the organization.

use std::collections::BTreeSet;

use keywheel_core::Timestamp;
use keywheel_core::contract::departed::{DepartedAccounts, TooManyMissing};
use keywheel_core::contract::manifest::Manifest;
use keywheel_core::id::{AccountId, RunId};
use keywheel_core::ledger::{AccountLedger, UserRecord};
use keywheel_core::policy::Mode;
use keywheel_core::secret::secret_name;
use keywheel_core::time::Days;

use crate::ports::{Clock, Departures, ListedAccount, PortError, ReadFailed, Secrets};

/// What the deployment wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PuttingAway {
    /// How long an account must have been missing.
    pub grace: Days,
    /// From then on no further account is begun with.
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
    let departed = DepartedAccounts::noting(before.as_ref(), &stored, &listed(&manifest), now)?;
    store.put_departed(&departed).await?;
    let is_new = |account: &&AccountId| before.as_ref().is_none_or(|before| !before.accounts.contains_key(*account));
    let newly_missing = departed.accounts.keys().filter(is_new).cloned().collect();
    let mut put_away = PutAway { newly_missing, ..PutAway::default() };
    let due = departed.due(wanted.grace);
    if due.is_empty() {
        return Ok(put_away);
    }
    if let Err(why) = are_gone(&due, &manifest, listing.await) {
        put_away.failed = due.into_iter().map(|account| (account.clone(), why.clone())).collect();
        return Ok(put_away);
    }
    clear_all(store, hub, clock, wanted.until, &due, &mut put_away).await;
    Ok(put_away)
}

async fn clear_all<S: Departures, H: Secrets, C: Clock>(
    store: &S,
    hub: &H,
    clock: &C,
    until: Timestamp,
    due: &[&AccountId],
    put_away: &mut PutAway,
) {
    for account in due.iter().copied() {
        if clock.now() >= until {
            break;
        }
        match clear(store, hub, account).await {
            Ok(()) => put_away.done.push(account.clone()),
            Err(why) => put_away.failed.push((account.clone(), why)),
        }
    }
}

/// Whether none of these accounts is in the organization at this very moment, by a list that is that of the run's organization.
fn are_gone(
    due: &[&AccountId],
    manifest: &Manifest,
    listing: Result<Vec<ListedAccount>, String>,
) -> Result<(), String> {
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

async fn clear<S: Departures, H: Secrets>(store: &S, hub: &H, account: &AccountId) -> Result<(), String> {
    let ledger = store.ledger(account).await.map_err(|error: ReadFailed| error.to_string())?;
    for (name, user) in in_the_hub(&ledger) {
        schedule(hub, account, &name, user).await?;
    }
    store.forget(account).await.map_err(|error| error.to_string())
}

/// The users whose secrets the ledger knows in the central store. Those in the account itself are the account's.
fn in_the_hub(ledger: &AccountLedger) -> impl Iterator<Item = (String, &UserRecord)> {
    let users = ledger.users.iter().filter(|(_, record)| record.secret_arn.is_some());
    users.map(|(name, record)| (secret_name(&ledger.account, name), record))
}

/// Schedules a secret for deletion, if Keywheel made a version of it for that very user.
async fn schedule<H: Secrets>(hub: &H, account: &AccountId, name: &str, user: &UserRecord) -> Result<(), String> {
    let state = hub.describe(name).await.map_err(|error| error.to_string())?;
    let Some(state) = state.filter(|state| !state.scheduled_for_deletion) else { return Ok(()) };
    if !user.versions(account).iter().any(|version| state.version(version).is_some()) {
        return Err(format!("secret {name} has no version that Keywheel made for the user; it is left as it is"));
    }
    hub.schedule_deletion(name).await.map_err(|error| error.to_string())
}
