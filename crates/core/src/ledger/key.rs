//! What is remembered of one key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::AccessKeyId;
use crate::ledger::NoticeRecord;
use crate::notice::NoticeKind;

/// The real dates of one key. Every one is optional: absent means not happened, or not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyRecord {
    /// When Keywheel made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// The key that it takes over from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<AccessKeyId>,
    /// When it was proven to work. Uses within 15 minutes of it are Keywheel's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven: Option<Timestamp>,
    /// The new key could not read its own secret when it was proven: it counts as taken up only when used.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retrieval_unproven: bool,
    /// When it became `AWSCURRENT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
    /// Since when it has been retrievable without a break, where a break was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrievable_since: Option<Timestamp>,
    /// Its secret was seen not to be retrievable, and has not been seen retrievable since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not_retrievable: bool,
    /// Whether the user's parameter holds it, as far as that was looked into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<ParameterStanding>,
    /// The key that took over from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<AccessKeyId>,
    /// When a person made it active again: the install grace starts anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revived: Option<Timestamp>,
    /// Since when it has been held after its day had come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// Keywheel was about to make it inactive for this cause, and the end of that is not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deactivation_begun: Option<InactiveBecause>,
    /// When and by whom it was made inactive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_inactive: Option<MadeInactive>,
    /// When a rollback made it the user's key again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<Timestamp>,
    /// When an emergency made it inactive, where a person made it active again since. An emergency acts once per key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Timestamp>,
    /// Keywheel was about to delete it then, and the end of that is not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_begun: Option<Timestamp>,
    /// When Keywheel deleted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
    /// How often its way through life began anew: a person made it active again, or an unused key was used. What owners
    /// were told before then no longer counts, so the episode is part of a notice's id.
    #[serde(skip_serializing_if = "is_zero")]
    pub episode: u32,
    /// What its owners were told in this episode.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub notices: BTreeMap<NoticeKind, NoticeRecord>,
}

/// When and by whom a key was made inactive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeInactive {
    /// When it was made, or first seen, inactive.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// Why, where it was Keywheel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<InactiveBecause>,
}

/// What is known of the parameter of the user to whom a published key belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterStanding {
    /// The list gives the user none.
    None,
    /// It is to hold the pair, and is not known to.
    Behind,
    /// It was given the pair.
    InStep,
}

/// Who did something to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// Keywheel.
    Keywheel,
    /// Somebody else. What a person did stands.
    Person,
}

/// Why Keywheel made a key inactive; it decides how long the key can be called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InactiveBecause {
    /// Another key took over from it.
    Superseded,
    /// Nobody used it.
    Unused,
    /// It came from a CreateAccessKey whose answer was lost.
    Orphaned,
    /// A rollback made the key active again from which it had taken over.
    #[serde(rename = "rolled-back")]
    RolledBack,
    /// Somebody declared an emergency for it.
    Emergency,
}

impl KeyRecord {
    /// A rollback made it the user's key again: its way begins anew, and no other key takes over from it for now.
    pub fn roll_back(&mut self, at: Timestamp) {
        self.revive(at);
        self.superseded_by = None;
        self.rolled_back = Some(at);
    }

    /// It is active again: what its owners were told before counts for nothing.
    pub fn revive(&mut self, at: Timestamp) {
        self.begin_anew();
        self.made_inactive = None;
        self.revived = Some(at);
    }

    /// Begins the key's way anew.
    pub(crate) fn begin_anew(&mut self) {
        self.episode = self.episode.saturating_add(1);
        self.notices.clear();
        self.held_since = None;
        self.deactivation_begun = None;
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
