//! Encrypts pairs for the recipients that administrators list in the state bucket.

use age::x25519::Recipient;
use keywheel_core::contract::recipients::RecipientList;
use keywheel_core::id::{AccountId, UserName};
use keywheel_core::secret::SecretValue;
use keywheel_engine::ports::{NotEncrypted, PairEncryption};
use tokio::sync::OnceCell;

use crate::state::S3State;

/// The list's name below the prefix.
const LIST: &str = "recipients.json";

/// The list of recipients, read when it is first needed and then kept, but for a read that may succeed later: make one of these per run.
#[derive(Debug)]
pub struct AgeEncryption {
    state: S3State,
    list: OnceCell<Result<RecipientList, NotEncrypted>>,
}

impl AgeEncryption {
    /// The list beside the state. The credentials are those of the function, not of an assumed role.
    #[must_use]
    pub fn new(state: S3State) -> Self {
        Self { state, list: OnceCell::new() }
    }

    /// The list, or why there is none until somebody mends it.
    ///
    /// # Errors
    /// When a later read may succeed.
    async fn read(&self) -> Result<Result<RecipientList, NotEncrypted>, NotEncrypted> {
        let key = self.state.key(LIST);
        let object = match self.state.get(&key).await.map_err(NotEncrypted::from) {
            Err(error) if error.is_transient => return Err(error),
            Err(error) => return Ok(Err(error)),
            Ok(object) => object,
        };
        let missing = || NotEncrypted::for_good(format!("there is no list of recipients {key} in the state bucket"));
        let list = object.ok_or_else(missing);
        Ok(list.and_then(|object| {
            RecipientList::parse(&object.bytes).map_err(|error| NotEncrypted::for_good(error.to_string()))
        }))
    }
}

impl PairEncryption for AgeEncryption {
    async fn encrypt(
        &self,
        to: &str,
        account: &AccountId,
        user: &UserName,
        value: &SecretValue,
    ) -> Result<String, NotEncrypted> {
        let list = self.list.get_or_try_init(|| self.read()).await?.as_ref().map_err(Clone::clone)?;
        let recipient = list.find(to, account, user).map_err(|error| NotEncrypted::for_good(error.to_string()))?;
        let recipient: Recipient = recipient.parse().map_err(|_| {
            NotEncrypted::for_good(format!(
                "the entry {to:?} of the list of recipients is no X25519 recipient such as age1…"
            ))
        })?;
        let encrypted = age::encrypt_and_armor(&recipient, value.expose().as_bytes());
        encrypted.map_err(|_| NotEncrypted::for_good("the pair could not be encrypted"))
    }
}

#[cfg(test)]
mod tests {
    use age::x25519::Identity;
    use keywheel_core::secret::{PreviousKey, SecretRecord};

    use super::*;
    use crate::wire::{Answer, Wire};

    fn value() -> SecretValue {
        let key = PreviousKey {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".parse().unwrap(),
            create_date: jiff::Timestamp::UNIX_EPOCH,
        };
        let (account, user) = ("111122223333".parse().unwrap(), "alice".parse().unwrap());
        SecretRecord::of_old_key(&account, &user, key).without_secret().unwrap()
    }

    fn list(recipient: &str) -> String {
        let entry = serde_json::json!({ "recipient": recipient, "users": ["111122223333/alice"] });
        serde_json::json!({ "schema_version": 1, "recipients": { "team": entry } }).to_string()
    }

    fn serving(body: String) -> Wire {
        Wire::new(move |_, _| Answer::WithHeaders(200, vec![("etag", "\"one\"")], body.clone()))
    }

    async fn encrypt(encryption: &AgeEncryption, user: &str) -> Result<String, NotEncrypted> {
        encryption.encrypt("team", &"111122223333".parse().unwrap(), &user.parse().unwrap(), &value()).await
    }

    fn of(wire: &Wire) -> AgeEncryption {
        AgeEncryption::new(S3State::new(&wire.config(), "state", "keywheel/"))
    }

    #[tokio::test]
    async fn the_listed_recipient_alone_can_open_it_and_the_list_is_read_once() {
        let identity = Identity::generate();
        let wire = serving(list(&identity.to_public().to_string()));
        let encryption = of(&wire);
        let encrypted = encrypt(&encryption, "alice").await.unwrap();
        assert_ne!(encrypt(&encryption, "alice").await.unwrap(), encrypted);
        assert!(
            encrypted.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n") && encrypted.len() < 2_000,
            "{encrypted}"
        );
        assert_eq!(age::decrypt(&identity, encrypted.as_bytes()).unwrap(), value().expose().as_bytes());
        assert!(age::decrypt(&Identity::generate(), encrypted.as_bytes()).is_err());
        assert_eq!(wire.sent().len(), 1);
    }

    #[tokio::test]
    async fn what_is_no_recipient_is_refused_without_the_value() {
        // Of other kinds that age knows: SSH, and a plugin's.
        for recipient in ["", "age1", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAA", "age1yubikey1q", "AGE-SECRET-KEY-1Q"]
        {
            let wire = serving(list(recipient));
            let error = encrypt(&of(&wire), "alice").await.unwrap_err().to_string();
            assert!(error.contains("is no X25519 recipient"), "{recipient}: {error}");
        }
        let wire = serving(list("age1"));
        assert!(encrypt(&of(&wire), "bob").await.unwrap_err().to_string().contains("is not open to user bob"));
        let broken = serving("[".to_owned());
        assert!(encrypt(&of(&broken), "alice").await.unwrap_err().to_string().contains("cannot be read"));
    }

    #[tokio::test]
    async fn a_list_that_could_not_be_read_for_the_moment_is_read_again_for_the_next_pair() {
        let answers = std::sync::atomic::AtomicUsize::new(0);
        let list = list(&Identity::generate().to_public().to_string());
        let wire = Wire::new(move |_, _| {
            if answers.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < crate::config::ATTEMPTS as usize {
                return Answer::Status(503, "<Error><Code>SlowDown</Code></Error>".to_owned());
            }
            Answer::WithHeaders(200, vec![("etag", "\"one\"")], list.clone())
        });
        let encryption = of(&wire);
        assert!(encrypt(&encryption, "alice").await.unwrap_err().is_transient);
        assert!(encrypt(&encryption, "alice").await.is_ok());
    }

    #[tokio::test]
    async fn a_list_that_is_missing_or_forbidden_is_said() {
        for (status, code, expected) in [
            (404, "NoSuchKey", "there is no list of recipients keywheel/recipients.json"),
            (403, "AccessDenied", "AccessDenied"),
        ] {
            let wire = Wire::new(move |_, _| Answer::Status(status, format!("<Error><Code>{code}</Code></Error>")));
            let encryption = of(&wire);
            let error = encrypt(&encryption, "alice").await.unwrap_err();
            assert!(!error.is_transient, "{error}");
            let error = error.to_string();
            assert!(error.contains(expected), "{error}");
            let wire_is_asked_once = (encrypt(&encryption, "alice").await.is_err(), wire.sent().len());
            assert_eq!(wire_is_asked_once, (true, 1), "{error}");
        }
    }
}
