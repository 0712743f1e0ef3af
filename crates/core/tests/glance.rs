//! Passing a user over makes no difference: what a glance leaves out, a look at the user's keys plans nothing for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in tests a panic is the message")]

mod support;

use std::collections::BTreeMap;

use keywheel_core::credential_report::{KeySlot, ReportRow};
use keywheel_core::ledger::{Actor, InactiveBecause, KeyRecord, MadeInactive, UserRecord};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::{AWSPENDING, KeyStatus, LastUsed, ObservedKey, ObservedSecret, ObservedUser};
use keywheel_core::planner::{QuietUser, needs_secret};
use proptest::prelude::*;
use support::dice::Dice;
use support::random::world;
use support::{World, days_ago, key, notice, used_at, user_id};

/// What the report shows of a key whose status nobody ever changed.
fn truth(key: Option<&ObservedKey>) -> KeySlot {
    match key {
        None => KeySlot::Empty,
        Some(key) if key.is_active() => KeySlot::Active { changed: key.created, last_used: key.last_used.at() },
        Some(key) => KeySlot::Inactive { changed: key.created, last_used: key.last_used.at() },
    }
}

fn true_row(world: &World) -> ReportRow {
    let keys = &world.users[0].keys;
    ReportRow { slots: [truth(keys.first()), truth(keys.get(1))] }
}

/// A user at rest: one published key, and perhaps the one before it, gone or waiting for its deletion; or no memory at all.
fn resting(seed: u64) -> World {
    let mut world = world(seed);
    let mut dice = Dice(seed ^ 0x5EED);
    let created = days_ago(dice.below(100));
    let last_used = dice.pick(&[LastUsed::Never, used_at(days_ago(0).max(created)), used_at(created)]);
    let mut keys = vec![key("K2", KeyStatus::Active, created, last_used)];
    let mut record = UserRecord::new(user_id());
    if dice.percent(70) {
        let published = KeyRecord { created: Some(created), published: Some(created), ..KeyRecord::default() };
        record.keys.insert(keys[0].id.clone(), KeyRecord { supersedes: Some(support::key_id("K1")), ..published });
        if dice.percent(60) {
            let old = predecessor(&mut dice);
            if old.1.deleted.is_none() {
                keys.insert(0, old.0.clone());
            }
            record.keys.insert(old.0.id.clone(), old.1);
        }
    }
    let current = &keys[keys.len() - 1].id;
    let version = support::version(current, &["AWSCURRENT"], created);
    world.users[0].secret = if keys.len() > 1 {
        ObservedSecret::Present(support::secret(vec![version]))
    } else {
        ObservedSecret::NotLookedAt
    };
    world.users[0].keys = keys;
    World { ledger: World::new(world.users[0].clone(), record).ledger, ..world }
}

fn predecessor(dice: &mut Dice) -> (ObservedKey, KeyRecord) {
    let inactive = days_ago(dice.below(60));
    let old = key("K1", KeyStatus::Inactive, days_ago(200), used_at(days_ago(150)));
    let why = dice.pick(&[InactiveBecause::Superseded, InactiveBecause::Unused, InactiveBecause::Orphaned]);
    let by = dice.pick(&[Actor::Keywheel, Actor::Keywheel, Actor::Keywheel, Actor::Person]);
    let sent = dice.maybe(90, |_| inactive);
    let told = |kind| [(kind, notice(inactive, sent))].into();
    let mut record = KeyRecord {
        made_inactive: Some(MadeInactive { at: inactive, by, why: Some(why).filter(|_| by == Actor::Keywheel) }),
        superseded_by: Some(support::key_id("K2")),
        notices: told(NoticeKind::Deactivated),
        ..KeyRecord::default()
    };
    if dice.percent(40) {
        record = KeyRecord { deleted: Some(inactive), notices: told(NoticeKind::Deleted), ..record };
    }
    (old, record)
}

fn case(seed: u64, rests: bool) -> World {
    let mut world = if rests { resting(seed) } else { world(seed) };
    if !needs_secret(&world.users[0], world.ledger.users.get(&world.users[0].name)) {
        world.users[0].secret = ObservedSecret::NotLookedAt;
    }
    world
}

fn cases() -> impl Strategy<Value = World> {
    let cases = (any::<u64>(), any::<bool>()).prop_map(|(seed, rests)| case(seed, rests));
    cases.prop_filter("the report shows what there is", shows_all)
}

/// Whether nothing is that neither ledger nor report can show: a third key, a changed secret, a date before its key was made, a key
/// that was deleted and is there.
fn shows_all(world: &World) -> bool {
    let secret_is_as_left = match &world.users[0].secret {
        ObservedSecret::NotLookedAt | ObservedSecret::Absent => true,
        ObservedSecret::Unknown { .. } => false,
        ObservedSecret::Present(secret) => !secret.versions.iter().any(|version| version.has(AWSPENDING)),
    };
    let user = &world.users[0];
    let is_deleted = |key: &ObservedKey| world.record().keys.get(&key.id).is_some_and(|key| key.deleted.is_some());
    let listed = ObservedUser { keys: Vec::new(), ..user.clone() };
    let is_as_credible = |record: &UserRecord| record.credible(user, world.now) == record.credible(&listed, world.now);
    let is_credible = world.ledger.users.values().all(is_as_credible);
    let is_there = !user.keys.iter().any(is_deleted);
    user.keys.len() <= 2 && is_there && secret_is_as_left && is_credible
}

proptest! {
    #![proptest_config(support::cases::usual(4_000))]

    #[test]
    fn a_user_who_is_passed_over_has_no_other_plan(world in cases()) {
        if let Some(quiet) = world.glance(Some(&true_row(&world))) {
            prop_assert_eq!(quiet.keys, world.users[0].keys.len());
            prop_assert_eq!(world.plan_passing_over(quiet), world.plan());
        }
    }

    #[test]
    fn a_user_of_whom_the_report_says_nothing_is_looked_at(world in cases()) {
        prop_assert_eq!(world.glance(None), None);
    }

    #[test]
    fn a_late_last_use_makes_no_other_plan(world in cases(), hours in 0..5_i64) {
        let earlier = support::ago(hours * 3_600);
        let mut row = true_row(&world);
        for slot in &mut row.slots {
            if let KeySlot::Active { last_used, .. } = slot {
                *last_used = last_used.filter(|used| *used < earlier);
            }
        }
        if let Some(quiet) = world.glance(Some(&row)) {
            prop_assert_eq!(world.plan_passing_over(quiet), world.plan());
        }
    }
}

/// How often the sample passes a user over, by how it stands: the sample is the same in every run.
#[test]
fn users_of_every_kind_are_passed_over() {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..4_000 {
        for world in [case(seed, true), case(seed, false)].iter().filter(|world| shows_all(world)) {
            let kind = world.glance(Some(&true_row(world))).map(|quiet| kind(world, &quiet));
            *found.entry(kind.unwrap_or_else(|| "looked at".to_owned())).or_default() += 1;
        }
    }
    for (kind, least) in [
        ("looked at", 4_000),
        ("no key", 100),
        ("plain key", 150),
        ("published key", 400),
        ("published key, old one inactive", 40),
        ("exempt-group", 5),
        ("exempt-tag", 5),
        ("not-selected", 20),
    ] {
        assert!(found.get(kind).is_some_and(|count| *count >= least), "{kind}: {found:?}");
    }
}

fn kind(world: &World, quiet: &QuietUser) -> String {
    let remembered = !world.record().keys.is_empty();
    match (quiet.skip, world.users[0].keys.as_slice()) {
        (Some(reason), _) => reason.to_string(),
        (None, []) => "no key".to_owned(),
        (None, [_]) if remembered => "published key".to_owned(),
        (None, [_, ..]) if !remembered => "plain key".to_owned(),
        (None, _) => "published key, old one inactive".to_owned(),
    }
}

/// What the report cannot show is found by the next sweep only.
#[test]
fn a_key_whose_status_was_changed_looks_young_until_the_next_sweep() {
    let old = key("K1", KeyStatus::Active, days_ago(400), LastUsed::Never);
    let world = World::new(support::user(vec![old], ObservedSecret::NotLookedAt), UserRecord::new(user_id()));
    assert!(!world.plan().steps.is_empty() && world.glance(Some(&true_row(&world))).is_none());
    let row =
        ReportRow { slots: [KeySlot::Active { changed: days_ago(2), last_used: Some(days_ago(1)) }, KeySlot::Empty] };
    assert!(world.glance(Some(&row)).is_some());
}

/// A user with one published key of ten days, and what the report shows of it.
fn published() -> (World, ReportRow) {
    let created = days_ago(10);
    let made = key("K1", KeyStatus::Active, created, used_at(days_ago(1)));
    let mut record = UserRecord::new(user_id());
    let published = KeyRecord { created: Some(created), published: Some(created), ..KeyRecord::default() };
    record.keys.insert(made.id.clone(), published);
    let world = World::new(support::user(vec![made], ObservedSecret::NotLookedAt), record);
    let row = true_row(&world);
    (world, row)
}

#[test]
fn what_the_ledger_cannot_know_or_left_open_makes_a_candidate() {
    let (world, row) = published();
    assert!(world.glance(Some(&row)).is_some());
    let changes: [fn(&mut UserRecord); 4] = [
        |record| record.user_id = support::former_user_id(),
        |record| record.keys.values_mut().for_each(|key| key.published = Some(days_ago(-1))),
        |record| record.look_again = true,
        |record| record.keys.values_mut().for_each(|key| key.created = Some(days_ago(11))),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut world = world.clone();
        world.ledger.users.values_mut().for_each(change);
        assert!(world.glance(Some(&row)).is_none(), "{number}");
    }
}

#[test]
fn an_inactive_key_whose_status_was_changed_since_makes_a_candidate() {
    let (mut world, _) = published();
    let old = key("K0", KeyStatus::Inactive, days_ago(100), used_at(days_ago(30)));
    let record = world.ledger.users.values_mut().next().unwrap();
    record.keys.values_mut().for_each(|key| key.supersedes = Some(old.id.clone()));
    let inactive = MadeInactive { at: days_ago(9), by: Actor::Keywheel, why: Some(InactiveBecause::Superseded) };
    let told = [(NoticeKind::Deactivated, notice(days_ago(9), Some(days_ago(9))))].into();
    record
        .keys
        .insert(old.id.clone(), KeyRecord { made_inactive: Some(inactive), notices: told, ..KeyRecord::default() });
    world.users[0].keys.insert(0, old);
    let row = |changed| {
        let mut row = true_row(&world);
        row.slots[0] = KeySlot::Inactive { changed, last_used: Some(days_ago(30)) };
        row
    };
    assert!(world.glance(Some(&row(days_ago(9)))).is_some());
    assert!(world.glance(Some(&row(days_ago(1)))).is_none());
}
