//! One run over the organization: lists every account, decides which of them take part, writes that down, and hands each to key-rotation.
//!
//! Every account listed ends as invoked, skipped or failed. The manifest is stored before the first invocation and the result after the
//! last, so that a run which breaks off in between can be told from one that never was. Where an invocation has no time for all accounts,
//! a further one goes on; hours later, [`finish()`] accounts for every account by its result.

mod departed;
mod error;
mod event;
mod fanout;
mod finish;
mod going_on;
mod pace;
mod rollout;
mod scope;
mod units;

#[cfg(test)]
mod fakes;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use keywheel_core::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::fan_out::LatestRun;
use keywheel_core::contract::manifest::{InventoryResult, Manifest, ManifestAccount};
use keywheel_core::id::{AccountId, RunId};
use keywheel_core::policy::Mode;

pub use departed::{NotPutAway, PutAway, PuttingAway, put_away};
pub use error::InventoryError;
pub use event::{GoOnEvent, InvalidEvent, InventoryEvent, RunEvent};
pub use finish::{Finish, FinishError, WantedRun, finish, finish_so_far};
pub use going_on::{FanOutPorts, GoingOn, go_on};
pub use rollout::rollout_rank;
pub use scope::{Division, Scope};

use crate::ports::{Clock, Invoker, ListedAccount, Organization, OuId, RunStore};

/// What a run needs of the world.
#[derive(Debug)]
pub struct InventoryPorts<'a, O, I, S, C> {
    /// AWS Organizations.
    pub organization: &'a O,
    /// What the fan-out needs.
    pub fan_out: FanOutPorts<'a, I, S, C>,
}

/// What the deployment wants of every run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventorySettings {
    /// The name or ARN of key-rotation.
    pub rotation_function: String,
    /// Only accounts below these OUs; empty means all.
    pub include_ous: BTreeSet<OuId>,
    /// No accounts below these OUs.
    pub exclude_ous: BTreeSet<OuId>,
    /// Only these accounts; empty means all.
    pub include_accounts: BTreeSet<AccountId>,
    /// Not these accounts.
    pub exclude_accounts: BTreeSet<AccountId>,
    /// Whether the management account takes part.
    pub include_management_account: bool,
    /// How much of the organization takes part, from 0 to 100.
    pub rollout_percent: u32,
    /// How many invocations are under way at the same time.
    pub fanout_concurrency: usize,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryRun {
    /// Its id.
    pub run_id: RunId,
    /// What it may do, the event's wish included.
    pub mode: Mode,
    /// Every user of every account is looked at.
    pub sweep: bool,
    /// The only accounts that the event asks for; none means no such wish.
    pub accounts: Option<BTreeSet<AccountId>>,
    /// Whether `latest` means this run from its manifest on: it asks for nothing of its own, as the schedule starts it.
    pub becomes_latest: bool,
    /// When the process ends. No invocation is begun in the last quarter of the time until then.
    pub deadline: Timestamp,
    /// The function's own name or ARN, to hand on to; empty where it does not know it.
    pub function: String,
}

/// Carries out one run, or as much of it as there is time for: the result then says that the rest was handed on.
///
/// # Errors
/// Before the first invocation: the accounts cannot be listed, or the manifest cannot be written. After the last: some accounts could
/// not be invoked ([`InventoryError::Incomplete`], which carries the stored result), or the result cannot be stored.
pub async fn run<O: Organization, I: Invoker, S: RunStore, C: Clock>(
    ports: InventoryPorts<'_, O, I, S, C>,
    settings: &InventorySettings,
    run: &InventoryRun,
) -> Result<InventoryResult, InventoryError> {
    let (organization, ports) = (ports.organization, &ports.fan_out);
    let began = ports.clock.now();
    let division = choose(organization, settings, run.accounts.as_ref()).await?;
    let manifest = manifest_of(run, began, division);
    ports.runs.put_manifest(&manifest).await.map_err(InventoryError::ManifestNotStored)?;
    if run.becomes_latest {
        let latest = LatestRun { schema_version: SCHEMA, run_id: run.run_id.clone(), at: manifest.at };
        ports.runs.put_latest(&latest).await.map_err(InventoryError::ManifestNotStored)?;
    }
    let part = going_on::Part {
        manifest: &manifest,
        mode: run.mode,
        hop: 0,
        began,
        deadline: run.deadline,
        function: &run.function,
        left: manifest.accounts.iter().collect(),
        failed: Vec::new(),
    };
    part.carry_out(ports, settings).await
}

/// Lists the organization and decides which of its accounts take part: all that the settings leave in, and of those only what is asked
/// for, where something is.
///
/// # Errors
/// When the organization cannot be listed, or does not have what the settings or the caller name.
pub async fn choose(
    organization: &impl Organization,
    settings: &InventorySettings,
    asked_for: Option<&BTreeSet<AccountId>>,
) -> Result<Division, InventoryError> {
    let accounts = organization.accounts().await.map_err(InventoryError::Listing)?;
    let scope = scope_of(organization, settings, asked_for).await?;
    let division = scope.divide(accounts);
    say_what_is_odd(settings, asked_for, &division)?;
    Ok(division)
}

/// Decides by the settings alone which of these accounts take part, for who asks about a few accounts without listing the organization.
/// Settings about OUs are not looked at: they need [`choose`].
#[must_use]
pub fn choose_of(settings: &InventorySettings, management: &AccountId, listed: Vec<ListedAccount>) -> Division {
    settings.scope(Some(management)).divide(listed)
}

async fn scope_of(
    organization: &impl Organization,
    settings: &InventorySettings,
    asked_for: Option<&BTreeSet<AccountId>>,
) -> Result<Scope, InventoryError> {
    // Whose it is need not be asked where it takes part.
    let management = if settings.include_management_account {
        None
    } else {
        Some(organization.management_account().await.map_err(InventoryError::ManagementAccount)?)
    };
    let below_included = if settings.include_ous.is_empty() {
        None
    } else {
        Some(units::accounts_below(organization, "INCLUDE_OUS", &settings.include_ous).await?)
    };
    Ok(Scope {
        below_excluded: units::accounts_below(organization, "EXCLUDE_OUS", &settings.exclude_ous).await?,
        asked_for: asked_for.cloned(),
        below_included,
        ..settings.scope(management.as_ref())
    })
}

impl InventorySettings {
    /// What they say without a look at the organization's tree.
    fn scope(&self, management: Option<&AccountId>) -> Scope {
        Scope {
            management_account: management.filter(|_| !self.include_management_account).cloned(),
            exclude_accounts: self.exclude_accounts.clone(),
            include_accounts: Some(self.include_accounts.clone()).filter(|accounts| !accounts.is_empty()),
            rollout_percent: self.rollout_percent,
            ..Scope::default()
        }
    }
}

/// An account that the event names and the organization does not have is an error: somebody asked for it. One that the configuration
/// names is a warning: it may have left the organization since.
fn say_what_is_odd(
    settings: &InventorySettings,
    asked_for: Option<&BTreeSet<AccountId>>,
    division: &Division,
) -> Result<(), InventoryError> {
    let listed = division.listed();
    let missing =
        |accounts: &BTreeSet<AccountId>| -> Vec<AccountId> { accounts.difference(&listed).cloned().collect() };
    let unknown = asked_for.map(missing).unwrap_or_default();
    if !unknown.is_empty() {
        return Err(InventoryError::UnknownAccounts(unknown));
    }
    for (variable, accounts) in
        [("INCLUDE_ACCOUNTS", &settings.include_accounts), ("EXCLUDE_ACCOUNTS", &settings.exclude_accounts)]
    {
        for account in missing(accounts) {
            tracing::warn!(variable, %account, "the organization has no account with this id");
        }
    }
    if division.invoke.is_empty() {
        tracing::warn!(listed = listed.len(), "no account is in scope; the manifest says why for each");
    }
    Ok(())
}

fn manifest_of(run: &InventoryRun, at: Timestamp, division: Division) -> Manifest {
    let account =
        |account: ListedAccount| ManifestAccount { account: account.id, name: account.name, email: account.email };
    Manifest {
        schema_version: SCHEMA,
        run_id: run.run_id.clone(),
        mode: run.mode,
        at,
        sweep: run.sweep,
        accounts: division.invoke.into_iter().map(account).collect(),
        skipped: division.skipped,
    }
}
