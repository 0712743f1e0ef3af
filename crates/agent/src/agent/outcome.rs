//! What a pass did, and what a host has.

use jiff::Timestamp;
use keywheel_core::id::AccessKeyId;

use crate::failure::Trouble;
use crate::remote::Identity;

/// What a pass did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The file has the key that is handed out.
    Current {
        /// The key.
        key: AccessKeyId,
    },
    /// The file has another key than the one whose record is handed out, without its secret half: there is nothing to install.
    NothingToInstall {
        /// The key in the file.
        key: AccessKeyId,
    },
    /// Another key was installed, and works.
    Installed {
        /// The key before.
        old: AccessKeyId,
        /// The key now.
        new: AccessKeyId,
    },
}

impl Outcome {
    /// The exit code: stable, for monitoring, as that of a failure.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Outcome::Current { .. } | Outcome::Installed { .. } => 0,
            Outcome::NothingToInstall { .. } => 21,
        }
    }
}

/// What a pass did, besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// What it did.
    pub outcome: Outcome,
    /// The key in the file did not work, and the one before it was put back first.
    pub restored: bool,
    /// The host said now which key it has.
    pub acknowledged: bool,
}

/// What a host has, without changing anything.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The key in the file.
    pub key: AccessKeyId,
    /// Whose it is, or why that cannot be told.
    pub identity: Result<Identity, Trouble>,
    /// The key that is handed out; none where that was not asked.
    pub offered: Option<Result<AccessKeyId, Trouble>>,
    /// The key that was acknowledged last, and when.
    pub acknowledged: Option<(AccessKeyId, Timestamp)>,
    /// The key before is kept: the last change was not seen through.
    pub is_changing: bool,
}
