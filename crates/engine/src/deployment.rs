//! How a deployment gets into its accounts and keeps pairs there: `keywheel-runtime` reads it from the settings, `keywheel-aws` acts by it.

use std::fmt;

use keywheel_core::id::AccountId;

/// The role that is assumed in each account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRole {
    /// Its name, after its path if it has one: `platform/keywheel-member`. With `arn:<partition>:iam::<account>:role/` before it, it is the role's ARN.
    pub name: String,
    /// The external id that its trust policy asks for.
    pub external_id: Option<ExternalId>,
}

impl MemberRole {
    /// The role's ARN in an account.
    #[must_use]
    pub fn arn(&self, partition: &str, account: &AccountId) -> String {
        format!("arn:{partition}:iam::{account}:role/{}", self.name.trim_start_matches('/'))
    }
}

/// An external id: no secret by AWS's word, and yet nothing to print.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl ExternalId {
    /// An external id of this text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text that AssumeRole sends.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId(not shown)")
    }
}

/// Where secrets are kept. The other place is asked for what this one does not have: a secret stays where it was made until its user's next
/// key is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretStore {
    /// In the users' own accounts.
    #[default]
    Member,
    /// In the hub's account.
    Central,
    /// In the users' own accounts, after they were kept in the hub's.
    MemberAfterCentral,
}

/// Where and how secrets are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretOptions {
    /// Where.
    pub store: SecretStore,
    /// The KMS key that encrypts them; none means `aws/secretsmanager`.
    pub kms_key_id: Option<String>,
    /// The further Regions that hold replicas.
    pub replica_regions: Vec<String>,
}

/// How parameters are named and encrypted, for the users whom the hub's list names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterOptions {
    /// What their names begin with: `/…/`.
    pub prefix: String,
    /// The KMS key that encrypts them; none means `alias/aws/ssm`.
    pub kms_key_id: Option<String>,
}
