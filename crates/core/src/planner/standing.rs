//! How a key stands to Keywheel and to the user's other keys.

use crate::Timestamp;
use crate::id::{AccessKeyId, AccountId};
use crate::ledger::UserRecord;
use crate::observed::{AWSPENDING, LastUsed, ObservedKey, ObservedSecret, ObservedUser, SecretState, SecretVersion};
use crate::secret::VersionId;
use crate::time::CLOCK_TOLERANCE;

/// How an active key stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Keywheel published it: the secret hands it out.
    Current,
    /// Keywheel made and stored it; it is not published yet.
    Pending,
    /// Keywheel made it, and its secret half is stored nowhere.
    NeverStored,
    /// It appeared while a CreateAccessKey was under way whose answer was lost, is stored nowhere and was never used.
    Orphaned,
    /// A current key took over from it.
    Superseded {
        /// The current key.
        by: AccessKeyId,
    },
    /// None of these: a key like any other.
    Plain,
}

/// Whether anything about this user's keys depends on the secret.
#[must_use]
pub fn needs_secret(user: &ObservedUser, record: Option<&UserRecord>) -> bool {
    let half_done = record.is_some_and(|record| {
        let pending = |key: &ObservedKey| record.keys.get(&key.id).is_some_and(|key| key.created.is_some());
        record.user_id == user.user_id
            && (record.intent.is_some() || record.rollback.is_some() || user.keys.iter().any(pending))
    });
    half_done || user.keys.len() > 1
}

/// Tells how each of the user's keys stands.
pub(super) struct Standings<'a> {
    pub(super) account: &'a AccountId,
    pub(super) user: &'a ObservedUser,
    pub(super) record: &'a UserRecord,
}

impl Standings<'_> {
    /// How an active key stands.
    pub(super) fn of(&self, key: &ObservedKey) -> Standing {
        if let Some(by) = self.successor(&key.id) {
            Standing::Superseded { by }
        } else if self.is_replacement(key) {
            Standing::Current
        } else if self.is_pending(&key.id) {
            Standing::Pending
        } else if self.is_never_stored(key) {
            Standing::NeverStored
        } else if self.is_orphaned(key) {
            Standing::Orphaned
        } else {
            Standing::Plain
        }
    }

    /// When the pair was put into the secret.
    pub(super) fn stored_at(&self, key: &AccessKeyId) -> Option<Timestamp> {
        self.version(key).map(|version| version.created)
    }

    fn secret(&self) -> Option<&SecretState> {
        match &self.user.secret {
            ObservedSecret::Present(secret) => Some(secret),
            ObservedSecret::NotLookedAt | ObservedSecret::Absent | ObservedSecret::Unknown { .. } => None,
        }
    }

    /// Whether it is known what the secret holds. What is in one that is scheduled for deletion is not listed, and can be restored.
    fn is_whole_secret_known(&self) -> bool {
        match &self.user.secret {
            ObservedSecret::Absent => true,
            ObservedSecret::Present(secret) => !secret.scheduled_for_deletion,
            ObservedSecret::NotLookedAt | ObservedSecret::Unknown { .. } => false,
        }
    }

    fn version(&self, key: &AccessKeyId) -> Option<&SecretVersion> {
        self.secret()?.version(&VersionId::of(self.account, &self.user.user_id, key))
    }

    /// A version with other labels only was published once: what a person put in its place stands.
    fn is_pending(&self, key: &AccessKeyId) -> bool {
        self.version(key).is_some_and(|version| version.has(AWSPENDING))
    }

    /// Whether the secret hands this key out now.
    pub(super) fn is_retrievable(&self, key: &AccessKeyId) -> bool {
        let readable = self.secret().is_some_and(|secret| !secret.scheduled_for_deletion);
        readable && self.version(key).is_some_and(SecretVersion::is_published)
    }

    /// Whether Keywheel published this key and it still works, even if the secret no longer hands it out. Where the ledger does not say so, the
    /// secret does, unless the pair was put into it long after the key was made: then somebody else put it there.
    fn is_replacement(&self, key: &ObservedKey) -> bool {
        let was_put_by_us = self.version(&key.id).is_some_and(|version| version.was_put_with(key));
        let is_published = was_put_by_us && self.is_retrievable(&key.id);
        key.is_active() && (is_published || self.record.key(&key.id).published.is_some())
    }

    /// The active key that took over from this one, by the ledger or by the secret's own word: the one that the secret hands
    /// out, else the newest. A replacement is never older than what it replaces, whatever a ledger says.
    pub(super) fn successor(&self, key: &AccessKeyId) -> Option<AccessKeyId> {
        let witnessed = self.secret().and_then(|secret| secret.previous.as_ref()) == Some(key);
        let created = self.user.key(key)?.created;
        let took_over = |other: &&ObservedKey| {
            other.id != *key
                && other.created >= created
                && self.is_replacement(other)
                && (self.follows(&other.id, key) || (witnessed && self.is_retrievable(&other.id)))
        };
        let rank = |other: &&ObservedKey| (self.is_retrievable(&other.id), other.created, other.id.clone());
        self.user.keys.iter().filter(took_over).max_by_key(rank).map(|other| other.id.clone())
    }

    /// Whether the ledger leads from `old` to `new`, over keys that may be gone.
    fn follows(&self, new: &AccessKeyId, old: &AccessKeyId) -> bool {
        let mut at = new.clone();
        for _ in 0..=self.record.keys.len() {
            match self.record.key(&at).supersedes {
                Some(previous) if previous == *old => return true,
                Some(previous) => at = previous,
                None => return false,
            }
        }
        false
    }

    fn is_never_stored(&self, key: &ObservedKey) -> bool {
        let record = self.record.key(&key.id);
        let looked = self.is_whole_secret_known();
        // The ledger has the date from IAM's own answer.
        let ours = record.created.is_some_and(|made| made.duration_since(key.created).abs() <= CLOCK_TOLERANCE);
        let ours_unpublished = ours && record.proven.is_none() && record.published.is_none();
        looked && ours_unpublished && self.version(&key.id).is_none() && key.last_used == LastUsed::Never
    }

    fn is_orphaned(&self, key: &ObservedKey) -> bool {
        let Some(intent) = &self.record.intent else { return false };
        let looked = self.is_whole_secret_known();
        // One call makes one key: when that one is known, any other is a person's.
        let known =
            self.record.keys.values().filter_map(|record| record.created).any(|made| intent.may_have_made(made));
        let of_unknown_maker = !known && key.id != intent.supersedes;
        looked
            && of_unknown_maker
            && intent.may_have_made(key.created)
            && self.version(&key.id).is_none()
            && key.last_used == LastUsed::Never
    }
}
