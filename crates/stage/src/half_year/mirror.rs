//! An account of the emulator as the judge of the rules reads accounts: in memory, and on a calendar that no ageing moves.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_secretsmanager::Client as SecretsClient;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::observed::KeyStatus;
use keywheel_core::secret::VersionId;
use keywheel_core::time::{Days, plus};
use keywheel_testkit::{Habit, Key, Secret, User};
use serde_json::json;

use crate::stage::Stage;

const AT_A_TIME: usize = 12;
/// A version's real labels are set once it is put.
const NO_LABEL: &str = "";

/// What there is in an account.
pub(super) struct Sight {
    pub(super) users: BTreeMap<UserName, User>,
    pub(super) exempt: BTreeSet<UserName>,
    pub(super) secrets: BTreeMap<String, Secret>,
}

/// The moment on the calendar of the story: the world gets older, the clock does not.
#[derive(Clone, Copy)]
pub(super) struct Calendar {
    pub(super) days: u32,
}

impl Calendar {
    pub(super) fn of(self, at: Timestamp) -> Timestamp {
        plus(at, Days(self.days).duration())
    }

    pub(super) fn now(self) -> Timestamp {
        self.of(Timestamp::now())
    }

    fn of_aws(self, at: Option<&aws_smithy_types::DateTime>) -> anyhow::Result<Timestamp> {
        let at = at.context("a date is missing")?;
        let whole = Timestamp::from_second(at.secs())?;
        Ok(self.of(plus(whole, SignedDuration::from_nanos(i64::from(at.subsec_nanos())))))
    }
}

/// Looks at everything in an account, with the rights of its root.
pub(super) async fn look(stage: &Stage, account: &AccountId, calendar: Calendar) -> anyhow::Result<Sight> {
    let iam = IamClient::new(&stage.clients.root_of(account));
    let listed: Vec<_> = iam.list_users().into_paginator().items().send().try_collect().await?;
    let users = stream::iter(listed).map(|user| {
        let iam = iam.clone();
        async move {
            let name: UserName = user.user_name().parse()?;
            let listed = iam.list_access_keys().user_name(user.user_name()).send().await?;
            let mut keys = Vec::new();
            for key in listed.access_key_metadata() {
                let id = key.access_key_id().context("a key without an id")?;
                let used = iam.get_access_key_last_used().access_key_id(id).send().await?;
                let used = used.access_key_last_used().and_then(|used| used.last_used_date());
                let used = used.map(|used| calendar.of_aws(Some(used))).transpose()?;
                let is_active = key.status().is_some_and(|status| status.as_str() == "Active");
                let status = if is_active { KeyStatus::Active } else { KeyStatus::Inactive };
                keys.push(Key::seen(id.parse()?, status, calendar.of_aws(key.create_date())?, used));
            }
            keys.sort_by_key(|key| key.created);
            let tags = iam.list_user_tags().user_name(user.user_name()).send().await?;
            let tags = tags.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
            let (user_id, arn) = (user.user_id().parse()?, user.arn().to_owned());
            let (habit, installed, hosts) = (Habit::None, None, Vec::new());
            anyhow::Ok((
                name.clone(),
                User { name, user_id, arn, tags, quarantine: None, keys, habit, installed, hosts },
            ))
        }
    });
    let users = users.buffer_unordered(AT_A_TIME).try_collect::<BTreeMap<_, _>>().await?;
    let group = iam.get_group().group_name(&stage.organization.exemption_group).send().await?;
    let exempt = group.users().iter().map(|user| Ok(user.user_name().parse()?)).collect::<anyhow::Result<_>>()?;
    let secrets = secrets(stage, account, &users, calendar).await?;
    Ok(Sight { users, exempt, secrets })
}

async fn secrets(
    stage: &Stage,
    account: &AccountId,
    users: &BTreeMap<UserName, User>,
    calendar: Calendar,
) -> anyhow::Result<BTreeMap<String, Secret>> {
    let client = SecretsClient::new(&stage.clients.root_of(account));
    let mut pages = client.list_secrets().include_planned_deletion(true).into_paginator().send();
    let mut listed = Vec::new();
    while let Some(page) = pages.try_next().await? {
        listed.extend(page.secret_list.unwrap_or_default());
    }
    let holders = holders(account, users);
    let secrets = stream::iter(listed).map(|entry| {
        let (client, holders) = (client.clone(), &holders);
        async move {
            let name = entry.name().context("a secret without a name")?.to_owned();
            let secret = if entry.deleted_date().is_some() {
                Secret { is_scheduled_for_deletion: true, ..Secret::default() }
            } else {
                secret(&client, &name, calendar, holders).await?
            };
            anyhow::Ok((name, secret))
        }
    });
    secrets.buffer_unordered(AT_A_TIME).try_collect().await
}

/// The ids of the versions that would hold the pairs of these users' keys: nobody has to read a secret to know what it holds.
fn holders(account: &AccountId, users: &BTreeMap<UserName, User>) -> BTreeMap<VersionId, AccessKeyId> {
    let of_user = |user: &User| {
        let of_key = |key: &Key| (VersionId::of(account, &user.user_id, &key.id), key.id.clone());
        user.keys.iter().map(of_key).collect::<Vec<_>>()
    };
    users.values().flat_map(of_user).collect()
}

async fn secret(
    client: &SecretsClient,
    name: &str,
    calendar: Calendar,
    holders: &BTreeMap<VersionId, AccessKeyId>,
) -> anyhow::Result<Secret> {
    let mut secret = Secret::default();
    let listed = client.list_secret_version_ids().secret_id(name).send().await?;
    for version in listed.versions() {
        let id = VersionId(version.version_id().context("a version without an id")?.to_owned());
        let value = holders.get(&id).map(|key| json!({ "AccessKeyId": key, "SecretAccessKey": "as in the secret" }));
        secret.put(
            id.clone(),
            &value.unwrap_or_default().to_string(),
            NO_LABEL,
            calendar.of_aws(version.created_date())?,
        );
        if let Some(put) = secret.versions.get_mut(&id) {
            put.stages = version.version_stages().iter().cloned().collect();
        }
    }
    Ok(secret)
}
