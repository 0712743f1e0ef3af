//! What there is of an account, without ids and dates: two accounts on which the same was done stand alike.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Client as SecretsClient;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretError;
use keywheel_core::id::{AccessKeyId, AccountId};
use keywheel_core::ledger::{AccountLedger, KeyRecord, UserRecord};
use keywheel_core::observed::KeyStatus;
use keywheel_core::secret::{VersionId, secret_name};
use serde_json::Value;

use super::ground::Ground;
use crate::admin::IssuedCredential;
use crate::case::MADE;
use crate::seed::SeededUser;
use crate::world;

/// What there is of each user, and of the account, in words.
pub(super) type Standing = BTreeMap<String, Vec<String>>;

/// Labels of a secret's versions, by version id.
type Versions = BTreeMap<String, BTreeSet<String>>;

/// How an account differs from the one that met no fault.
pub(super) fn differences(here: &Standing, faultless: &Standing) -> Vec<String> {
    let places: BTreeSet<_> = here.keys().chain(faultless.keys()).collect();
    let mut differences = Vec::new();
    for place in places {
        let (here, there) = (lines(here, place), lines(faultless, place));
        differences.extend(there.difference(&here).map(|line| format!("{place}: misses {line}")));
        differences.extend(here.difference(&there).map(|line| format!("{place}: has {line}")));
    }
    differences
}

fn lines(standing: &Standing, place: &str) -> BTreeSet<String> {
    standing.get(place).into_iter().flatten().cloned().collect()
}

/// Looks at an account. `issued` has every secret half that the emulator gave out.
pub(super) async fn standing(
    ground: &Ground,
    account: &AccountId,
    issued: &BTreeMap<String, IssuedCredential>,
) -> anyhow::Result<Standing> {
    let keys = world::keys(&ground.clients, account).await?;
    let ledgers = ground.state.texts(&format!("ledger/{account}")).await?;
    let ledger = ledgers.values().next().context("the account has no ledger")?;
    let ledger = AccountLedger::parse(account, ledger.as_bytes())?;
    let sent = ground.state.texts(&format!("notices/{account}/")).await?;
    let mut standing = Standing::from([(String::new(), vec![format!("a claim: {}", ledger.claim.is_some())])]);
    for user in ground.users(account) {
        let (versions, secret) = versions(ground, user).await?;
        let empty = UserRecord::new(user.user_id.clone());
        let record = ledger.users.get(&user.name).unwrap_or(&empty);
        let view = View { user, versions: &versions, record, sent: sent.keys().map(String::as_str).collect() };
        let mut lines = vec![secret, format!("an intent: {}", record.intent.is_some())];
        let there = keys.get(&user.name).cloned().unwrap_or_default();
        for (id, status) in &there {
            let mut line = view.key(id, *status);
            if view.labels(id, VersionId::of).contains("AWSCURRENT") {
                line.push_str(reading(ground, user, issued.get(id.as_str())).await);
            }
            lines.push(line);
        }
        let gone = user.keys.iter().filter(|(_, pair)| !there.contains_key(&pair.id));
        lines.extend(gone.map(|(label, _)| format!("key {label}: gone")));
        lines.push(format!("{} keys", there.len()));
        standing.insert(user.name.to_string(), lines);
    }
    Ok(standing)
}

struct View<'a> {
    user: &'a SeededUser,
    versions: &'a Versions,
    record: &'a UserRecord,
    sent: Vec<&'a str>,
}

impl View<'_> {
    fn key(&self, id: &AccessKeyId, status: KeyStatus) -> String {
        let record = self.record.key(id);
        let (pair, old) = (self.labels(id, VersionId::of), self.labels(id, VersionId::of_record));
        format!(
            "key {}: {status:?}, pair {pair:?}, record {old:?}, {}, told {:?}",
            self.label(id),
            self.remembered(&record),
            self.told(&record)
        )
    }

    fn remembered(&self, record: &KeyRecord) -> String {
        let inactive = record.made_inactive.as_ref().map(|inactive| (inactive.by, inactive.why));
        format!(
            "published {}, unproven {}, unretrievable {}, superseded by {:?}, held {}, deactivating {}, inactive {inactive:?}",
            record.published.is_some(),
            record.retrieval_unproven,
            record.not_retrievable,
            record.superseded_by.as_ref().map(|id| self.label(id)),
            record.held_since.is_some(),
            record.deactivation_begun.is_some(),
        )
    }

    /// What notification has recorded as sent; weekly notices without their number, which depends on the day.
    fn told(&self, record: &KeyRecord) -> BTreeSet<String> {
        let is_sent = |id: &str| self.sent.iter().any(|key| key.contains(id));
        let sent = record.notices.iter().filter(|(_, notice)| notice.ids.iter().any(|id| is_sent(id.as_str())));
        let weekly = |kind: String| kind.rsplit_once(':').map_or(kind.clone(), |(kind, _)| kind.to_owned());
        sent.map(|(kind, _)| if kind.is_weekly() { weekly(kind.to_string()) } else { kind.to_string() }).collect()
    }

    fn labels(&self, id: &AccessKeyId, version: VersionOf) -> BTreeSet<String> {
        let version = version(&self.user.account, &self.user.user_id, id);
        self.versions.get(version.as_str()).cloned().unwrap_or_default()
    }

    fn label(&self, id: &AccessKeyId) -> &str {
        let seeded = self.user.keys.iter().find(|(_, pair)| pair.id == *id);
        seeded.map_or(MADE, |(label, _)| label)
    }
}

type VersionOf = fn(&AccountId, &keywheel_core::id::UserId, &AccessKeyId) -> VersionId;

async fn versions(ground: &Ground, user: &SeededUser) -> anyhow::Result<(Versions, String)> {
    let client = SecretsClient::new(&ground.clients.root_of(&user.account));
    let described = client.describe_secret().secret_id(secret_name(&user.account, &user.name)).send().await;
    let described = match described.map_err(aws_sdk_secretsmanager::error::SdkError::into_service_error) {
        Ok(described) => described,
        Err(DescribeSecretError::ResourceNotFoundException(_)) => {
            return Ok((Versions::new(), "no secret".to_owned()));
        }
        Err(error) => return Err(error.into()),
    };
    let versions = described.version_ids_to_stages().into_iter().flatten();
    let versions: Versions = versions.map(|(id, labels)| (id.clone(), labels.iter().cloned().collect())).collect();
    let labels: BTreeSet<_> = versions.values().flatten().cloned().collect();
    Ok((versions, format!("a secret with {labels:?}, deleted: {}", described.deleted_date().is_some())))
}

/// Whether the secret hands the user, by this very key, the key and its right half.
async fn reading(ground: &Ground, user: &SeededUser, issued: Option<&IssuedCredential>) -> &'static str {
    let Some(issued) = issued else { return ", whose half nobody gave out" };
    let credentials = Credentials::new(&issued.access_key_id, &issued.secret_access_key, None, None, "host");
    let client = SecretsClient::new(&ground.clients.with(credentials));
    let name = secret_name(&user.account, &user.name);
    let Ok(read) = client.get_secret_value().secret_id(name).send().await else { return ", cannot be read" };
    let value: Value = serde_json::from_str(read.secret_string().unwrap_or_default()).unwrap_or_default();
    if value["AccessKeyId"] == *issued.access_key_id && value["SecretAccessKey"] == *issued.secret_access_key {
        ", handed out whole"
    } else {
        ", handed out wrong"
    }
}
