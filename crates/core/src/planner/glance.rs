//! Who need not be looked at tonight: users for whom the lists of an account and its credential report show that nothing is due.
//!
//! A user who is passed over costs no call. What the report cannot show is found by the next sweep, which looks at everybody: a key that
//! looks young because its status was changed, and an inactive key that is not shown.

use crate::Timestamp;
use crate::credential_report::{KeySlot, ReportRow};
use crate::id::{AccessKeyId, UserId, UserName};
use crate::ledger::{Actor, InactiveBecause, KeyRecord, MadeInactive, NoticeRecord, USE_RECORD_SPAN};
use crate::notice::NoticeKind;
use crate::observed::ObservedUser;
use crate::plan::{Step, StepKind};
use crate::planner::AccountView;
use crate::planner::step::UserView;
use crate::planner::user::record_of;
use crate::policy::UnusedKeys;
use crate::reason::Reason;
use crate::time::{CLOCK_TOLERANCE, Days, NIGHTS_VARY, after, minus, plus};

/// A user whose keys are not looked at tonight, because nothing can be due for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietUser {
    /// The user's name.
    pub name: UserName,
    /// The user's id.
    pub user_id: UserId,
    /// How many keys the credential report shows.
    pub keys: usize,
    /// What the plan says of the user, where it says anything.
    pub skip: Option<Reason>,
}

/// The user as one to pass over; none for one who is to be looked at. `listed` is the user as listed, without keys; `row` is what the
/// credential report says of it.
#[must_use]
pub fn glance(view: &AccountView<'_>, listed: &ObservedUser, row: Option<&ReportRow>) -> Option<QuietUser> {
    let row = row?;
    // What cannot be true of this user is forgotten, which may leave something to do.
    if view.ledger.users.get(&listed.name).is_some_and(|record| record.credible(listed, view.now) != *record) {
        return None;
    }
    let record = record_of(view, listed);
    let user = UserView::new(view, listed, &record);
    let is_at_rest = user.is_settled() && user.is_as_remembered(row);
    if !is_at_rest || user.is_forced || !user.tags.malformed.is_empty() || listed.quarantine.is_some() {
        return None;
    }
    let keys = row.keys();
    let left_alone = user.left_alone(view).filter(|_| keys > 0);
    let is_quiet = left_alone.is_some() || row.slots.iter().all(|slot| user.is_young(slot));
    let only_inactive = (row.active_keys() == 0 && keys > 0).then_some(Reason::OnlyInactiveKeys);
    let (name, user_id) = (listed.name.clone(), listed.user_id.clone());
    is_quiet.then(|| QuietUser { name, user_id, keys, skip: left_alone.or(only_inactive) })
}

impl QuietUser {
    /// What the plan says of the user: the same as if its keys had been looked at.
    pub(super) fn step(&self) -> Option<Step> {
        Some(Step::about(&self.name, &self.user_id, StepKind::Skip, self.skip?))
    }
}

impl UserView<'_> {
    /// What is remembered of keys that are there still.
    fn living(&self) -> impl Iterator<Item = (&AccessKeyId, &KeyRecord)> {
        self.record.keys.iter().filter(|(_, key)| key.deleted.is_none())
    }

    /// Whether nothing about the user is under way, and the owners were told all that they were to be told.
    fn is_settled(&self) -> bool {
        let nothing_begun = self.record.intent.is_none() && self.record.rollback.is_none();
        nothing_begun
            && !self.record.look_again
            && self.living().all(|(id, key)| self.is_settled_key(id, key))
            && self.untold_deletions().is_empty()
    }

    fn is_settled_key(&self, id: &AccessKeyId, key: &KeyRecord) -> bool {
        let nothing_begun = key.deactivation_begun.is_none() && key.deletion_begun.is_none();
        let all_told = key.notices.values().all(NoticeRecord::is_settled);
        let is_at_rest = match &key.made_inactive {
            None => self.is_in_charge(key),
            Some(inactive) => self.is_waiting(key, inactive) && self.has_stand_in(id, inactive),
        };
        nothing_begun && all_told && is_at_rest
    }

    /// Whether an active key is a published one from which no other takes over, and nothing was announced of it.
    fn is_in_charge(&self, key: &KeyRecord) -> bool {
        let nothing_announced =
            key.notices.keys().all(|kind| matches!(kind, NoticeKind::Published | NoticeKind::RolledBack));
        let told = key.rolled_back.is_none_or(|at| !self.is_news(at) || key.all_know(&NoticeKind::RolledBack));
        let is_handed_out = key.published.is_some() && !key.not_retrievable && !self.is_behind(key);
        let is_alone = key.superseded_by.is_none() && key.held_since.is_none();
        is_handed_out && is_alone && nothing_announced && told
    }

    /// Whether an inactive key waits for a deletion of which its owners need not be warned yet.
    fn is_waiting(&self, key: &KeyRecord, inactive: &MadeInactive) -> bool {
        let is_ours =
            inactive.by == Actor::Keywheel && inactive.why.is_some_and(|why| why != InactiveBecause::Orphaned);
        let news = if inactive.why == Some(InactiveBecause::Emergency) {
            NoticeKind::Emergency
        } else {
            NoticeKind::Deactivated
        };
        let told = !self.is_news(inactive.at) || key.all_know(&news);
        is_ours && told && self.now < self.before_warnings(after(inactive.at, self.periods.recovery_grace))
    }

    /// Whether another key works, without which an inactive one is not deleted.
    fn has_stand_in(&self, id: &AccessKeyId, inactive: &MadeInactive) -> bool {
        let mut active = self.living().map(|(_, key)| key).filter(|key| key.made_inactive.is_none());
        match inactive.why {
            Some(InactiveBecause::Superseded) => active.any(|key| key.supersedes.as_ref() == Some(id)),
            Some(InactiveBecause::RolledBack) => active.next().is_some(),
            Some(InactiveBecause::Unused | InactiveBecause::Orphaned | InactiveBecause::Emergency) | None => true,
        }
    }

    /// Whether the report shows the keys that are remembered, where any are: the same number of active ones, and no others.
    fn is_as_remembered(&self, row: &ReportRow) -> bool {
        let living = self.living().map(|(_, key)| key);
        let (active, inactive): (Vec<_>, Vec<_>) = living.partition(|key| key.made_inactive.is_none());
        let is_remembered = |slot: &KeySlot| match slot {
            KeySlot::Empty => true,
            KeySlot::Active { changed, .. } => active.first().is_none_or(|key| is_unchanged(key, *changed)),
            KeySlot::Inactive { changed, last_used } => {
                let untouched = |key: &&KeyRecord| is_untouched_since(key, [Some(*changed), *last_used]);
                inactive.first().is_some_and(untouched)
            }
        };
        let nothing_remembered = active.is_empty() && inactive.is_empty();
        let is_one_of_each = active.len() <= 1 && inactive.len() <= 1;
        let same_active = row.active_keys() == active.len() || nothing_remembered;
        let same_inactive = row.keys() - row.active_keys() == inactive.len();
        is_one_of_each && same_active && same_inactive && row.slots.iter().all(is_remembered)
    }

    /// Whether no step is due for an active key that may be as old as the report shows, nor a warning of one.
    fn is_young(&self, slot: &KeySlot) -> bool {
        let KeySlot::Active { changed, last_used } = slot else { return true };
        let used = last_used.unwrap_or(*changed).max(*changed);
        let is_used = self.policy.unused_keys == UnusedKeys::Rotate || self.now < after(used, self.policy.unused_after);
        is_used && self.now < self.before_warnings(after(*changed, self.periods.rotation))
    }

    /// When the first warning of something that is due then is sent.
    fn before_warnings(&self, due: Timestamp) -> Timestamp {
        let first = self.policy.warn_days.iter().max().copied().unwrap_or(Days(0));
        minus(due, first.duration() + NIGHTS_VARY)
    }
}

/// Whether an active key is the one that Keywheel made, and nobody has changed its status since.
fn is_unchanged(key: &KeyRecord, changed: Timestamp) -> bool {
    key.created.is_some_and(|made| made.duration_since(changed).abs() <= CLOCK_TOLERANCE)
}

/// Whether nobody is known to have used a key, or changed its status, since it was made inactive: a person made it active in between.
fn is_untouched_since(key: &KeyRecord, dates: [Option<Timestamp>; 2]) -> bool {
    let inactive = key.made_inactive.as_ref().map(|inactive| plus(inactive.at, USE_RECORD_SPAN));
    dates.into_iter().flatten().all(|date| inactive.is_some_and(|inactive| date <= inactive))
}
