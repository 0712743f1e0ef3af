//! Which accounts a verb is about, by the same decision as account-inventory's.
//!
//! `Targets::choose(&printer, &hub, &configuration, &arguments.targets).await?` brings the accounts in scope, those left out with the
//! reason, and the organization's id; `hub.member(&target.account, &member_role(&rotation))` is then the session in each.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};
use keywheel_aws::{AwsOrganization, SdkConfig};
use keywheel_core::contract::manifest::{ManifestAccount, SkippedAccount};
use keywheel_core::id::AccountId;
use keywheel_engine::inventory::{InventoryError, InventorySettings, choose, choose_of};
use keywheel_engine::ports::{ErrorKind, ListedAccount, Organization, PortError};
use keywheel_runtime::config::variable::{INCLUDE_OUS, ORG_LIST_ROLE_ARN};

use crate::calls::{self, OrganizationIds};
use crate::config::{Configuration, Flag};
use crate::exit::{failed, usage};
use crate::printer::Printer;
use crate::session::Hub;

/// How many accounts are looked up at the same time: Organizations throttles early.
const LOOK_UPS: usize = 4;

/// The flags that say which accounts.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Accounts")]
pub(crate) struct TargetArguments {
    /// Only this account; more than one may be given
    #[arg(long = "account", value_name = "ID")]
    pub(crate) accounts: Vec<AccountId>,
    /// Only accounts below this OU or root, at any depth; more than one may be given (INCLUDE_OUS)
    #[arg(long = "organizational-unit", value_name = "ID")]
    pub(crate) organizational_units: Vec<String>,
    /// The account that you are signed in to, and no other; asks nothing of Organizations
    #[arg(long, conflicts_with_all = ["accounts", "organizational_units"])]
    pub(crate) own_account: bool,
}

impl TargetArguments {
    /// What these flags set.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        let units = Some(self.organizational_units.join(",")).filter(|units| !units.is_empty());
        units.map(|units| (&INCLUDE_OUS, units, "--organizational-unit")).into_iter().collect()
    }
}

/// The accounts that a verb is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Targets {
    /// The organization's id; none where the account is in none, or it was not asked for.
    pub(crate) organization: Option<String>,
    /// The accounts in scope, in the order of their ids.
    pub(crate) accounts: Vec<ManifestAccount>,
    /// Those left out, and why.
    pub(crate) skipped: Vec<SkippedAccount>,
}

impl Targets {
    /// Chooses them.
    pub(crate) async fn choose(
        printer: &Printer,
        hub: &Hub,
        configuration: &Configuration,
        arguments: &TargetArguments,
    ) -> anyhow::Result<Self> {
        if arguments.own_account {
            return Ok(Self::own(hub));
        }
        if let Some(why) = configuration.unknown_scope() {
            printer.warn(&format!("it is not known which accounts a night leaves out, so all are taken: {why}"));
            printer.hint("name account-inventory too: --function NAME, or functions in keywheel.toml");
        }
        let settings = configuration.inventory()?.inventory_settings();
        let (config, note) = lister_or_own(hub, configuration).await.map_err(unlisted)?;
        if let Some(note) = note {
            printer.note(&note);
        }
        let ids = match calls::organization(&config).await {
            Ok(ids) => ids,
            Err(error) if is_without_organization(&error) => return Self::alone(printer, hub, arguments),
            Err(error) => return Err(unlisted(error.to_string())),
        };
        let asked_for: BTreeSet<_> = arguments.accounts.iter().cloned().collect();
        let is_about_units = !settings.include_ous.is_empty() || !settings.exclude_ous.is_empty();
        if asked_for.is_empty() || is_about_units {
            let asked_for = Some(&asked_for).filter(|accounts| !accounts.is_empty());
            let division = choose(&AwsOrganization::new(&config), &settings, asked_for).await.map_err(unchosen)?;
            return Ok(Self::of(ids, division));
        }
        Self::named(printer, &config, ids, &settings, asked_for).await
    }

    /// The own account alone.
    fn own(hub: &Hub) -> Self {
        let own = ManifestAccount { account: hub.own.account.clone(), name: String::new(), email: String::new() };
        Self { organization: None, accounts: vec![own], skipped: Vec::new() }
    }

    fn alone(printer: &Printer, hub: &Hub, arguments: &TargetArguments) -> anyhow::Result<Self> {
        let own = &hub.own.account;
        if let Some(other) = arguments.accounts.iter().find(|account| *account != own) {
            let what = format!("account {own} is in no organization, so account {other} cannot be reached from it");
            return Err(usage(what, "sign in to the account itself, or to its organization"));
        }
        printer.note(&format!("account {own} is in no organization: this is about {own} alone"));
        Ok(Self::own(hub))
    }

    /// A few accounts by their ids: an organization of thousands is not listed for them.
    async fn named(
        printer: &Printer,
        config: &SdkConfig,
        ids: OrganizationIds,
        settings: &InventorySettings,
        asked_for: BTreeSet<AccountId>,
    ) -> anyhow::Result<Self> {
        let looks = asked_for.into_iter().map(async |id| described(config, id).await);
        let listed: Vec<_> = stream::iter(looks).buffered(LOOK_UPS).try_collect().await?;
        if let Some(error) = listed.iter().find_map(|(_, error)| error.as_ref()) {
            printer.note(&format!("the names and owners of accounts are not known: {error}"));
        }
        let listed = listed.into_iter().map(|(account, _)| account).collect();
        let division = choose_of(settings, &ids.management, listed);
        Ok(Self::of(ids, division))
    }

    fn of(ids: OrganizationIds, division: keywheel_engine::inventory::Division) -> Self {
        let account =
            |account: ListedAccount| ManifestAccount { account: account.id, name: account.name, email: account.email };
        let accounts = division.invoke.into_iter().map(account).collect();
        Self { organization: Some(ids.id), accounts, skipped: division.skipped }
    }
}

/// What lists the organization: the role that is set for it, or whoever is signed in.
pub(crate) async fn lister(hub: &Hub, configuration: &Configuration) -> Result<SdkConfig, String> {
    lister_or_own(hub, configuration).await.map(|(config, _)| config)
}

/// The same, with what to tell people. The role that a deployed function assumes trusts that function: whoever may not assume it lists in
/// their own name.
async fn lister_or_own(hub: &Hub, configuration: &Configuration) -> Result<(SdkConfig, Option<String>), String> {
    let Some(role) = configuration.get(&ORG_LIST_ROLE_ARN) else { return Ok((hub.config.clone(), None)) };
    match hub.of_role(role).await {
        Ok(session) => Ok((session.config, None)),
        Err(error) if configuration.is_of_function(&ORG_LIST_ROLE_ARN) => {
            let note = format!("the organization is asked in your own name: {error}");
            Ok((hub.config.clone(), Some(note)))
        }
        Err(error) => Err(error),
    }
}

/// One account, as the organization knows it. The deployment's role for it may list accounts, and describe none.
pub(crate) async fn listed(hub: &Hub, configuration: &Configuration, id: &AccountId) -> Result<ListedAccount, String> {
    let config = lister(hub, configuration).await?;
    match calls::account(&config, id).await {
        Err(error) if error.kind == ErrorKind::Denied => {
            let all = AwsOrganization::new(&config).accounts().await.map_err(|error| error.to_string())?;
            all.into_iter()
                .find(|account| account.id == *id)
                .ok_or_else(|| "the organization has no such account".to_owned())
        }
        described => described.map_err(|error| error.to_string()),
    }
}

/// An account of which no more may be known than its id is taken for an active one: its role says whether it can be reached.
async fn described(config: &SdkConfig, id: AccountId) -> anyhow::Result<(ListedAccount, Option<PortError>)> {
    match calls::account(config, &id).await {
        Ok(account) => Ok((account, None)),
        Err(error) if error.kind == ErrorKind::NotFound => {
            Err(usage(format!("the organization has no account {id}"), "`aws organizations list-accounts` names them"))
        }
        Err(error) => {
            let (name, email, state) = (String::new(), String::new(), "ACTIVE".to_owned());
            Ok((ListedAccount { id, name, email, state }, Some(error)))
        }
    }
}

/// What is typed to confirm what concerns a whole organization: its id, or the account's where that is in none.
pub(crate) async fn word_of_organization(hub: &Hub) -> anyhow::Result<String> {
    match calls::organization(&hub.config).await {
        Ok(ids) => Ok(ids.id),
        Err(error) if is_without_organization(&error) => Ok(hub.own.account.to_string()),
        Err(error) => {
            let what = format!("it cannot be seen which organization this is: {error}");
            Err(failed(what, "sign in where Keywheel is deployed, with organizations:DescribeOrganization"))
        }
    }
}

/// Organizations API, `DescribeOrganization`, errors.
fn is_without_organization(error: &PortError) -> bool {
    error.message.contains("AWSOrganizationsNotInUseException")
}

fn unlisted(cause: impl std::fmt::Display) -> anyhow::Error {
    let hint = "sign in to the management account or a delegated administrator, give --org-list-role-arn, name accounts with --account, or look \
                at the account that you are signed in to with --own-account";
    failed(format!("the organization cannot be listed: {cause}"), hint)
}

fn unchosen(error: InventoryError) -> anyhow::Error {
    match error {
        InventoryError::Listing(cause) | InventoryError::ManagementAccount(cause) => unlisted(cause),
        InventoryError::Unit { unit, cause } => unlisted(format!("OU {}: {cause}", unit.0)),
        InventoryError::UnknownUnit { variable, unit } => {
            let what = format!("the organization has no OU {} ({variable})", unit.0);
            usage(what, "`aws organizations list-organizational-units-for-parent` names them")
        }
        InventoryError::UnknownAccounts(accounts) => {
            let ids: Vec<_> = accounts.iter().map(AccountId::as_str).collect();
            usage(
                format!("the organization has no account {}", ids.join(", ")),
                "`aws organizations list-accounts` names them",
            )
        }
        other => other.into(),
    }
}
