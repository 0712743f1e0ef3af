//! What of a ledger may be believed.

use crate::Timestamp;
use crate::ledger::{KeyRecord, UserRecord};
use crate::observed::ObservedUser;
use crate::time::CLOCK_TOLERANCE;

impl UserRecord {
    /// The part of the record that can be true of this user: nothing of a former user of that name, and no entry with a date
    /// in the future or before its key was made.
    #[must_use]
    pub fn credible(&self, user: &ObservedUser, now: Timestamp) -> Self {
        if self.user_id != user.user_id {
            return Self::new(user.user_id.clone());
        }
        let mut record = self.clone();
        record.intent = record.intent.filter(|intent| !is_future(intent.at, now));
        record.keys.retain(|id, key| {
            let made = user.key(id).map(|key| key.created);
            key.dates().all(|date| !is_future(date, now) && made.is_none_or(|made| !is_before(date, made)))
        });
        record
    }
}

fn is_future(date: Timestamp, now: Timestamp) -> bool {
    date.duration_since(now) > CLOCK_TOLERANCE
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
            self.deleted,
        ];
        let told = self.notices.values().flat_map(|notice| [Some(notice.asked), notice.sent]);
        own.into_iter().chain(told).flatten()
    }
}
