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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_the_sha_256_of_account_user_id_and_key() {
        let account = "111122223333".parse().unwrap();
        let user_id = "AIDACKCEVSQ6C2EXAMPLE".parse().unwrap();
        let key = "AKIAIOSFODNN7EXAMPLE".parse().unwrap();
        let id = VersionId::of(&account, &user_id, &key);
        // printf '111122223333\nAIDACKCEVSQ6C2EXAMPLE\nAKIAIOSFODNN7EXAMPLE' | sha256sum
        assert_eq!(id.as_str(), "a41aa45f4f69fcf1a46a91b6986c94e4254f76fc125a0554ab161a8388a4f293");
        // The same with '\nrecord' at its end.
        let of_record = VersionId::of_record(&account, &user_id, &key);
        assert_eq!(of_record.as_str(), "d1cd19c5efedaa9c29e8c9d33cf1c07b43fbc63f19d5870c6c0d9ec3e3d273df");
        assert_eq!(id.as_str().len(), 64, "ClientRequestToken takes 32 to 64 characters");
    }
}
