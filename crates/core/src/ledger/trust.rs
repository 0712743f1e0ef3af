//! What of a ledger may be believed.

use jiff::SignedDuration;

use crate::Timestamp;
use crate::ledger::observe::REMEMBERED;
use crate::ledger::{CreateIntent, KeyRecord, UserRecord};
use crate::observed::ObservedUser;
use crate::time::{CLOCK_TOLERANCE, after, is_future, plus};

/// The longest that a CreateAccessKey can be under way. A ledger that says more is not believed: keys made in that span by
/// people could be taken for Keywheel's own.
const CREATION_AT_MOST: SignedDuration = SignedDuration::from_secs(60);

impl UserRecord {
    /// The part of the record that can be true of this user: nothing of a former user of that name, and no entry with a date
    /// in the future or before its key was made.
    #[must_use]
    pub fn credible(&self, user: &ObservedUser, now: Timestamp) -> Self {
        if self.user_id != user.user_id {
            return Self::new(user.user_id.clone());
        }
        let mut record = self.clone();
        record.intent = record.intent.filter(|intent| !is_future(intent.at, now)).map(CreateIntent::credible);
        record.rollback = record.rollback.filter(|rollback| !is_future(rollback.at, now));
        record.keys.retain(|id, key| {
            let made = user.key(id).map(|key| key.created);
            key.dates().all(|date| !is_future(date, now) && made.is_none_or(|made| !is_before(date, made)))
        });
        record
    }
}

impl UserRecord {
    /// Whether nothing happened for so long that a user who is gone need not be remembered any more.
    #[must_use]
    pub fn is_long_quiet(&self, now: Timestamp) -> bool {
        let intent = self.intent.as_ref().map(|intent| intent.at);
        let rollback = self.rollback.as_ref().map(|rollback| rollback.at);
        let dates = self.keys.values().flat_map(KeyRecord::dates).chain(intent).chain(rollback);
        let cleared = [self.secret_cleared, self.parameter_cleared, self.hosts_cleared];
        let dates = dates.chain(self.gone_since).chain(cleared.into_iter().flatten());
        // A date in the future, which cannot be true, must not keep the record for ever.
        let dates = dates.filter(|date| !is_future(*date, now));
        dates.max().is_none_or(|last| now >= after(last, REMEMBERED))
    }
}

impl CreateIntent {
    fn credible(self) -> Self {
        let until = self.until.clamp(self.at, plus(self.at, CREATION_AT_MOST));
        Self { until, ..self }
    }
}

fn is_before(date: Timestamp, made: Timestamp) -> bool {
    made.duration_since(date) > CLOCK_TOLERANCE
}

impl KeyRecord {
    fn dates(&self) -> impl Iterator<Item = Timestamp> {
        let own = [
            self.created,
            self.proven,
            self.published,
            self.retrievable_since,
            self.revived,
            self.held_since,
            self.made_inactive.as_ref().map(|inactive| inactive.at),
            self.rolled_back,
            self.emergency,
            self.deletion_begun,
            self.deleted,
        ];
        let told = self.notices.values().flat_map(|notice| [Some(notice.asked), notice.sent]);
        own.into_iter().chain(told).flatten()
    }
}
