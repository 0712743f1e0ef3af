use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{AccessKeyId, AccountId, UserId, hexadecimal};

/// The id of a secret's version.
///
/// Keywheel chooses it through `ClientRequestToken`, so that the id tells which key a version holds without reading it, and so that a
/// repeated PutSecretValue is the same version and not a second one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionId(pub String);

impl VersionId {
    /// The version that holds this key: the hexadecimal SHA-256 of account, user id and key id, one per line.
    #[must_use]
    pub fn of(account: &AccountId, user_id: &UserId, key: &AccessKeyId) -> Self {
        Self(hexadecimal(&Sha256::digest(format!("{account}\n{user_id}\n{key}"))))
    }

    /// The version that holds only the record of a key, without its secret half: a secret's first version.
    #[must_use]
    pub fn of_record(account: &AccountId, user_id: &UserId, key: &AccessKeyId) -> Self {
        Self(hexadecimal(&Sha256::digest(format!("{account}\n{user_id}\n{key}\nrecord"))))
    }

    /// The version id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
