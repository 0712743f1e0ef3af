use keywheel_core::id::{AccountId, UserName};
use keywheel_core::secret::SecretValue;

/// Encrypts new pairs for those whom the hub knows by name.
pub trait PairEncryption: Send + Sync {
    /// The value, encrypted for the entry of this name in the hub's list and in ASCII armour. The list decides whether the entry is open to the
    /// user.
    fn encrypt(
        &self,
        to: &str,
        account: &AccountId,
        user: &UserName,
        value: &SecretValue,
    ) -> impl Future<Output = Result<String, NotEncrypted>> + Send;
}

/// Why a value was not encrypted; without anything of the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotEncrypted(pub String);
