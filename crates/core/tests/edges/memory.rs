//! What a ledger remembers on the very second of a border.

use keywheel_core::ledger::{Actor, CreateIntent, InactiveBecause, KeyRecord, MadeInactive, UserRecord};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::{KeyStatus, LastUsed, ObservedKey, ObservedSecret};
use keywheel_core::planner::needs_secret;

use crate::support::{
    World, ago, days_ago, former_user_id, key, key_id, notice, now, used_at, user, user_id, user_name,
};

const DAY: i64 = 86_400;

/// What is remembered tonight of a single key.
fn remembered(seen: ObservedKey, before: KeyRecord) -> KeyRecord {
    let id = seen.id.clone();
    let mut record = UserRecord::new(user_id());
    record.keys.insert(id.clone(), before);
    World::new(user(vec![seen], ObservedSecret::Absent), record).record().key(&id)
}

fn active(created: i64, last_used: LastUsed) -> ObservedKey {
    key("K1", KeyStatus::Active, days_ago(created), last_used)
}

#[test]
fn a_use_after_the_announcement_ends_a_retirement_and_one_before_it_does_not() {
    let announced = || {
        let kinds = [NoticeKind::Retiring, NoticeKind::RetirementAhead(7), NoticeKind::Rotated];
        let notices = kinds.into_iter().map(|kind| (kind, notice(days_ago(20), Some(days_ago(20))))).collect();
        KeyRecord { notices, ..KeyRecord::default() }
    };
    for (used, stands) in [(ago(20 * DAY + 1), true), (days_ago(20), true), (ago(20 * DAY - 1), false)] {
        let after = remembered(active(200, used_at(used)), announced());
        assert_eq!(after.asked(&NoticeKind::Retiring).is_some(), stands, "{used}");
        assert_eq!(after.asked(&NoticeKind::RetirementAhead(7)).is_some(), stands, "{used}");
        assert!(after.asked(&NoticeKind::Rotated).is_some());
        assert_eq!(after.episode, u32::from(!stands));
    }
}

#[test]
fn a_use_more_than_15_minutes_after_it_was_made_inactive_shows_a_persons_hand() {
    let inactive = MadeInactive { at: days_ago(3), by: Actor::Keywheel, why: Some(InactiveBecause::Superseded) };
    let before = || KeyRecord { made_inactive: Some(inactive.clone()), ..KeyRecord::default() };
    for (used, by) in [(3 * DAY - 900, Actor::Keywheel), (3 * DAY - 901, Actor::Person)] {
        let seen = key("K1", KeyStatus::Inactive, days_ago(100), used_at(ago(used)));
        assert_eq!(remembered(seen, before()).made_inactive.unwrap().by, by, "{used}");
    }
}

#[test]
fn weekly_news_are_remembered_for_sixty_days_and_other_notices_for_good() {
    let asked = |seconds| {
        let kinds = [NoticeKind::Held(3), NoticeKind::Rotated];
        let notices = kinds.into_iter().map(|kind| (kind, notice(ago(seconds), None))).collect();
        let after = remembered(active(200, LastUsed::Never), KeyRecord { notices, ..KeyRecord::default() });
        after.notices.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(asked(60 * DAY), [NoticeKind::Rotated]);
    assert_eq!(asked(60 * DAY - 1).len(), 2);
}

fn intent_after(at: i64, published: Option<i64>) -> Option<CreateIntent> {
    let mut record = UserRecord::new(user_id());
    record.intent = Some(CreateIntent { at: ago(at), until: ago(at - 60), supersedes: key_id("K1") });
    let mut keys = vec![active(200, used_at(days_ago(1)))];
    if let Some(published) = published {
        keys.push(key("K2", KeyStatus::Active, ago(at - 10), LastUsed::Never));
        record.keys.insert(key_id("K2"), KeyRecord { published: Some(ago(published)), ..KeyRecord::default() });
    }
    World::new(user(keys, ObservedSecret::NotLookedAt), record).record().intent
}

#[test]
fn an_unanswered_call_is_remembered_until_its_key_is_published_however_long_no_run_could_act() {
    assert!(intent_after(400 * DAY, None).is_some());
    assert!(intent_after(DAY, None).is_some());
    assert!(intent_after(DAY, Some(DAY - 30)).is_none());
}

#[test]
fn dates_five_minutes_off_are_believed_and_others_are_not() {
    let record = |created: i64, held: i64| {
        let before = KeyRecord { held_since: Some(ago(held)), ..KeyRecord::default() };
        let seen = ObservedKey { created: ago(created), ..active(0, LastUsed::Never) };
        remembered(seen, before).held_since.is_some()
    };
    assert!(record(DAY, -300) && !record(DAY, -301));
    assert!(record(DAY, DAY + 300) && !record(DAY, DAY + 301));
}

#[test]
fn a_user_who_is_gone_is_remembered_for_ninety_days_after_the_last_that_happened() {
    let mut record = UserRecord::new(user_id());
    assert!(record.is_long_quiet(now()));
    record.keys.insert(key_id("K1"), KeyRecord { deleted: Some(days_ago(90)), ..KeyRecord::default() });
    assert!(record.is_long_quiet(now()) && !record.is_long_quiet(ago(1)));
    record.intent = Some(CreateIntent { at: days_ago(89), until: days_ago(89), supersedes: key_id("K1") });
    assert!(!record.is_long_quiet(now()));
}

#[test]
fn the_secret_is_looked_at_where_a_decision_rests_on_it_and_else_not() {
    let (one, two) = (active(50, LastUsed::Never), key("K2", KeyStatus::Active, days_ago(1), LastUsed::Never));
    let seen = |keys| user(keys, ObservedSecret::NotLookedAt);
    let mut record = UserRecord::new(user_id());
    assert!(!needs_secret(&seen(vec![one.clone()]), None));
    assert!(!needs_secret(&seen(vec![one.clone()]), Some(&record)));
    assert!(needs_secret(&seen(vec![one.clone(), two]), None));
    record.intent = Some(CreateIntent { at: ago(60), until: ago(0), supersedes: key_id("K1") });
    assert!(needs_secret(&seen(vec![one.clone()]), Some(&record)));
    record.user_id = former_user_id();
    assert!(!needs_secret(&seen(vec![one]), Some(&record)));
}

#[test]
fn a_key_begins_anew_when_its_replacement_is_gone_and_not_while_that_works() {
    let before = KeyRecord { superseded_by: Some(key_id("K2")), ..KeyRecord::default() };
    let after = remembered(active(200, LastUsed::Never), before.clone());
    assert_eq!((after.superseded_by, after.episode), (None, 1));
    let mut record = UserRecord::new(user_id());
    record.keys.insert(key_id("K1"), before);
    let replacement = key("K2", KeyStatus::Active, days_ago(20), LastUsed::Never);
    // The ledger forgot that it was published: it works all the same.
    let seen = user(vec![active(200, LastUsed::Never), replacement], ObservedSecret::Absent);
    let kept = World::new(seen, record).record().key(&key_id("K1"));
    assert_eq!((kept.superseded_by, kept.episode), (Some(key_id("K2")), 0));
}

#[test]
fn what_is_seen_of_a_renamed_user_counts_under_the_former_name_and_of_others_under_their_own_alone() {
    let inactive = MadeInactive { at: days_ago(3), by: Actor::Keywheel, why: Some(InactiveBecause::Superseded) };
    let mut before = UserRecord::new(user_id());
    before.keys.insert(key_id("K1"), KeyRecord { made_inactive: Some(inactive), ..KeyRecord::default() });
    before.keys.insert(key_id("K2"), KeyRecord { published: Some(days_ago(20)), ..KeyRecord::default() });
    let newer = key("K2", KeyStatus::Active, days_ago(20), LastUsed::Never);
    let mut world = World::new(user(vec![active(200, LastUsed::Never), newer], ObservedSecret::NotLookedAt), before);
    assert!(!world.record().key(&key_id("K2")).not_retrievable);
    world.users[0].name = user_name("alicia");
    let former = world.remembered().users.remove(&user_name("alice")).unwrap();
    assert_eq!(former.key(&key_id("K1")).made_inactive, None);
    assert!(former.key(&key_id("K2")).not_retrievable);
}
