//! What became of keys, for rules that look back.

use keywheel_core::Timestamp;
use keywheel_core::id::{AccessKeyId, UserId, UserName};

/// Something that happened to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// In which night; nights are counted from 1.
    pub night: u32,
    /// Whose key, by the name of that time.
    pub user: UserName,
    /// Whose key, under whatever name.
    pub user_id: UserId,
    /// Which key.
    pub key: AccessKeyId,
    /// What happened.
    pub what: What,
    /// By whom.
    pub who: Who,
}

/// What happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It was made.
    Made,
    /// It was made active.
    MadeActive,
    /// It was made inactive.
    MadeInactive,
    /// It was deleted while inactive.
    Deleted,
    /// It was deleted while active.
    DeletedActive,
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Keywheel.
    Keywheel,
    /// Anybody else.
    Person,
}
