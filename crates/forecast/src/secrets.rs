//! Secrets Manager with AWS's rules for labels, and nothing in the secrets.

use std::collections::BTreeSet;

use keywheel_core::Timestamp;
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::observed::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, ObservedSecret, SecretState, SecretVersion};
use keywheel_core::secret::{KeyPair, SecretRecord, SecretValue, VersionId};
use keywheel_engine::ports::{ErrorKind, NewSecret, NotEncrypted, PairEncryption, PortError, Proof, Prover, Secrets};
use secrecy::SecretString;

use crate::copy::{CopiedUser, Copy, no_such, refused};

impl CopiedUser {
    /// The secret, which a look that had no reason to look at it is taken not to have missed.
    fn secret(&self, operation: &'static str) -> Result<Option<&SecretState>, PortError> {
        match &self.seen.secret {
            ObservedSecret::NotLookedAt | ObservedSecret::Absent => Ok(None),
            ObservedSecret::Unknown { error } => Err(refused(operation, ErrorKind::Denied, error.clone())),
            ObservedSecret::Present(state) => Ok(Some(state)),
        }
    }

    fn secret_mut(&mut self, operation: &'static str) -> Result<&mut SecretState, PortError> {
        match &mut self.seen.secret {
            ObservedSecret::Present(state) if state.scheduled_for_deletion => {
                Err(refused(operation, ErrorKind::Conflict, "the secret is marked for deletion".to_owned()))
            }
            ObservedSecret::Present(state) => Ok(state),
            ObservedSecret::Unknown { error } => Err(refused(operation, ErrorKind::Denied, error.clone())),
            ObservedSecret::NotLookedAt | ObservedSecret::Absent => Err(no_such(operation, "secret")),
        }
    }

    /// The key that a version of the user's secret stands for.
    pub(crate) fn key_of(&self, account: &AccountId, version: &VersionId) -> Option<&AccessKeyId> {
        let user_id = &self.seen.user_id;
        let of_version = |key: &&AccessKeyId| VersionId::of(account, user_id, key) == *version;
        self.seen.keys.iter().map(|key| &key.id).find(of_version)
    }
}

/// Puts a version as AWS does: the first one is `AWSCURRENT` whatever was asked for.
fn put(secret: &mut SecretState, id: &VersionId, stage: &str, now: Timestamp) {
    let mut stages = BTreeSet::from([stage.to_owned()]);
    if secret.versions.is_empty() {
        stages.insert(AWSCURRENT.to_owned());
    }
    for version in &mut secret.versions {
        version.stages.remove(stage);
    }
    secret.versions.push(SecretVersion { id: id.clone(), stages, created: now });
}

impl Secrets for Copy {
    async fn describe(&self, name: &str) -> Result<Option<SecretState>, PortError> {
        let operation = "secretsmanager:DescribeSecret";
        // What the current value says of the former key is only read with the value.
        let outside = |state: &SecretState| SecretState { previous: None, ..state.clone() };
        Ok(self.state().owner_of(operation, name)?.secret(operation)?.map(outside))
    }

    /// Nothing here is read by anybody.
    async fn central_arn(&self, _: &str) -> Result<Option<String>, PortError> {
        Ok(None)
    }

    /// What was looked at is all there is.
    fn knows_central(&self) -> bool {
        true
    }

    /// Nobody looked for one: the step is done by its date.
    async fn former(&self, _: &str) -> Result<Option<SecretState>, PortError> {
        Ok(None)
    }

    async fn schedule_former(&self, _: &str) -> Result<(), PortError> {
        Ok(())
    }

    async fn schedule_deletion(&self, name: &str) -> Result<(), PortError> {
        let operation = "secretsmanager:DeleteSecret";
        self.state().owner_of(operation, name)?.secret_mut(operation)?.scheduled_for_deletion = true;
        Ok(())
    }

    fn knows_former(&self) -> bool {
        true
    }

    fn has_replicas(&self) -> bool {
        true
    }

    /// Every Region answers.
    async fn replicate(&self, name: &str) -> Result<(), PortError> {
        let operation = "secretsmanager:ReplicateSecretToRegions";
        self.state().owner_of(operation, name)?.secret_mut(operation)?.regions_behind.clear();
        Ok(())
    }

    async fn previous_key(&self, name: &str) -> Result<Option<AccessKeyId>, PortError> {
        let operation = "secretsmanager:GetSecretValue";
        Ok(self.state().owner_of(operation, name)?.secret_mut(operation)?.previous.clone())
    }

    async fn pair(&self, name: &str, version: &VersionId) -> Result<Option<KeyPair>, PortError> {
        let operation = "secretsmanager:GetSecretValue";
        let mut state = self.state();
        let account = state.account.clone();
        let user = state.owner_of(operation, name)?;
        let key = user.key_of(&account, version).and_then(|id| user.seen.key(id)).cloned();
        let is_there = user.secret_mut(operation)?.version(version).is_some();
        let pair = key.map(|key| KeyPair { id: key.id, created: key.created, secret: SecretString::from("") });
        Ok(pair.filter(|_| is_there))
    }

    async fn create(&self, secret: NewSecret<'_>) -> Result<(), PortError> {
        let operation = "secretsmanager:CreateSecret";
        let mut state = self.state();
        let now = state.now;
        let user = state.owner_of(operation, secret.name)?;
        if user.secret(operation)?.is_none_or(|state| state.left_behind) {
            let mut made = SecretState::default();
            put(&mut made, secret.version, AWSCURRENT, now);
            user.seen.secret = ObservedSecret::Present(made);
        }
        Ok(())
    }

    async fn policy(&self, name: &str) -> Result<Option<String>, PortError> {
        Ok(self.state().owner_of("secretsmanager:GetResourcePolicy", name)?.policy.clone())
    }

    async fn put_policy(&self, name: &str, policy: &str) -> Result<(), PortError> {
        self.state().owner_of("secretsmanager:PutResourcePolicy", name)?.policy = Some(policy.to_owned());
        Ok(())
    }

    async fn put_pending(&self, name: &str, version: &VersionId, value: &SecretValue) -> Result<(), PortError> {
        let operation = "secretsmanager:PutSecretValue";
        let mut state = self.state();
        let now = state.now;
        let user = state.owner_of(operation, name)?;
        let secret = user.secret_mut(operation)?;
        if secret.version(version).is_none() {
            put(secret, version, AWSPENDING, now);
        }
        let record = serde_json::from_str::<SecretRecord>(value.expose()).ok();
        if let Some(SecretRecord { access_key_id, previous: Some(previous), .. }) = record {
            user.previous.insert(version.clone(), previous.access_key_id.clone());
            state.made.entry(access_key_id).and_modify(|old| *old = Some(previous.access_key_id));
        }
        Ok(())
    }

    async fn move_current(&self, name: &str, to: &VersionId, from: Option<&VersionId>) -> Result<(), PortError> {
        let operation = "secretsmanager:UpdateSecretVersionStage";
        let mut state = self.state();
        let user = state.owner_of(operation, name)?;
        let previous = user.previous.get(to).cloned();
        let secret = user.secret_mut(operation)?;
        for version in &mut secret.versions {
            version.stages.remove(AWSPREVIOUS);
            version.stages.remove(AWSCURRENT);
            if Some(&version.id) == from && version.id != *to {
                version.stages.insert(AWSPREVIOUS.to_owned());
            }
            if version.id == *to {
                version.stages.insert(AWSCURRENT.to_owned());
            }
        }
        secret.previous = previous.or(secret.previous.take());
        Ok(())
    }

    async fn remove_label(&self, name: &str, label: &str, version: &VersionId) -> Result<(), PortError> {
        let operation = "secretsmanager:UpdateSecretVersionStage";
        let mut state = self.state();
        let secret = state.owner_of(operation, name)?.secret_mut(operation)?;
        for found in secret.versions.iter_mut().filter(|found| found.id == *version) {
            found.stages.remove(label);
        }
        Ok(())
    }
}

impl Prover for Copy {
    /// Every new key works at once and reads its secret.
    async fn prove(&self, _: &KeyPair, _: &str, _: &str, _: &VersionId) -> Proof {
        Proof::Proven
    }
}

impl PairEncryption for Copy {
    async fn encrypt(&self, _: &str, _: &AccountId, _: &UserName, _: &SecretValue) -> Result<String, NotEncrypted> {
        Ok(String::new())
    }
}
