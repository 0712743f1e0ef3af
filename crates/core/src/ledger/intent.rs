//! What is about to be done, written down before it is.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::AccessKeyId;
use crate::time::minus;

/// A call to CreateAccessKey, written down before it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateIntent {
    /// When it was written down.
    pub at: Timestamp,
    /// When the call can no longer be under way.
    pub until: Timestamp,
    /// The key to be superseded.
    pub supersedes: AccessKeyId,
}

/// A rollback, written down before its first call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackIntent {
    /// When it was written down.
    pub at: Timestamp,
    /// The key that is to be active again.
    pub old: AccessKeyId,
    /// The key that is to give way, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<AccessKeyId>,
}

impl CreateIntent {
    /// Whether a key that was created then may be this call's. IAM's dates are whole seconds, cut off.
    #[must_use]
    pub(crate) fn may_have_made(&self, created: Timestamp) -> bool {
        (minus(self.at, SignedDuration::from_secs(1))..=self.until).contains(&created)
    }
}
