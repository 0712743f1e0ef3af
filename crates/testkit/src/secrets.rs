//! Secrets Manager as the engine sees it, and the encryption of pairs.

use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::observed::{AWSCURRENT, AWSPENDING, SecretState};
use keywheel_core::secret::{KeyPair, SecretValue, VersionId};
use keywheel_engine::ports::{ErrorKind, NewSecret, NotEncrypted, PairEncryption, PortError, Secrets};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::call::{Operation, error};
use crate::secret::{Secret, Store, Version, central_arn};
use crate::world::World;

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

    fn knows_former(&self) -> bool {
        self.account().knows_other_store
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
