//! The world as it is: keys, secrets and what Keywheel wrote, read back from the emulator.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use anyhow::Context;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_secretsmanager::Client as SecretsClient;
use futures::{StreamExt, TryStreamExt, stream};
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::observed::KeyStatus;
use serde_json::Value;

use crate::clients::Clients;
use crate::organization::Organization;
use crate::state::StateBucket;

const AT_A_TIME: usize = 24;

/// Everything that a night may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The keys of every user.
    pub keys: BTreeMap<(AccountId, UserName), BTreeMap<AccessKeyId, KeyStatus>>,
    /// Every secret, by account and name.
    pub secrets: BTreeMap<(AccountId, String), Secret>,
    /// Every ledger, by its key below the prefix.
    pub ledgers: BTreeMap<String, Value>,
    /// Every record of a notice, by its key below the prefix.
    pub notices: BTreeMap<String, Value>,
}

/// A secret, without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// The labels of every version that has any, by version id.
    pub versions: BTreeMap<String, BTreeSet<String>>,
    /// Its resource policy.
    pub policy: Option<Value>,
    /// Whether somebody scheduled it for deletion.
    pub deleted: bool,
}

/// The records of notices, without those of which mail had which.
async fn records(state: &StateBucket) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut records = state.values("notices/").await?;
    records.retain(|key, _| !key.starts_with("notices/mails/"));
    Ok(records)
}

impl World {
    /// Reads the world.
    ///
    /// # Errors
    /// When the emulator refuses a call.
    pub async fn observe(organization: &Organization, clients: &Clients, state: &StateBucket) -> anyhow::Result<Self> {
        let mut world = Self {
            keys: BTreeMap::new(),
            secrets: BTreeMap::new(),
            ledgers: state.values("ledger/").await?,
            notices: records(state).await?,
        };
        for account in &organization.accounts {
            let keys = keys(clients, &account.id).await?;
            world.keys.extend(keys.into_iter().map(|(user, keys)| ((account.id.clone(), user), keys)));
            let secrets = secrets(clients, &account.id).await?;
            world.secrets.extend(secrets.into_iter().map(|(name, secret)| ((account.id.clone(), name), secret)));
        }
        Ok(world)
    }

    /// The part of the world that is one account.
    #[must_use]
    pub fn part(&self, account: &AccountId) -> Self {
        let of_account = |key: &str| key.contains(account.as_str());
        let mut part = self.clone();
        part.keys.retain(|(of, _), _| of == account);
        part.secrets.retain(|(of, _), _| of == account);
        part.ledgers.retain(|key, _| of_account(key));
        part.notices.retain(|key, _| of_account(key));
        part
    }

    /// Where this world differs from an earlier one.
    #[must_use]
    pub fn differences(&self, earlier: &Self) -> Vec<String> {
        let mut differences = compared("keys", &self.keys, &earlier.keys);
        differences.extend(compared("secret", &self.secrets, &earlier.secrets));
        differences.extend(compared("ledger", &remembered(&self.ledgers), &remembered(&earlier.ledgers)));
        differences.extend(compared("notice", &self.notices, &earlier.notices));
        differences
    }
}

/// What ledgers remember of keys. Left out is what every run may write anew although nothing happened: the sequence, the writer, the
/// claim, the plan; and what a run learns from a notice's own record: when it was sent, and which copies of it wait.
fn remembered(ledgers: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let users = |ledger: &Value| {
        if !ledger.is_object() {
            return ledger.clone();
        }
        let mut users = ledger["users"].clone();
        let keys = users.as_object_mut().into_iter().flatten().flat_map(|(_, user)| fields_mut(&mut user["keys"]));
        for notice in keys.flat_map(|key| fields_mut(&mut key["notices"])) {
            for learnt in ["sent", "copies"] {
                notice[learnt] = Value::Null;
            }
        }
        users
    };
    ledgers.iter().map(|(key, ledger)| (key.clone(), users(ledger))).collect()
}

fn fields_mut(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_object_mut().into_iter().flatten().map(|(_, value)| value)
}

fn compared<K: Ord + Debug, V: PartialEq + Debug>(
    what: &str,
    now: &BTreeMap<K, V>,
    earlier: &BTreeMap<K, V>,
) -> Vec<String> {
    let keys: BTreeSet<_> = now.keys().chain(earlier.keys()).collect();
    let differing = keys.into_iter().filter(|key| now.get(key) != earlier.get(key));
    differing.map(|key| format!("{what} {key:?}: was {:?}, is {:?}", earlier.get(key), now.get(key))).collect()
}

/// The keys of every user of an account.
pub(crate) async fn keys(
    clients: &Clients,
    account: &AccountId,
) -> anyhow::Result<BTreeMap<UserName, BTreeMap<AccessKeyId, KeyStatus>>> {
    let iam = IamClient::new(&clients.root_of(account));
    let users: Vec<_> = iam.list_users().into_paginator().items().send().try_collect().await?;
    let keys = stream::iter(users).map(|user| {
        let iam = iam.clone();
        async move {
            let listed = iam.list_access_keys().user_name(user.user_name()).send().await?;
            let keys = listed.access_key_metadata().iter().map(|key| {
                let id = key.access_key_id().context("a key without an id")?.parse()?;
                let active = key.status().is_some_and(|status| status.as_str() == "Active");
                Ok((id, if active { KeyStatus::Active } else { KeyStatus::Inactive }))
            });
            anyhow::Ok((user.user_name().parse()?, keys.collect::<anyhow::Result<_>>()?))
        }
    });
    keys.buffer_unordered(AT_A_TIME).try_collect().await
}

async fn secrets(clients: &Clients, account: &AccountId) -> anyhow::Result<BTreeMap<String, Secret>> {
    let client = SecretsClient::new(&clients.root_of(account));
    let mut pages = client.list_secrets().include_planned_deletion(true).into_paginator().send();
    let mut listed = Vec::new();
    while let Some(page) = pages.try_next().await? {
        listed.extend(page.secret_list.unwrap_or_default());
    }
    let secrets = stream::iter(listed).map(|entry| {
        let client = client.clone();
        async move {
            let name = entry.name().context("a secret without a name")?.to_owned();
            let described = client.describe_secret().secret_id(&name).send().await?;
            let versions = described.version_ids_to_stages().into_iter().flatten();
            let versions = versions.map(|(id, labels)| (id.clone(), labels.iter().cloned().collect()));
            let policy = client.get_resource_policy().secret_id(&name).send().await?;
            let policy = policy.resource_policy().map(serde_json::from_str).transpose()?;
            let versions = versions.filter(|(_, labels): &(_, BTreeSet<_>)| !labels.is_empty()).collect();
            anyhow::Ok((name, Secret { versions, policy, deleted: described.deleted_date().is_some() }))
        }
    });
    secrets.buffer_unordered(AT_A_TIME).try_collect().await
}
