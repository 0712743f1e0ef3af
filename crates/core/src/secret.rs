//! The secret that hands a key pair to its user: name, value, version id and resource policy.

mod name;
mod policy;
mod smtp;
mod value;
mod version;

pub use name::{secret_name, user_of_secret};
pub use policy::{PolicyReaders, resource_policy};
pub use smtp::{is_region, smtp_password};
pub use value::{KeyPair, PreviousKey, SecretRecord, SecretValue};
pub use version::VersionId;
