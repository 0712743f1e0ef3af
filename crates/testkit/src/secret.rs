//! Secrets Manager, with AWS's rules for labels.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::Timestamp;
use keywheel_core::id::AccessKeyId;
use keywheel_core::observed::{AWSCURRENT, AWSPREVIOUS, SecretState, SecretVersion};
use keywheel_core::secret::VersionId;
use keywheel_engine::ports::{ErrorKind, PortError};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::account::Account;
use crate::call::{Operation, error};

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
    pub(crate) fn json(&self) -> Value {
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

    pub(crate) fn move_current(&mut self, to: &VersionId) {
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

    pub(crate) fn state(&self) -> SecretState {
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

    pub(crate) fn regions_behind(&self, secret: &Secret) -> BTreeMap<String, String> {
        let behind = self.replica_regions.difference(&secret.replicas);
        behind.map(|region| (region.clone(), "no replica".to_owned())).collect()
    }

    pub(crate) fn usable(&mut self, operation: Operation, name: &str) -> Result<&mut Secret, PortError> {
        let Some(secret) = self.secrets.get_mut(name) else {
            return Err(error(operation, ErrorKind::NotFound, "ResourceNotFoundException"));
        };
        if secret.is_scheduled_for_deletion {
            return Err(error(operation, ErrorKind::Conflict, "InvalidRequestException: marked for deletion"));
        }
        Ok(secret)
    }
}
