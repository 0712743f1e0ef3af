//! Builds an organization in the emulator: accounts, roles, users and keys with their dates.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use aws_sdk_iam::types::{StatusType, Tag};
use aws_sdk_organizations::Client as OrganizationsClient;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use keywheel_core::id::{AccessKeyId, AccountId, UserId, UserName};
use keywheel_core::secret::{KeyPair, VersionId};

use crate::admin::Admin;
use crate::case::{Case, Key, OLD, days_before};
use crate::clients::Clients;
use crate::organization::{Account, Organization, User};
use crate::policies::{self, EMAIL_DOMAIN, Policies};

/// How many users are made at a time.
const AT_A_TIME: usize = 24;

/// What was built.
#[derive(Debug)]
pub struct Seeded {
    /// The moment from which all ages count: whole seconds.
    pub at: Timestamp,
    /// Every user.
    pub users: Vec<SeededUser>,
}

/// A user that was built.
#[derive(Debug)]
pub struct SeededUser {
    /// The user's account.
    pub account: AccountId,
    /// The user's name.
    pub name: UserName,
    /// The user's id.
    pub user_id: UserId,
    /// The user's ARN, with its path.
    pub arn: String,
    /// The case that the user stands for.
    pub case: String,
    /// The user's tags.
    pub tags: BTreeMap<String, String>,
    /// The user's keys, by label.
    pub keys: BTreeMap<String, KeyPair>,
}

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

impl SeededUser {
    /// The version of the user's secret that holds the key of this label: the pair, or for an old key nothing but its record.
    #[must_use]
    pub fn version(&self, label: &str, key: &AccessKeyId) -> VersionId {
        let id = if label == OLD { VersionId::of_record } else { VersionId::of };
        id(&self.account, &self.user_id, key)
    }

    /// Who is told of this user's keys: the account's owner, the address in the user's `EMAIL` tag if a tag may direct mail there, and
    /// the security mailbox.
    #[must_use]
    pub fn recipients(&self, organization: &Organization) -> BTreeSet<String> {
        let allowed = self.tagged_address().filter(|email| may_be_told(email)).map(str::to_owned);
        self.sure_recipients(organization).into_iter().chain(allowed).collect()
    }

    /// Who is told whatever the user's tags say.
    #[must_use]
    pub fn sure_recipients(&self, organization: &Organization) -> BTreeSet<String> {
        let owner = organization.account(&self.account).map(|account| account.email.clone());
        owner.into_iter().chain([organization.security_email.clone()]).collect()
    }

    /// Whether the user's `EMAIL` tag names an address to which no tag may direct mail.
    #[must_use]
    pub fn has_unreachable_owner(&self) -> bool {
        self.tagged_address().is_some_and(|email| !may_be_told(email))
    }

    fn tagged_address(&self) -> Option<&str> {
        let tag = self.tags.iter().find(|(key, _)| key.eq_ignore_ascii_case("KeyRotation:EMAIL"));
        tag.map(|(_, value)| value.as_str())
    }
}

fn may_be_told(email: &str) -> bool {
    email.ends_with(&format!("@{EMAIL_DOMAIN}")) && !email.contains('\n')
}

/// One user to be made.
struct UserJob<'a> {
    organization: &'a Organization,
    account: &'a Account,
    user: &'a User,
    case: &'a Case,
    name: UserName,
    at: Timestamp,
}

impl UserJob<'_> {
    async fn make(&self, clients: &Clients, admin: &Admin) -> anyhow::Result<SeededUser> {
        let iam = aws_sdk_iam::Client::new(&clients.root_of(&self.account.id));
        self.make_in(&iam, admin).await.with_context(|| format!("user {} of account {}", self.name, self.account.id))
    }

    async fn make_in(&self, iam: &aws_sdk_iam::Client, admin: &Admin) -> anyhow::Result<SeededUser> {
        let tags = self.tags();
        let of_iam = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
        let made = iam
            .create_user()
            .user_name(self.name.as_str())
            .path(&self.user.path)
            .set_tags(Some(tags.iter().map(of_iam).collect::<Result<_, _>>()?))
            .send()
            .await?;
        let made = made.user().context("no user in the answer")?;
        self.belongings(iam).await?;
        let mut keys = BTreeMap::new();
        for (label, key) in &self.case.keys {
            keys.insert(label.clone(), self.key(iam, admin, key, keys.len()).await?);
        }
        let oldest = self.case.keys.values().map(|key| key.age).fold(0.0, f64::max);
        admin.set_user_created(&self.account.id, self.name.as_str(), days_before(self.at, oldest + 10.0)).await?;
        Ok(SeededUser {
            account: self.account.id.clone(),
            name: self.name.clone(),
            user_id: made.user_id().parse()?,
            arn: made.arn().to_owned(),
            case: self.user.case.clone(),
            tags,
            keys,
        })
    }

    fn tags(&self) -> BTreeMap<String, String> {
        let dated = |value: &String| {
            ["-1", "+30"].iter().fold(value.clone(), |text, days| {
                let moment = days_before(self.at, -days.parse::<f64>().unwrap_or_default());
                text.replace(&format!("{{today{days}}}"), &moment.strftime("%Y-%m-%d").to_string())
            })
        };
        self.case.tags.iter().chain(&self.user.tags).map(|(key, value)| (key.clone(), dated(value))).collect()
    }

    async fn belongings(&self, iam: &aws_sdk_iam::Client) -> anyhow::Result<()> {
        let name = self.name.as_str();
        if self.case.exempt {
            iam.add_user_to_group().group_name(&self.organization.exemption_group).user_name(name).send().await?;
        }
        if self.case.console {
            iam.create_login_profile().user_name(name).password("Not-a-real-0ne!").send().await?;
        }
        Ok(())
    }

    /// Makes a key with its dates. From the third on it is made by a helper and given to the user, as the quota allows two.
    async fn key(&self, iam: &aws_sdk_iam::Client, admin: &Admin, key: &Key, has: usize) -> anyhow::Result<KeyPair> {
        let helper = format!("{}-helper", self.name);
        let maker = if has < 2 { self.name.as_str() } else { &helper };
        if has >= 2 {
            iam.create_user().user_name(&helper).send().await?;
        }
        let made = iam.create_access_key().user_name(maker).send().await?;
        let made = made.access_key().context("no key in the answer")?;
        let id: AccessKeyId = made.access_key_id().parse()?;
        if has >= 2 {
            admin.give_key(&self.account.id, &id, self.name.as_str()).await?;
            iam.delete_user().user_name(&helper).send().await?;
        }
        if key.inactive {
            let update = iam.update_access_key().user_name(self.name.as_str()).access_key_id(id.as_str());
            update.status(StatusType::Inactive).send().await?;
        }
        let created = days_before(self.at, key.age);
        admin.set_key_created(&self.account.id, &id, created).await?;
        if let Some(days) = key.used {
            admin.set_last_use(&id, days_before(self.at, days), "s3").await?;
        }
        Ok(KeyPair { id, created, secret: made.secret_access_key().into() })
    }
}
