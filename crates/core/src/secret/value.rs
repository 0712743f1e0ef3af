use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::smtp_password;
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
    #[serde(rename = "SmtpPasswords", skip_serializing_if = "BTreeMap::is_empty")]
    smtp_passwords: BTreeMap<&'a str, &'a str>,
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
        self.with_smtp_passwords(pair, &[])
    }

    /// The value with the pair's secret half, and with the passwords of SES's SMTP endpoints in these Regions.
    ///
    /// # Errors
    /// As [`SecretRecord::with_secret`].
    pub fn with_smtp_passwords(&self, pair: &KeyPair, regions: &[String]) -> Result<SecretValue, serde_json::Error> {
        let passwords: Vec<_> = regions.iter().map(|region| smtp_password(&pair.secret, region)).collect();
        let exposed = passwords.iter().map(ExposeSecret::expose_secret);
        let smtp_passwords = regions.iter().map(String::as_str).zip(exposed).collect();
        let full = FullValue { record: self, secret_access_key: pair.secret.expose_secret(), smtp_passwords };
        serde_json::to_string(&full).map(|text| SecretValue(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    // Nobody's: it only has the look of one.
    const SECRET_HALF: &str = "not/a+secret/but+forty/characters+long00";

    fn pair() -> KeyPair {
        KeyPair {
            id: "AKIANEWNEWNEWNEWNEWN".parse().unwrap(),
            created: "2026-11-20T02:00:07Z".parse().unwrap(),
            secret: SECRET_HALF.to_owned().into(),
        }
    }

    fn previous() -> PreviousKey {
        PreviousKey {
            access_key_id: "AKIAOLDOLDOLDOLDOLDO".parse().unwrap(),
            create_date: "2026-08-22T09:30:00Z".parse().unwrap(),
        }
    }

    fn record(previous: Option<PreviousKey>) -> SecretRecord {
        let (account, user) = ("111122223333".parse().unwrap(), "alice".parse().unwrap());
        SecretRecord::of_new_pair(&account, &user, &pair(), previous)
    }

    fn json_of(value: &SecretValue) -> Value {
        serde_json::from_str(value.expose()).unwrap()
    }

    #[test]
    fn a_new_pair_is_stored_in_the_promised_shape() {
        let expected = json!({
            "Version": 1, "AccessKeyId": "AKIANEWNEWNEWNEWNEWN", "SecretAccessKey": SECRET_HALF, "UserName": "alice",
            "AccountId": "111122223333", "CreateDate": "2026-11-20T02:00:07Z", "Status": "Active",
            "Previous": {"AccessKeyId": "AKIAOLDOLDOLDOLDOLDO", "CreateDate": "2026-08-22T09:30:00Z"}
        });
        assert_eq!(json_of(&record(Some(previous())).with_secret(&pair()).unwrap()), expected);
    }

    #[test]
    fn passwords_of_ses_stand_beside_the_pair_for_the_regions_named() {
        let regions = ["eu-central-1".to_owned(), "us-west-1".to_owned()];
        let value = record(None).with_smtp_passwords(&pair(), &regions).unwrap();
        let password = |region| smtp_password(&pair().secret, region).expose_secret().to_owned();
        let expected = json!({ "eu-central-1": password("eu-central-1"), "us-west-1": password("us-west-1") });
        assert_eq!(json_of(&value)["SmtpPasswords"], expected);
        assert_eq!(json_of(&value)["SecretAccessKey"], SECRET_HALF);
        assert!(!format!("{value:?}").contains(&password("us-west-1")));
        assert_eq!(json_of(&record(None).with_secret(&pair()).unwrap()).get("SmtpPasswords"), None);
    }

    #[test]
    fn without_a_former_key_there_is_no_previous() {
        let value = json_of(&record(None).with_secret(&pair()).unwrap());
        assert_eq!(value.get("Previous"), None);
    }

    #[test]
    fn the_value_is_output_of_a_credential_process() {
        let value = json_of(&record(Some(previous())).with_secret(&pair()).unwrap());
        assert!(value["Version"].is_i64() && value["Version"] == 1, "a number, not a text");
        assert!(value["AccessKeyId"].is_string() && value["SecretAccessKey"].is_string());
        assert_eq!(value.get("SessionToken"), None, "a long-term key has none");
        assert_eq!(value.get("Expiration"), None, "SDKs would take the pair for one that lapses");
    }

    #[test]
    fn the_record_of_an_old_key_has_no_secret_half() {
        let (account, user) = ("111122223333".parse().unwrap(), "a,b".parse().unwrap());
        let value = json_of(&SecretRecord::of_old_key(&account, &user, previous()).without_secret().unwrap());
        let expected = json!({
            "Version": 1, "AccessKeyId": "AKIAOLDOLDOLDOLDOLDO", "UserName": "a,b", "AccountId": "111122223333",
            "CreateDate": "2026-08-22T09:30:00Z", "Status": "Active"
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn a_record_is_read_back_from_a_value_without_its_secret_half() {
        let stored = record(Some(previous())).with_secret(&pair()).unwrap();
        let read: SecretRecord = serde_json::from_str(stored.expose()).unwrap();
        assert_eq!(read, record(Some(previous())));
        assert!(!format!("{read:?}").contains(SECRET_HALF));
    }

    #[test]
    fn no_debug_output_shows_the_secret_half() {
        let value = record(None).with_secret(&pair()).unwrap();
        assert!(value.expose().contains(SECRET_HALF), "else this test could not fail");
        for text in
            [format!("{:?} {:#?}", pair(), pair()), format!("{value:?} {value:#?}"), format!("{:?}", record(None))]
        {
            assert!(!text.contains(SECRET_HALF), "{text}");
        }
    }
}
