//! For whom new pairs may be encrypted: the list that administrators keep beside the state, `<prefix>recipients.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{LONGEST_REASON, SCHEMA};
use crate::clean::quoted;
use crate::id::{AccountId, UserName};

/// The list. A tag can only name an entry of it, and only one that is open to its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipientList {
    /// The version of this shape.
    pub schema_version: u32,
    /// The entries by name.
    pub recipients: BTreeMap<String, AgeRecipient>,
}

/// One who can open what is encrypted for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeRecipient {
    /// The public key: an age recipient of the kind X25519, `age1…`.
    pub recipient: String,
    /// Whose pairs may be encrypted for it: `<account id>/<user name>`, where either may be `*`. Whoever may tag a user could else have
    /// its pair encrypted for themselves.
    pub users: Vec<String>,
}

/// Why a pair cannot be encrypted for the name that a tag gives.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipientRefused {
    /// The list is of a newer release.
    #[error("the list of recipients has schema_version {0}, and this release knows {SCHEMA} at most")]
    Newer(u32),
    /// The list cannot be read as one.
    #[error("the list of recipients cannot be read: {0}")]
    Unreadable(String),
    /// There is no such entry.
    #[error("the list of recipients has no entry {0:?}")]
    Unknown(String),
    /// The entry is for other users.
    #[error("the entry {name:?} of the list of recipients is not open to user {user} of account {account}")]
    NotForUser {
        /// The entry.
        name: String,
        /// The account.
        account: AccountId,
        /// The user.
        user: UserName,
    },
}

impl RecipientList {
    /// Reads a list.
    ///
    /// # Errors
    /// It is no list, or one of a newer release.
    pub fn parse(json: &[u8]) -> Result<Self, RecipientRefused> {
        #[derive(Deserialize)]
        struct Version {
            schema_version: u32,
        }
        let unreadable =
            |error: serde_json::Error| RecipientRefused::Unreadable(quoted(&error.to_string(), LONGEST_REASON));
        let version: Version = serde_json::from_slice(json).map_err(unreadable)?;
        if version.schema_version > SCHEMA {
            return Err(RecipientRefused::Newer(version.schema_version));
        }
        serde_json::from_slice(json).map_err(unreadable)
    }

    /// The public key of the entry of this name, where it is open to the user.
    ///
    /// # Errors
    /// There is no such entry, or it is not open to the user.
    pub fn find(&self, name: &str, account: &AccountId, user: &UserName) -> Result<&str, RecipientRefused> {
        let entry = self.recipients.get(name).ok_or_else(|| RecipientRefused::Unknown(quoted(name, 80)))?;
        let is = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        let is_for = |pattern: &String| {
            let parts = pattern.split_once('/');
            parts.is_some_and(|(of, name)| is(of, account.as_str()) && is(name, user.as_str()))
        };
        if entry.users.iter().any(is_for) {
            return Ok(&entry.recipient);
        }
        Err(RecipientRefused::NotForUser { name: name.to_owned(), account: account.clone(), user: user.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{"schema_version":1,"recipients":{
        "alice":{"recipient":"age1alice","users":["111122223333/alice"]},
        "payments":{"recipient":"age1payments","users":["111122223333/*"]},
        "everybody":{"recipient":"age1all","users":["*/*"]},
        "nobody":{"recipient":"age1none","users":["alice","*", "*alice/*"]}}}"#;

    fn find(name: &str, account: &str, user: &str) -> Result<String, String> {
        let list = RecipientList::parse(LIST.as_bytes()).unwrap();
        let found = list.find(name, &account.parse().unwrap(), &user.parse().unwrap());
        found.map(str::to_owned).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_is_found_by_those_to_whom_it_is_open_alone() {
        let [here, there] = ["111122223333", "444455556666"];
        assert_eq!(find("alice", here, "alice"), Ok("age1alice".to_owned()));
        assert_eq!(find("payments", here, "bob"), Ok("age1payments".to_owned()));
        assert_eq!(find("everybody", there, "bob"), Ok("age1all".to_owned()));
        let refused =
            [("alice", here, "bob"), ("alice", there, "alice"), ("payments", there, "bob"), ("nobody", here, "alice")];
        for (name, account, user) in refused {
            assert!(find(name, account, user).unwrap_err().contains("is not open to user"), "{name} {account} {user}");
        }
        assert_eq!(find("Alice", here, "alice").unwrap_err(), "the list of recipients has no entry \"Alice\"");
    }

    #[test]
    fn a_list_of_another_shape_is_refused() {
        let refused = |json: &str| RecipientList::parse(json.as_bytes()).unwrap_err().to_string();
        assert!(refused(r#"{"schema_version":2,"else":{}}"#).contains("knows 1 at most"));
        for json in ["", "[]", "{}", r#"{"schema_version":1}"#, r#"{"schema_version":1,"recipients":{"a":"age1"}}"#] {
            assert!(refused(json).contains("cannot be read"), "{json}");
        }
        let misspelt = r#"{"schema_version":1,"recipients":{"a":{"recipient":"age1","users":[],"user":"alice"}}}"#;
        assert!(refused(misspelt).contains("unknown field"), "{}", refused(misspelt));
    }
}
