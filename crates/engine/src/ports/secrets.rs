use keywheel_core::id::AccessKeyId;
use keywheel_core::observed::SecretState;
use keywheel_core::secret::{KeyPair, SecretValue, VersionId};

use super::PortError;

/// The store of one account's secrets.
pub trait Secrets: Send + Sync {
    /// The secret's versions and labels; none when there is no such secret. Reads no value.
    fn describe(&self, name: &str) -> impl Future<Output = Result<Option<SecretState>, PortError>> + Send;

    /// `Previous.AccessKeyId` of the current value; none when the value is not Keywheel's. The secret half is dropped unread.
    fn previous_key(&self, name: &str) -> impl Future<Output = Result<Option<AccessKeyId>, PortError>> + Send;

    /// The pair that a version holds, for proving a pair that an earlier run left pending; none when it holds no secret half.
    fn pair(&self, name: &str, version: &VersionId) -> impl Future<Output = Result<Option<KeyPair>, PortError>> + Send;

    /// The ARN by which the user reads the secret, where that is in the central store; none where it is in the user's own account.
    fn central_arn(&self, name: &str) -> impl Future<Output = Result<Option<String>, PortError>> + Send;

    /// Whether secrets that are in the central store can be found. Where they cannot, one that is not found may be there.
    fn knows_central(&self) -> bool;

    /// Whether the store from which the deployment moved is known.
    fn knows_former(&self) -> bool;

    /// Whether secrets are to be in further Regions.
    fn has_replicas(&self) -> bool;

    /// Replicates the secret to those configured Regions that have no replica, or a failed one, without writing over anything. Every Region is
    /// tried; where none is configured, nothing is sent.
    ///
    /// # Errors
    /// Names every Region in which there is no replica now.
    fn replicate(&self, name: &str) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Schedules the secret for deletion; for 30 days it can be restored. Never at once.
    fn schedule_deletion(&self, name: &str) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The secret of that name in the store from which the deployment moved, whatever the configured store has; none when there is none.
    ///
    /// # Errors
    /// Where no such store is known, too: then one may be there.
    fn former(&self, name: &str) -> impl Future<Output = Result<Option<SecretState>, PortError>> + Send;

    /// Schedules the secret in the store from which the deployment moved for deletion, as the other.
    fn schedule_former(&self, name: &str) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Makes the secret, in the configured store, with its first version, which AWS labels `AWSCURRENT` whatever is asked. Fine when it exists already.
    fn create(&self, secret: NewSecret<'_>) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The secret's resource policy, as JSON text; none when it has none.
    fn policy(&self, name: &str) -> impl Future<Output = Result<Option<String>, PortError>> + Send;

    /// Puts the resource policy, with `BlockPublicPolicy`.
    fn put_policy(&self, name: &str, policy: &str) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Puts a version under `AWSPENDING` alone. Repeating it with the same version and value changes nothing.
    fn put_pending(
        &self,
        name: &str,
        version: &VersionId,
        value: &SecretValue,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Moves `AWSCURRENT` to the version, from `from` where another version has it (that one becomes `AWSPREVIOUS`).
    fn move_current(
        &self,
        name: &str,
        to: &VersionId,
        from: Option<&VersionId>,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Takes a label off a version; fine when the version does not have it.
    fn remove_label(
        &self,
        name: &str,
        label: &str,
        version: &VersionId,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// A secret to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewSecret<'a> {
    /// Its name.
    pub name: &'a str,
    /// What people read in the console.
    pub description: &'a str,
    /// The first version's id.
    pub version: &'a VersionId,
    /// The first version's value: the old key's record, without a secret half.
    pub value: &'a SecretValue,
}

/// Proves that a new pair works, with that pair.
pub trait Prover: Send + Sync {
    /// One try: regional GetCallerIdentity must name the user, then the pair reads its own version under `AWSPENDING`.
    fn prove(
        &self,
        pair: &KeyPair,
        user_arn: &str,
        secret: &str,
        version: &VersionId,
    ) -> impl Future<Output = Proof> + Send;
}

/// How one try of a proof ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The pair works and reads its own secret.
    Proven,
    /// The pair works; reading the secret is denied to it, such as by a condition on the source address.
    RetrievalDenied {
        /// AWS's words.
        why: String,
    },
    /// The pair does not work yet: IAM is still spreading it, or the call failed.
    NotYet {
        /// AWS's words.
        why: String,
    },
}
