//! An access key as a host holds it.

use keywheel_core::id::AccessKeyId;
use secrecy::{ExposeSecret, SecretString};

/// A key with its secret half. It cannot be printed.
#[derive(Clone)]
pub struct Pair {
    /// The key's id.
    pub id: AccessKeyId,
    /// The secret half.
    pub secret: SecretString,
}

impl Pair {
    /// The pair; none where the texts are no key: a secret half is printable and has no space, or a file with it would mean something else.
    #[must_use]
    pub fn of(id: &str, secret: &str) -> Option<Self> {
        let is_half = (16..=256).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic());
        let id = id.parse().ok().filter(|_| is_half)?;
        Some(Self { id, secret: secret.into() })
    }

    /// Whether both are the same key with the same secret half.
    #[must_use]
    pub fn is(&self, other: &Pair) -> bool {
        self.id == other.id && self.secret.expose_secret() == other.secret.expose_secret()
    }
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pair({})", self.id)
    }
}
