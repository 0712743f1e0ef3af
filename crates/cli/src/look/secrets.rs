//! Secrets Manager as a look needs it: it reads, and goes by the ledger where a secret's policy keeps its value from whoever looks.

use keywheel_aws::AwsSecrets;
use keywheel_core::id::AccessKeyId;
use keywheel_core::observed::{AWSCURRENT, SecretState};
use keywheel_core::secret::{KeyPair, SecretValue, VersionId, user_of_secret};
use keywheel_engine::ports::{ErrorKind, LedgerStore, NewSecret, PortError, Secrets};

use super::ports::{Memory, nothing_is_written};

/// The secrets of one account.
pub(super) struct LookSecrets {
    pub(super) aws: AwsSecrets,
    pub(super) memory: Memory,
}

impl LookSecrets {
    /// What the ledger says of the key that the secret hands out: the one from which it took over. None where it says nothing of that key.
    async fn remembered(&self, name: &str) -> Option<Option<AccessKeyId>> {
        let (account, user) = user_of_secret(name)?;
        let ledger = self.memory.load(&account).await.ok()?.ledger;
        let record = ledger.users.get(&user)?;
        let state = self.aws.describe(name).await.ok()??;
        let current = state.versions.iter().find(|version| version.stages.contains(AWSCURRENT))?;
        let is_current = |key: &AccessKeyId| VersionId::of(&account, &record.user_id, key) == current.id;
        let (_, key) = record.keys.iter().find(|(key, record)| record.published.is_some() && is_current(key))?;
        Some(key.supersedes.clone())
    }
}

impl Secrets for LookSecrets {
    async fn describe(&self, name: &str) -> Result<Option<SecretState>, PortError> {
        self.aws.describe(name).await
    }

    async fn previous_key(&self, name: &str) -> Result<Option<AccessKeyId>, PortError> {
        match self.aws.previous_key(name).await {
            // The deployed function may read it, and would see what the ledger remembers.
            Err(error) if error.kind == ErrorKind::Denied => self.remembered(name).await.ok_or(error),
            read => read,
        }
    }

    async fn policy(&self, name: &str) -> Result<Option<String>, PortError> {
        self.aws.policy(name).await
    }

    async fn pair(&self, _: &str, _: &VersionId) -> Result<Option<KeyPair>, PortError> {
        Err(nothing_is_written("secretsmanager:GetSecretValue"))
    }

    async fn central_arn(&self, name: &str) -> Result<Option<String>, PortError> {
        self.aws.central_arn(name).await
    }

    fn knows_central(&self) -> bool {
        self.aws.knows_central()
    }

    fn knows_former(&self) -> bool {
        self.aws.knows_former()
    }

    fn has_replicas(&self) -> bool {
        self.aws.has_replicas()
    }

    async fn replicate(&self, _: &str) -> Result<(), PortError> {
        Err(nothing_is_written("secretsmanager:ReplicateSecretToRegions"))
    }

    async fn create(&self, _: NewSecret<'_>) -> Result<(), PortError> {
        Err(nothing_is_written("secretsmanager:CreateSecret"))
    }

    async fn put_policy(&self, _: &str, _: &str) -> Result<(), PortError> {
        Err(nothing_is_written("secretsmanager:PutResourcePolicy"))
    }

    async fn put_pending(&self, _: &str, _: &VersionId, _: &SecretValue) -> Result<(), PortError> {
        Err(nothing_is_written("secretsmanager:PutSecretValue"))
    }

    async fn move_current(&self, _: &str, _: &VersionId, _: Option<&VersionId>) -> Result<(), PortError> {
        Err(nothing_is_written("secretsmanager:UpdateSecretVersionStage"))
    }

    async fn remove_label(&self, _: &str, _: &str, _: &VersionId) -> Result<(), PortError> {
        Err(nothing_is_written("secretsmanager:UpdateSecretVersionStage"))
    }

    async fn former(&self, name: &str) -> Result<Option<SecretState>, PortError> {
        self.aws.former(name).await
    }

    async fn schedule_former(&self, _: &str) -> Result<(), PortError> {
        Err(nothing_is_written("secretsmanager:DeleteSecret"))
    }

    async fn schedule_deletion(&self, _: &str) -> Result<(), PortError> {
        Err(nothing_is_written("secretsmanager:DeleteSecret"))
    }
}
