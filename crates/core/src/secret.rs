//! The secret that hands a key pair to its user: name, value, version id and resource policy.

mod name;
mod policy;
mod smtp;
mod value;
mod version;

use crate::time::Days;

/// So long a secret that is scheduled for deletion can be restored: the longest that Secrets Manager offers (DeleteSecret API,
/// `RecoveryWindowInDays`).
pub const RECOVERY_WINDOW: Days = Days(30);

pub use name::{secret_name, user_of_secret};
pub use policy::{PolicyReaders, resource_policy};
pub use smtp::{is_region, smtp_password};
pub use value::{KeyPair, PreviousKey, SecretRecord, SecretValue};
pub use version::VersionId;
