use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{AccessKeyId, AccountId, UserName};

/// A new access key with its secret half. It cannot be printed or serialised as it is.
pub struct KeyPair {
    /// The key's id.
    pub id: AccessKeyId,
    /// When IAM made it.
    pub created: Timestamp,
    /// The secret half: known once, from the answer to CreateAccessKey.
    pub secret: SecretString,
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyPair").field("id", &self.id).field("created", &self.created).finish_non_exhaustive()
    }
}

/// A secret's value, ready to be put: JSON text that cannot be printed.
pub struct SecretValue(SecretString);

impl SecretValue {
    /// The JSON text, for the one call that stores it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretValue(…)")
    }
}

/// The key that another one took over from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PreviousKey {
    /// The key's id.
    pub access_key_id: AccessKeyId,
    /// When IAM made it.
    pub create_date: Timestamp,
}

/// What a secret's value says besides the secret half.
///
/// The value is itself valid output of a `credential_process` (AWS SDKs and Tools reference guide, "Process credential provider"):
/// `Version`, `AccessKeyId`, `SecretAccessKey`; the other names are those of the AFT sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecretRecord {
    /// The format of `credential_process`, always 1.
    pub version: u32,
    /// The key's id.
    pub access_key_id: AccessKeyId,
    /// The key's user.
    pub user_name: UserName,
    /// The user's account.
    pub account_id: AccountId,
    /// When IAM made the key.
    pub create_date: Timestamp,
    /// The key's status when the value was written.
    pub status: String,
    /// The key that this one took over from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousKey>,
}

#[derive(Serialize)]
struct FullValue<'a> {
    #[serde(flatten)]
    record: &'a SecretRecord,
    #[serde(rename = "SecretAccessKey")]
    secret_access_key: &'a str,
}

impl SecretRecord {
    /// The record of a key that `user` has had so far; AWS never gives its secret half again.
    #[must_use]
    pub fn of_old_key(account: &AccountId, user: &UserName, key: PreviousKey) -> Self {
        Self {
            version: 1,
            access_key_id: key.access_key_id,
            user_name: user.clone(),
            account_id: account.clone(),
            create_date: key.create_date,
            status: "Active".to_owned(),
            previous: None,
        }
    }

    /// The record of a new pair that takes over from `previous`.
    #[must_use]
    pub fn of_new_pair(account: &AccountId, user: &UserName, pair: &KeyPair, previous: Option<PreviousKey>) -> Self {
        let key = PreviousKey { access_key_id: pair.id.clone(), create_date: pair.created };
        Self { previous, ..Self::of_old_key(account, user, key) }
    }

    /// The value without a secret half.
    ///
    /// # Errors
    /// Never in practice: the record holds nothing that JSON cannot.
    pub fn without_secret(&self) -> Result<SecretValue, serde_json::Error> {
        serde_json::to_string(self).map(|text| SecretValue(text.into()))
    }

    /// The value with the pair's secret half.
    ///
    /// # Errors
    /// Never in practice: the record holds nothing that JSON cannot.
    pub fn with_secret(&self, pair: &KeyPair) -> Result<SecretValue, serde_json::Error> {
        let full = FullValue { record: self, secret_access_key: pair.secret.expose_secret() };
        serde_json::to_string(&full).map(|text| SecretValue(text.into()))
    }
}
