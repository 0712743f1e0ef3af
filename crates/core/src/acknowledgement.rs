//! What hosts say of the keys they have installed: one object per host, written by the user whose key it is and by nobody else.
//!
//! Who may write where is the bucket policy's affair. What is in an object is a stranger's word all the same, so it is read with care, and it
//! counts only where the object's place and what it says agree.

mod hosts;

pub use hosts::{Acknowledgements, Host, Hosts, Installed, MAX_HOSTS};

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{AccessKeyId, AccountId, HostName, UserName};

/// The version of an acknowledgement's shape.
pub const SCHEMA: u32 = 1;

/// What every acknowledgement's key begins with.
pub const PREFIX: &str = "acks/";

/// How many bytes an acknowledgement may have.
pub const MAX_BYTES: usize = 4_096;

/// What a host says: `acks/<account>/<user>/<host>.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The version of this shape.
    pub schema_version: u32,
    /// The account of the user.
    pub account: AccountId,
    /// The user whose key it is.
    pub user: UserName,
    /// The host.
    pub host: HostName,
    /// The key that the host has installed and seen working.
    pub access_key_id: AccessKeyId,
    /// When the host saw that, or saw last that it is still so.
    pub time: Timestamp,
    /// The version of the agent, for people.
    #[serde(default)]
    pub version: String,
}

/// Where a host acknowledges.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The account of the user.
    pub account: AccountId,
    /// The user whose keys the host has.
    pub user: UserName,
    /// The host.
    pub host: HostName,
}

/// An object that is no acknowledgement. Nothing of what is in it is repeated: it may be anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    /// It is larger than any acknowledgement.
    #[error("it has more than {MAX_BYTES} bytes")]
    TooLarge,
    /// It cannot be read.
    #[error("it is not the JSON of an acknowledgement")]
    Unreadable,
    /// It has another shape.
    #[error("it is of another schema_version than {SCHEMA}")]
    OtherSchema,
    /// It speaks for another account, user or host than its place.
    #[error("it speaks for another account, user or host than the place at which it is")]
    OtherPlace,
}

impl Place {
    /// What the keys of all acknowledgements of an account's users begin with.
    #[must_use]
    pub fn prefix_of_account(account: &AccountId) -> String {
        format!("{PREFIX}{account}/")
    }

    /// What the keys of a user's acknowledgements begin with.
    #[must_use]
    pub fn prefix(account: &AccountId, user: &UserName) -> String {
        format!("{}{user}/", Self::prefix_of_account(account))
    }

    /// The key of the object.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{PREFIX}{}/{}/{}.json", self.account, self.user, self.host)
    }

    /// The place with this key; none where no host acknowledges there.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let mut parts = key.strip_prefix(PREFIX)?.strip_suffix(".json")?.split('/');
        let place = Self {
            account: parts.next()?.parse().ok()?,
            user: parts.next()?.parse().ok()?,
            host: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(place)
    }
}

impl Acknowledgement {
    /// Reads what is at a place.
    ///
    /// # Errors
    /// When it is not believed.
    pub fn parse(bytes: &[u8], place: &Place) -> Result<Self, NotBelieved> {
        #[derive(Deserialize)]
        struct Shape {
            schema_version: u32,
        }
        if bytes.len() > MAX_BYTES {
            return Err(NotBelieved::TooLarge);
        }
        let Shape { schema_version } = serde_json::from_slice(bytes).map_err(|_| NotBelieved::Unreadable)?;
        if schema_version != SCHEMA {
            return Err(NotBelieved::OtherSchema);
        }
        let said: Self = serde_json::from_slice(bytes).map_err(|_| NotBelieved::Unreadable)?;
        if said.place() != *place {
            return Err(NotBelieved::OtherPlace);
        }
        Ok(said)
    }

    /// Where it belongs.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { account: self.account.clone(), user: self.user.clone(), host: self.host.clone() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> Place {
        Place::parse("acks/111122223333/alice@example.com/web-1.json").unwrap()
    }

    fn said() -> serde_json::Value {
        serde_json::json!({
            "schema_version": 1, "account": "111122223333", "user": "alice@example.com", "host": "web-1",
            "access_key_id": "AKIAEXAMPLE0000000001", "time": "2026-11-20T02:00:00Z", "version": "0.1.0",
        })
    }

    fn parse(json: &serde_json::Value) -> Result<Acknowledgement, NotBelieved> {
        Acknowledgement::parse(json.to_string().as_bytes(), &place())
    }

    #[test]
    fn an_acknowledgement_is_read_where_place_and_content_agree() {
        let read = parse(&said()).unwrap();
        assert_eq!((read.place(), read.access_key_id.as_str()), (place(), "AKIAEXAMPLE0000000001"));
        assert_eq!(read.place().key(), "acks/111122223333/alice@example.com/web-1.json");
        assert_eq!(serde_json::to_value(&read).unwrap(), said());
    }

    #[test]
    fn what_speaks_for_somebody_else_or_is_something_else_is_not_believed() {
        for (field, value) in [("account", "999900001111"), ("user", "bob"), ("host", "web-2")] {
            let mut other = said();
            other[field] = value.into();
            assert_eq!(parse(&other), Err(NotBelieved::OtherPlace), "{field}");
        }
        for (field, value) in [("access_key_id", "<script>"), ("time", "yesterday"), ("host", "a/b")] {
            let mut other = said();
            other[field] = value.into();
            assert_eq!(parse(&other), Err(NotBelieved::Unreadable), "{field}");
        }
        let mut newer = said();
        newer["schema_version"] = 2.into();
        assert_eq!(parse(&newer), Err(NotBelieved::OtherSchema));
        let large = format!("{}{}", said(), " ".repeat(MAX_BYTES));
        assert_eq!(Acknowledgement::parse(large.as_bytes(), &place()), Err(NotBelieved::TooLarge));
        assert_eq!(Acknowledgement::parse(b"", &place()), Err(NotBelieved::Unreadable));
    }

    #[test]
    fn only_such_keys_are_places() {
        for wrong in [
            "acks/111122223333/alice/web-1",
            "acks/111122223333/alice/web/1.json",
            "acks/111122223333/alice/.json",
            "acks/111122223333/alice/...json",
            "acks/1/alice/web-1.json",
            "other/111122223333/alice/web-1.json",
            "acks/111122223333/web-1.json",
        ] {
            assert_eq!(Place::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..200), key in ".{0,80}") {
            let _ = Acknowledgement::parse(&bytes, &place());
            if let Some(place) = Place::parse(&key) {
                prop_assert_eq!(place.key(), key);
            }
        }
    }
}
