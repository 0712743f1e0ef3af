use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::AccessKeyId;
use crate::observed::{KeyStatus, LastUsed};

/// What a changing step was planned on. The executor reads it again right before the call; a difference defers the step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Preconditions {
    /// The keys that must have just this status.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<(AccessKeyId, KeyStatus)>,
    /// How many keys the user may have at most: for a replacement, one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_at_most: Option<usize>,
    /// The key whose last use must be known and no later than what was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<(AccessKeyId, LastUsed)>,
    /// The key whose pair must be published and readable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<AccessKeyId>,
    /// The moment before which the step must not be taken; the executor waits for it where it is minutes ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}
