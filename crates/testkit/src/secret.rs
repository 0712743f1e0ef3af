//! Secrets Manager, with AWS's rules for labels.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::Timestamp;
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::observed::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, SecretState, SecretVersion};
use keywheel_core::secret::{KeyPair, SecretValue, VersionId};
use keywheel_engine::ports::{ErrorKind, NewSecret, NotEncrypted, PairEncryption, PortError, Secrets};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::account::Account;
use crate::call::{Operation, error};
use crate::world::World;

/// Where secrets are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Store {
    /// In the account.
    #[default]
    Member,
    /// In the hub.
    Central,
}

/// A secret.
#[derive(Clone, Debug, Default)]
pub struct Secret {
    /// Where it is.
    pub store: Store,
    /// Its versions; those without a label stay.
    pub versions: BTreeMap<VersionId, Version>,
    /// Its resource policy.
    pub policy: Option<String>,
    /// Somebody scheduled it for deletion.
    pub is_scheduled_for_deletion: bool,
    /// The Regions that have a replica.
    pub replicas: BTreeSet<String>,
}

/// A version of a secret.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its labels.
    pub stages: BTreeSet<String>,
    /// When it was put.
    pub created: Timestamp,
    pub(crate) value: SecretString,
}

impl Version {
    fn json(&self) -> Value {
        serde_json::from_str(self.value.expose_secret()).unwrap_or(Value::Null)
    }

    /// The key that the version holds, with or without its secret half.
    #[must_use]
    pub fn key(&self) -> Option<AccessKeyId> {
        self.json()["AccessKeyId"].as_str()?.parse().ok()
    }

    /// The Regions for which it holds SES's SMTP passwords.
    #[must_use]
    pub fn smtp_regions(&self) -> Vec<String> {
        let passwords = self.json()["SmtpPasswords"].clone();
        passwords.as_object().map(|passwords| passwords.keys().cloned().collect()).unwrap_or_default()
    }

    /// Whether it holds a secret half.
    #[must_use]
    pub fn has_half(&self) -> bool {
        self.json()["SecretAccessKey"].is_string()
    }
}

impl Secret {
    /// The version with this label.
    #[must_use]
    pub fn labelled(&self, stage: &str) -> Option<(&VersionId, &Version)> {
        self.versions.iter().find(|(_, version)| version.stages.contains(stage))
    }

    /// The labels of the versions that hold this key with its secret half; none when no version does.
    #[must_use]
    pub fn labels_of(&self, key: &AccessKeyId) -> Option<Vec<&str>> {
        let mut versions = self.versions.values().filter(|version| version.key().as_ref() == Some(key));
        let version = versions.find(|version| version.has_half())?;
        Some(version.stages.iter().map(String::as_str).collect())
    }

    /// Puts a version as AWS does: the first one is `AWSCURRENT` whatever was asked for.
    pub fn put(&mut self, id: VersionId, value: &str, stage: &str, now: Timestamp) {
        let mut stages = BTreeSet::from([stage.to_owned()]);
        if self.versions.is_empty() {
            stages.insert(AWSCURRENT.to_owned());
        }
        if stage == AWSCURRENT {
            self.move_current(&id);
        }
        for version in self.versions.values_mut() {
            version.stages.remove(stage);
        }
        self.versions.insert(id, Version { stages, created: now, value: value.into() });
    }

    fn move_current(&mut self, to: &VersionId) {
        let from = self.labelled(AWSCURRENT).map(|(id, _)| id.clone());
        for (id, version) in &mut self.versions {
            version.stages.remove(AWSPREVIOUS);
            version.stages.remove(AWSCURRENT);
            if Some(id) == from.as_ref() && id != to {
                version.stages.insert(AWSPREVIOUS.to_owned());
            }
            if id == to {
                version.stages.insert(AWSCURRENT.to_owned());
            }
        }
    }

    fn state(&self) -> SecretState {
        if self.is_scheduled_for_deletion {
            return SecretState { scheduled_for_deletion: true, ..SecretState::default() };
        }
        let version = |(id, version): (&VersionId, &Version)| SecretVersion {
            id: id.clone(),
            stages: version.stages.clone(),
            created: version.created,
        };
        SecretState { versions: self.versions.iter().map(version).collect(), ..SecretState::default() }
    }
}

/// The ARN of a secret in the hub.
#[must_use]
pub fn central_arn(name: &str) -> String {
    format!("{CENTRAL}{name}-AbCdEf")
}

const CENTRAL: &str = "arn:aws:secretsmanager:eu-central-1:999988887777:secret:";

impl Account {
    /// The secret that a user reads by this name or ARN: one in the hub has an ARN alone.
    pub(crate) fn secret_for_user(&self, reference: &str) -> Option<&Secret> {
        let name = reference.strip_prefix(CENTRAL).and_then(|rest| rest.strip_suffix("-AbCdEf"));
        let store = if name.is_some() { Store::Central } else { Store::Member };
        self.secrets.get(name.unwrap_or(reference)).filter(|secret| secret.store == store)
    }

    fn regions_behind(&self, secret: &Secret) -> BTreeMap<String, String> {
        let behind = self.replica_regions.difference(&secret.replicas);
        behind.map(|region| (region.clone(), "no replica".to_owned())).collect()
    }

    fn usable(&mut self, operation: Operation, name: &str) -> Result<&mut Secret, PortError> {
        let Some(secret) = self.secrets.get_mut(name) else {
            return Err(error(operation, ErrorKind::NotFound, "ResourceNotFoundException"));
        };
        if secret.is_scheduled_for_deletion {
            return Err(error(operation, ErrorKind::Conflict, "InvalidRequestException: marked for deletion"));
        }
        Ok(secret)
    }
}

/// Nobody's encryption: it only has the look of one. The list of recipients is that of the account in memory.
impl PairEncryption for World {
    async fn encrypt(
        &self,
        to: &str,
        _: &AccountId,
        _: &UserName,
        value: &SecretValue,
    ) -> Result<String, NotEncrypted> {
        if !self.account().recipients.contains(to) {
            return Err(NotEncrypted::for_good(format!("the list of recipients has no entry {to:?}")));
        }
        let record: Value = serde_json::from_str(value.expose()).unwrap_or(Value::Null);
        let has_half = if record["SecretAccessKey"].is_string() { "pair" } else { "record" };
        Ok(format!("{has_half} of {} for {to}", record["AccessKeyId"].as_str().unwrap_or_default()))
    }
}

impl Secrets for World {
    async fn describe(&self, name: &str) -> Result<Option<SecretState>, PortError> {
        self.call(Operation::DescribeSecret, name.to_owned(), |account| {
            let left_behind = |secret: &Secret| secret.store != account.store;
            let found = account.secrets.get(name).filter(|secret| !left_behind(secret) || account.knows_other_store);
            let behind = |secret: &Secret| account.regions_behind(secret);
            let state = |secret| SecretState {
                left_behind: left_behind(secret),
                regions_behind: behind(secret),
                ..secret.state()
            };
            Ok(found.map(state))
        })
        .await
    }

    async fn schedule_deletion(&self, name: &str) -> Result<(), PortError> {
        self.call(Operation::ScheduleDeletion, name.to_owned(), |account| {
            let secret = account.usable(Operation::ScheduleDeletion, name)?;
            secret.is_scheduled_for_deletion = true;
            secret.replicas.clear();
            Ok(())
        })
        .await
    }

    async fn former(&self, name: &str) -> Result<Option<SecretState>, PortError> {
        self.call(Operation::DescribeSecret, format!("{name} (former)"), |account| {
            if !account.knows_other_store {
                return Err(error(Operation::DescribeSecret, ErrorKind::Denied, "no other store is known"));
            }
            Ok(account.left_secrets.get(name).map(Secret::state))
        })
        .await
    }

    async fn schedule_former(&self, name: &str) -> Result<(), PortError> {
        self.call(Operation::ScheduleFormerDeletion, name.to_owned(), |account| {
            let Some(secret) = account.left_secrets.get_mut(name) else {
                return Err(error(Operation::ScheduleFormerDeletion, ErrorKind::NotFound, "ResourceNotFoundException"));
            };
            secret.is_scheduled_for_deletion = true;
            Ok(())
        })
        .await
    }

    fn has_replicas(&self) -> bool {
        !self.account().replica_regions.is_empty()
    }

    async fn replicate(&self, name: &str) -> Result<(), PortError> {
        self.call(Operation::Replicate, name.to_owned(), |account| {
            let (wanted, closed) = (account.replica_regions.clone(), account.behaviour.closed_regions.clone());
            let secret = account.usable(Operation::Replicate, name)?;
            secret.replicas.extend(wanted.difference(&closed).cloned());
            match wanted.intersection(&closed).next() {
                None => Ok(()),
                Some(region) => Err(error(Operation::Replicate, ErrorKind::Invalid, &format!("{region}: closed"))),
            }
        })
        .await
    }

    async fn central_arn(&self, name: &str) -> Result<Option<String>, PortError> {
        let is_central = self.account().secrets.get(name).is_some_and(|secret| secret.store == Store::Central);
        Ok(is_central.then(|| central_arn(name)))
    }

    fn knows_central(&self) -> bool {
        let account = self.account();
        account.store == Store::Central || account.knows_other_store
    }

    async fn previous_key(&self, name: &str) -> Result<Option<AccessKeyId>, PortError> {
        self.call(Operation::ReadPreviousKey, name.to_owned(), |account| {
            let secret = account.usable(Operation::ReadPreviousKey, name)?;
            let value = secret.labelled(AWSCURRENT).map(|(_, version)| version.json()).unwrap_or_default();
            Ok(value["Previous"]["AccessKeyId"].as_str().and_then(|id| id.parse().ok()))
        })
        .await
    }

    async fn pair(&self, name: &str, version: &VersionId) -> Result<Option<KeyPair>, PortError> {
        self.call(Operation::ReadPair, name.to_owned(), |account| {
            let secret = account.usable(Operation::ReadPair, name)?;
            let value = secret.versions.get(version).map(Version::json).unwrap_or_default();
            let text = |field: &str| value[field].as_str();
            let Some(half) = text("SecretAccessKey") else { return Ok(None) };
            let id = text("AccessKeyId").and_then(|id| id.parse().ok());
            let created = text("CreateDate").and_then(|date| date.parse().ok());
            Ok(id.zip(created).map(|(id, created)| KeyPair { id, created, secret: half.into() }))
        })
        .await
    }

    async fn create(&self, secret: NewSecret<'_>) -> Result<(), PortError> {
        self.call(Operation::CreateSecret, secret.name.to_owned(), |account| {
            if account.secrets.get(secret.name).is_some_and(|found| found.store == account.store) {
                return account.usable(Operation::CreateSecret, secret.name).map(|_| ());
            }
            let mut made = Secret { store: account.store, ..Secret::default() };
            made.put(secret.version.clone(), secret.value.expose(), AWSCURRENT, account.now);
            let left = account.secrets.insert(secret.name.to_owned(), made);
            account.left_secrets.extend(left.map(|left| (secret.name.to_owned(), left)));
            Ok(())
        })
        .await
    }

    async fn policy(&self, name: &str) -> Result<Option<String>, PortError> {
        self.call(Operation::GetPolicy, name.to_owned(), |account| {
            Ok(account.usable(Operation::GetPolicy, name)?.policy.clone())
        })
        .await
    }

    async fn put_policy(&self, name: &str, policy: &str) -> Result<(), PortError> {
        self.call(Operation::PutPolicy, name.to_owned(), |account| {
            account.usable(Operation::PutPolicy, name)?.policy = Some(policy.to_owned());
            Ok(())
        })
        .await
    }

    async fn put_pending(&self, name: &str, version: &VersionId, value: &SecretValue) -> Result<(), PortError> {
        self.call(Operation::PutPending, name.to_owned(), |account| {
            let now = account.now;
            let secret = account.usable(Operation::PutPending, name)?;
            match secret.versions.get(version) {
                Some(known) if known.value.expose_secret() == value.expose() => {}
                Some(_) => {
                    let text = "ResourceExistsException: the token stands for another value";
                    return Err(error(Operation::PutPending, ErrorKind::Conflict, text));
                }
                None => secret.put(version.clone(), value.expose(), AWSPENDING, now),
            }
            Ok(())
        })
        .await
    }

    async fn move_current(&self, name: &str, to: &VersionId, from: Option<&VersionId>) -> Result<(), PortError> {
        self.call(Operation::MoveCurrent, name.to_owned(), |account| {
            let secret = account.usable(Operation::MoveCurrent, name)?;
            let current = secret.labelled(AWSCURRENT).map(|(id, _)| id.clone());
            if !secret.versions.contains_key(to) || (current.as_ref() != from && current.as_ref() != Some(to)) {
                return Err(error(Operation::MoveCurrent, ErrorKind::Invalid, "InvalidParameterException"));
            }
            secret.move_current(to);
            Ok(())
        })
        .await
    }

    async fn remove_label(&self, name: &str, label: &str, version: &VersionId) -> Result<(), PortError> {
        self.call(Operation::RemoveLabel, format!("{name} {label}"), |account| {
            let secret = account.usable(Operation::RemoveLabel, name)?;
            if let Some(version) = secret.versions.get_mut(version) {
                version.stages.remove(label);
            }
            Ok(())
        })
        .await
    }
}
