//! IAM users and their keys.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::id::{AccessKeyId, UserId, UserName};
use keywheel_core::observed::{KeyStatus, KeyUse, LastUsed, ObservedKey};
use keywheel_core::secret::KeyPair;
use keywheel_core::time::plus;
use secrecy::SecretString;

use crate::life::Habit;

/// An IAM user.
#[derive(Clone, Debug)]
pub struct User {
    /// The name.
    pub name: UserName,
    /// The id.
    pub user_id: UserId,
    /// The ARN.
    pub arn: String,
    /// The tags.
    pub tags: BTreeMap<String, String>,
    /// The managed policy with which AWS quarantined the user.
    pub quarantine: Option<String>,
    /// The keys, oldest first.
    pub keys: Vec<Key>,
    /// What the hosts that use the keys do.
    pub habit: Habit,
    /// The key that the hosts have installed.
    pub installed: Option<AccessKeyId>,
    /// The hosts that acknowledge what they have installed, whenever they use it.
    pub hosts: Vec<String>,
}

/// An access key.
#[derive(Clone)]
pub struct Key {
    /// The id.
    pub id: AccessKeyId,
    /// Whether it works.
    pub status: KeyStatus,
    /// When it was made.
    pub created: Timestamp,
    /// When its status was last changed; when it was made, if it never was.
    pub changed: Timestamp,
    /// When it was used; not in order.
    pub uses: Vec<Timestamp>,
    /// Which of them were Keywheel's own, when it proved the key.
    pub(crate) proofs: Vec<Timestamp>,
    pub(crate) half: SecretString,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, status, created, .. } = self;
        write!(f, "Key({id}, {status:?}, made {created})")
    }
}

impl Key {
    /// A key of another account than one in memory, as it was seen there. A use right after it was made counts as Keywheel's proof.
    #[must_use]
    pub fn seen(id: AccessKeyId, status: KeyStatus, created: Timestamp, used: Option<Timestamp>) -> Self {
        let proven = plus(created, SignedDuration::from_mins(15));
        let proofs = used.into_iter().filter(|used| *used <= proven).collect();
        Self {
            id,
            status,
            created,
            changed: created,
            uses: used.into_iter().collect(),
            proofs,
            half: SecretString::from(""),
        }
    }

    /// Whether it works.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == KeyStatus::Active
    }

    /// Whether it was Keywheel that used it then, to prove it.
    #[must_use]
    pub fn is_proof(&self, used: Timestamp) -> bool {
        self.proofs.contains(&used)
    }

    pub(crate) fn pair(&self) -> KeyPair {
        KeyPair { id: self.id.clone(), created: self.created, secret: self.half.clone() }
    }

    pub(crate) fn last_used(&self, now: Timestamp, shows_after: SignedDuration) -> LastUsed {
        let shown = self.uses.iter().copied().filter(|used| plus(*used, shows_after) <= now).max();
        shown.map_or(LastUsed::Never, |at| {
            let service = if self.is_proof(at) { "secretsmanager" } else { "s3" };
            LastUsed::At(KeyUse { at, service: service.to_owned(), region: "eu-central-1".to_owned() })
        })
    }

    pub(crate) fn listed(&self) -> ObservedKey {
        let last_used = LastUsed::Unknown { error: "not looked up".to_owned() };
        ObservedKey { id: self.id.clone(), status: self.status, created: self.created, last_used }
    }
}

impl User {
    /// The key with this id.
    #[must_use]
    pub fn key(&self, id: &AccessKeyId) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == *id)
    }

    /// The key with this id, to be changed.
    pub fn key_mut(&mut self, id: &AccessKeyId) -> Option<&mut Key> {
        self.keys.iter_mut().find(|key| key.id == *id)
    }
}
