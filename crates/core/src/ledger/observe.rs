//! What tonight's audit adds to the memory of a user.

use jiff::SignedDuration;

use crate::Timestamp;
use crate::id::AccountId;
use crate::ledger::{Actor, CreateIntent, InactiveBecause, KeyRecord, MadeInactive, RollbackIntent, UserRecord};
use crate::notice::NoticeKind;
use crate::observed::{KeyStatus, ObservedKey, ObservedSecret, ObservedUser};
use crate::secret::VersionId;
use crate::time::{Days, after, plus};

/// AWS keeps one record of use per 15 minutes (IAM user guide, "GetAccessKeyLastUsed"), so a date of use is that coarse.
pub const USE_RECORD_SPAN: SignedDuration = SignedDuration::from_mins(15);

/// How long a deleted key, and a user who is gone, is remembered, for people who ask what became of it.
pub(super) const REMEMBERED: Days = Days(90);

/// How long it is remembered that owners were told what they are told weekly: only the present week's counts, and a key may stay
/// blocked for years.
const NEWS_REMEMBERED: Days = Days(60);

/// For so long ListAccessKeys may not show a new key, by far: a key that Keywheel made and that is not listed yet must not be
/// forgotten, or it would pass for a person's.
const LISTED_BY: SignedDuration = SignedDuration::from_hours(1);

/// How long a rollback that broke off is remembered: for the next nights, and not until everybody has forgotten why.
const ROLLBACK_REMEMBERED: Days = Days(3);

impl UserRecord {
    /// The record with what was seen now: keys that a person made active or inactive, secrets that cannot be read, keys gone.
    #[must_use]
    pub(crate) fn observing(&self, account: &AccountId, user: &ObservedUser, now: Timestamp) -> Self {
        let mut record = Self { look_again: false, ..self.clone() };
        for (id, key) in &mut record.keys {
            let begun = key.deletion_begun.take();
            // A key that is still there was not deleted. One that is gone was deleted by whoever was about to.
            key.deleted = key.deleted.or(begun.filter(|_| user.key(id).is_none()));
        }
        record.keys.retain(|id, key| {
            let is_new = key.created.is_some_and(|made| now < plus(made, LISTED_BY));
            user.key(id).is_some() || is_new || key.deleted.is_some_and(|deleted| now < after(deleted, REMEMBERED))
        });
        for key in &user.keys {
            let mut seen = record.key(&key.id);
            seen.notices.retain(|kind, notice| !kind.is_weekly() || now < after(notice.asked, NEWS_REMEMBERED));
            seen.observe_status(key, now);
            seen.observe_use(key);
            seen.observe_secret(key, account, user, now);
            if seen != KeyRecord::default() {
                record.keys.insert(key.id.clone(), seen);
            }
        }
        record.intent = record.intent.take().filter(|intent| !record.is_fulfilled(intent, user));
        record.rollback = record.rollback.take().filter(|rollback| record.may_go_on(rollback, user, now));
        record
    }
}

impl UserRecord {
    /// Notes under the user's former name what was seen now under another one. Whoever gets the first name back must not find dates that
    /// what happened meanwhile has made void: a key that was active in between was not inactive all the time, and nobody could read a secret whose
    /// policy names another user.
    pub(crate) fn observe_renamed(&mut self, user: &ObservedUser, now: Timestamp) {
        for (id, remembered) in &mut self.keys {
            let Some(seen) = user.key(id) else { continue };
            remembered.observe_status(seen, now);
            remembered.observe_use(seen);
            remembered.not_retrievable |= remembered.published.is_some();
        }
    }

    /// Whether the key that was to be made is there and was published: only the call's end went unrecorded.
    fn is_fulfilled(&self, intent: &CreateIntent, user: &ObservedUser) -> bool {
        let is_its_key = |key: &&ObservedKey| intent.may_have_made(key.created);
        user.keys.iter().filter(is_its_key).any(|key| self.key(&key.id).published.is_some())
    }

    /// Whether a rollback that was begun may be ended: not when its old key is gone, or was made inactive by a person since.
    fn may_go_on(&self, rollback: &RollbackIntent, user: &ObservedUser, now: Timestamp) -> bool {
        let Some(old) = user.key(&rollback.old) else { return false };
        let inactive = self.key(&old.id).made_inactive;
        now < after(rollback.at, ROLLBACK_REMEMBERED) && inactive.is_none_or(|inactive| inactive.by == Actor::Keywheel)
    }
}

impl KeyRecord {
    fn observe_status(&mut self, key: &ObservedKey, now: Timestamp) {
        match key.status {
            KeyStatus::Active => self.observe_active(now),
            KeyStatus::Inactive => self.observe_inactive(key, now),
        }
    }

    fn observe_inactive(&mut self, key: &ObservedKey, now: Timestamp) {
        let begun = self.deactivation_begun.take();
        let Some(mut inactive) = self.made_inactive.take() else {
            let by = if begun.is_some() { Actor::Keywheel } else { Actor::Person };
            self.made_inactive = Some(MadeInactive { at: now, by, why: begun });
            return;
        };
        // It was inactive already when an emergency was declared for it.
        if begun == Some(InactiveBecause::Emergency) && inactive.by == Actor::Keywheel {
            inactive.why = begun;
        }
        let used_since = key.last_used.at().is_some_and(|used| used > plus(inactive.at, USE_RECORD_SPAN));
        if used_since {
            // A person made it active, used it and made it inactive again between two runs.
            self.begin_anew();
            self.note_emergency(&inactive);
            inactive = MadeInactive { at: now, by: Actor::Person, why: None };
        }
        self.made_inactive = Some(inactive);
    }

    /// Notes that the key is active: where it had been made inactive, a person made it active again.
    pub fn observe_active(&mut self, now: Timestamp) {
        // A call that was to make it inactive did not take effect, and cannot any more.
        self.deactivation_begun = None;
        if let Some(inactive) = self.made_inactive.take() {
            self.revive(now);
            self.note_emergency(&inactive);
        }
    }

    /// What an emergency made inactive and a person made active again stays so: an emergency acts once per key.
    fn note_emergency(&mut self, inactive: &MadeInactive) {
        if inactive.why == Some(InactiveBecause::Emergency) {
            self.emergency.get_or_insert(inactive.at);
        }
    }

    /// A use after its retirement was announced ends the retirement: the announcement no longer counts.
    fn observe_use(&mut self, key: &ObservedKey) {
        let announced = self.asked(&NoticeKind::Retiring);
        if announced.zip(key.last_used.at()).is_some_and(|(announced, used)| used > announced) && key.is_active() {
            self.episode = self.episode.saturating_add(1);
            self.notices.retain(|kind, _| !matches!(kind, NoticeKind::Retiring | NoticeKind::RetirementAhead(_)));
        }
    }

    /// Notes since when the pair can be read without a break, and a publication that went unrecorded.
    fn observe_secret(&mut self, key: &ObservedKey, account: &AccountId, user: &ObservedUser, now: Timestamp) {
        let published = match &user.secret {
            ObservedSecret::NotLookedAt | ObservedSecret::Unknown { .. } => return,
            ObservedSecret::Absent => None,
            ObservedSecret::Present(secret) => {
                let version = secret.version(&VersionId::of(account, &user.user_id, &key.id));
                version.filter(|version| !secret.scheduled_for_deletion && version.is_published())
            }
        };
        if let Some(version) = published {
            if self.created.is_some() || version.was_put_with(key) {
                self.published.get_or_insert(now);
            }
            if std::mem::take(&mut self.not_retrievable) {
                self.retrievable_since = Some(now);
            }
        } else if self.published.is_some() {
            self.not_retrievable = true;
        }
    }
}
