use keywheel_core::id::{AccountId, UserName};
use keywheel_core::secret::SecretValue;

use super::PortError;

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
#[error("{why}")]
pub struct NotEncrypted {
    /// Why.
    pub why: String,
    /// A later try may succeed without anybody mending something.
    pub is_transient: bool,
}

impl NotEncrypted {
    /// It fails until somebody mends something.
    pub fn for_good(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_transient: false }
    }
}

impl From<PortError> for NotEncrypted {
    fn from(error: PortError) -> Self {
        Self { why: error.to_string(), is_transient: error.is_transient() }
    }
}
