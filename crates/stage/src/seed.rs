//! Builds an organization in the emulator: accounts, roles, users and keys with their dates.

mod seeded;
mod user_job;

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_organizations::Client as OrganizationsClient;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use keywheel_core::id::AccountId;

use crate::admin::Admin;
use crate::clients::Clients;
use crate::organization::{Organization, User};
use crate::policies::{self, Policies};
use user_job::UserJob;

pub use seeded::{Seeded, SeededUser};

/// How many users are made at a time.
const AT_A_TIME: usize = 24;

/// Builds everything; the deployment itself comes with [`crate::functions`].
///
/// # Errors
/// When the emulator refuses a call.
pub async fn seed(organization: &mut Organization, clients: &Clients, admin: &Admin) -> anyhow::Result<Seeded> {
    accounts(organization, clients, admin).await?;
    let organization = &*organization;
    let policies = Policies::of(organization);
    for account in organization.accounts.iter().filter(|account| account.member_role) {
        policies::make_member_roles(&policies, clients, &account.id).await?;
    }
    policies::make_organization_list_role(&policies, clients, &organization.management).await?;
    exemption_groups(organization, clients).await?;
    let at = Timestamp::from_second(Timestamp::now().as_second())?;
    let mut jobs = Vec::new();
    for account in &organization.accounts {
        for user in &account.users {
            let case = &organization.cases[&user.case];
            jobs.extend(user.names()?.into_iter().map(|name| UserJob { organization, account, user, case, name, at }));
        }
    }
    let made = stream::iter(jobs).map(|job| async move { job.make(clients, admin).await }).buffered(AT_A_TIME);
    Ok(Seeded { at, users: made.try_collect().await? })
}

/// Builds one more user, in the hub.
///
/// # Errors
/// When there is no such case, or the emulator refuses a call.
pub(crate) async fn add_user(
    organization: &Organization,
    clients: &Clients,
    admin: &Admin,
    name: &str,
    case: &str,
) -> anyhow::Result<SeededUser> {
    let account = organization.account(organization.hub()).context("the hub is no account")?;
    let user =
        User { name: name.to_owned(), case: case.to_owned(), path: "/".to_owned(), tags: BTreeMap::new(), count: None };
    let case = organization.cases.get(case).with_context(|| format!("there is no case {case:?}"))?;
    let at = Timestamp::from_second(Timestamp::now().as_second())?;
    UserJob { organization, account, user: &user, case, name: name.parse()?, at }.make(clients, admin).await
}

async fn accounts(organization: &mut Organization, clients: &Clients, admin: &Admin) -> anyhow::Result<()> {
    let client = OrganizationsClient::new(&clients.root_of(&organization.management));
    let made = client.create_organization().send().await?;
    let id = made.organization().and_then(|organization| organization.id());
    id.context("an organization without an id")?.clone_into(&mut organization.id);
    let roots = client.list_roots().send().await?;
    let root = roots.roots().first().and_then(|root| root.id()).context("the organization has no root")?.to_owned();
    units(organization, &client, &root).await?;
    for index in 0..organization.accounts.len() {
        let account = &organization.accounts[index];
        let made = client.create_account().account_name(&account.name).email(&account.email).send().await?;
        let id = made.create_account_status().and_then(|status| status.account_id());
        let id: AccountId = id.context("an account without an id")?.parse()?;
        let unit = organization.unit_id(&account.unit);
        let place = client.move_account().account_id(id.as_str()).source_parent_id(&root);
        place.destination_parent_id(unit).send().await?;
        if let Some(state) = &account.state {
            admin.set_account_state(&id, state).await?;
        }
        organization.accounts[index].id = id;
    }
    Ok(())
}

async fn units(organization: &mut Organization, client: &OrganizationsClient, root: &str) -> anyhow::Result<()> {
    for index in 0..organization.units.len() {
        let unit = &organization.units[index];
        let parent = unit.parent.as_deref().map_or(root, |parent| organization.unit_id(parent));
        let made = client.create_organizational_unit().name(&unit.name).parent_id(parent).send().await?;
        let id = made.organizational_unit().and_then(|unit| unit.id()).context("a unit without an id")?;
        id.clone_into(&mut organization.units[index].id);
    }
    Ok(())
}

async fn exemption_groups(organization: &Organization, clients: &Clients) -> anyhow::Result<()> {
    for account in &organization.accounts {
        let iam = aws_sdk_iam::Client::new(&clients.root_of(&account.id));
        iam.create_group().group_name(&organization.exemption_group).send().await?;
    }
    Ok(())
}
