//! What the rules of `docs/safety.md` ask for, read from the sight and the ledger as they lay there before the run: none of
//! this goes through the planner.

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::{Acknowledgements, Host};
use keywheel_core::id::AccessKeyId;
use keywheel_core::ledger::{KeyRecord, UserRecord};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::{
    AWSCURRENT, AWSPENDING, LastUsed, ObservedKey, ObservedSecret, ObservedUser, SecretVersion,
};
use keywheel_core::plan::{Action, Step};
use keywheel_core::policy::{UserPeriods, UserTags};
use keywheel_core::secret::VersionId;
use keywheel_core::time::Days;

use super::{World, account};

pub(crate) struct Evidence<'a> {
    pub(crate) world: &'a World,
    pub(crate) user: &'a ObservedUser,
    pub(crate) periods: UserPeriods,
}

impl<'a> Evidence<'a> {
    pub(crate) fn of(world: &'a World) -> Self {
        let user = &world.users[0];
        let tags = UserTags::read(&user.tags, &world.policy.tag_prefix);
        Self { world, user, periods: world.policy.periods.for_user(&tags) }
    }

    pub(crate) fn key(&self, id: &AccessKeyId) -> &'a ObservedKey {
        self.user.key(id).unwrap()
    }

    pub(crate) fn user_record(&self) -> Option<&'a UserRecord> {
        self.world.ledger.users.get(&self.user.name).filter(|record| record.user_id == self.user.user_id)
    }

    pub(crate) fn record(&self, id: &AccessKeyId) -> KeyRecord {
        self.user_record().map(|record| record.key(id)).unwrap_or_default()
    }

    /// Whether so many days have passed since then.
    pub(crate) fn past(&self, since: Timestamp, days: Days) -> bool {
        self.world.now.duration_since(since) >= SignedDuration::from_hours(24 * i64::from(days.0))
    }

    /// Whether the owners were told so long ago; where no notice is required, whether that was asked for.
    pub(crate) fn told(&self, key: &AccessKeyId, kind: &NoticeKind, days: Days, must_be_sent: bool) -> bool {
        let record = self.record(key);
        let Some(notice) = record.notices.get(kind) else { return false };
        let sent = notice.sent.is_some_and(|sent| self.past(sent, days));
        self.past(notice.asked, days) && (sent || !must_be_sent)
    }

    pub(crate) fn unused_for(&self, key: &ObservedKey, days: Days) -> bool {
        match &key.last_used {
            LastUsed::Unknown { .. } => false,
            LastUsed::Never => self.past(key.created, days),
            LastUsed::At(key_use) => self.past(key_use.at, days) && self.past(key.created, days),
        }
    }

    pub(crate) fn version(&self, key: &AccessKeyId) -> Option<&'a SecretVersion> {
        let ObservedSecret::Present(secret) = &self.user.secret else { return None };
        secret.version(&VersionId::of(&account(), &self.user.user_id, key))
    }

    pub(crate) fn is_published(&self, key: &AccessKeyId) -> bool {
        let ObservedSecret::Present(secret) = &self.user.secret else { return false };
        let labels = |version: &SecretVersion| version.has(AWSCURRENT) && !version.has(AWSPENDING);
        !secret.scheduled_for_deletion && self.version(key).is_some_and(labels)
    }

    /// Used since its proof by somebody else than Keywheel.
    pub(crate) fn is_taken_up(&self, key: &ObservedKey) -> bool {
        let record = self.record(&key.id);
        let proven = record.proven.or(record.published);
        let later = |used: Timestamp, proven: Timestamp| used.duration_since(proven) > SignedDuration::from_mins(15);
        key.last_used.at().zip(proven).is_some_and(|(used, proven)| later(used, proven))
    }
}

impl Evidence<'_> {
    /// The hosts that count; none where what they said is not known.
    pub(crate) fn hosts(&self) -> Option<Vec<&Host>> {
        let Some(forget_after) = self.world.policy.ack_forget_after else { return Some(Vec::new()) };
        let Acknowledgements::Known(hosts) = &self.user.acknowledgements else { return None };
        let counts = |host: &&Host| host.said.as_ref().is_none_or(|said| !self.past(said.at, forget_after));
        Some(hosts.iter().filter(counts).collect())
    }

    /// Whether it is known that no host still has this key.
    pub(crate) fn is_on_no_host(&self, key: &AccessKeyId) -> bool {
        let has_another = |host: &Host| host.said.as_ref().is_some_and(|said| said.key != *key);
        self.hosts().is_some_and(|hosts| hosts.into_iter().all(has_another))
    }

    /// Whether every host that acknowledges has this key, and there is one.
    pub(crate) fn is_on_every_host(&self, key: &AccessKeyId) -> bool {
        let has = |host: &Host| host.said.as_ref().is_some_and(|said| said.key == *key);
        self.hosts().is_some_and(|hosts| !hosts.is_empty() && hosts.into_iter().all(has))
    }
}

/// The key that an action takes away from its users, if it does.
pub(crate) fn taken_away(step: &Step) -> Option<&AccessKeyId> {
    match &step.action {
        Action::Deactivate { key, .. } | Action::Delete { key } | Action::DeleteNeverStored { key } => Some(key),
        Action::Rollback { new, new_stays: false, .. } => new.as_ref(),
        Action::None
        | Action::Hold
        | Action::Replace { .. }
        | Action::Publish { .. }
        | Action::Deliver { .. }
        | Action::Replicate { .. }
        | Action::ScheduleSecret
        | Action::ScheduleFormerSecret
        | Action::DeleteParameter { .. }
        | Action::ForgetHosts
        | Action::Rollback { .. }
        | Action::Refuse { .. } => None,
    }
}
