//! The ledger as it is read, and what one night's sight adds to it.

#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

mod support;

use keywheel_core::contract::notice_record::NoticeState;
use keywheel_core::id::NoticeId;
use keywheel_core::ledger::{
    AccountLedger, Actor, InactiveBecause, KeyRecord, LedgerRefused, MadeInactive, NoticeRecord, UserRecord,
};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::{AWSCURRENT, KeyStatus, LastUsed, ObservedSecret};
use keywheel_core::plan::Action;
use serde_json::{Value, json};
use support::{
    World, account, copy, days_ago, former_user_id, key, key_id, notice, now, secret, user, user_id, version,
};

fn parse(text: &str) -> Result<AccountLedger, LedgerRefused> {
    AccountLedger::parse(&account(), text.as_bytes())
}

fn minimal(version: u32, account: &str) -> String {
    format!(r#"{{"schema_version":{version},"account":"{account}","sequence":7,"writer":"w"}}"#)
}

/// K1 replaced by K2 twenty days ago, both active, the owner told.
fn replaced() -> World {
    let keys = vec![
        key("K1", KeyStatus::Active, days_ago(110), support::used_at(days_ago(9))),
        key("K2", KeyStatus::Active, days_ago(20), support::used_at(days_ago(1))),
    ];
    let stored = secret(vec![version(&key_id("K2"), &[AWSCURRENT], days_ago(20))]);
    let mut record = UserRecord::new(user_id());
    let at = Some(days_ago(20));
    let told = [(NoticeKind::Rotated, notice(days_ago(20), at))].into();
    let old = KeyRecord { superseded_by: Some(key_id("K2")), notices: told, ..KeyRecord::default() };
    let new = KeyRecord { published: at, supersedes: Some(key_id("K1")), ..KeyRecord::default() };
    record.keys = [(key_id("K1"), old), (key_id("K2"), new)].into();
    World::new(user(keys, ObservedSecret::Present(stored)), record)
}

fn remembered(world: &World, name: &str) -> KeyRecord {
    world.record().key(&key_id(name))
}

#[test]
fn a_small_ledger_is_read() {
    let ledger = parse(&minimal(1, "111122223333")).unwrap();
    assert_eq!((ledger.sequence, ledger.users.len(), ledger.claim, ledger.plan), (7, 0, None, None));
}

#[test]
fn a_ledger_of_a_newer_release_is_refused_whatever_else_it_holds() {
    for text in [minimal(2, "111122223333"), r#"{"schema_version":9,"accounts":[]}"#.to_owned()] {
        let error = parse(&text).unwrap_err();
        assert!(matches!(error, LedgerRefused::Newer { found: 2 | 9, .. }), "{error}");
        assert!(
            error.to_string().contains("account 111122223333") && error.to_string().contains("deploy that release")
        );
    }
}

#[test]
fn a_ledger_of_this_schema_is_read_without_what_a_later_release_added() {
    let step = |reason| json!({"user": "alice", "access_key_id": null, "step": "create", "reason": reason});
    let plan = json!({"run_id": "r-1", "planned": "2026-11-20T02:00:00Z", "steps": [step("of-tomorrow"), step("rotation-due")], "of_tomorrow": 1});
    let mut ledger: Value = serde_json::from_str(&minimal(1, "111122223333")).unwrap();
    ledger["plan"] = plan;
    ledger["of_tomorrow"] = json!(1);
    ledger["users"] = json!({"alice": {"user_id": "AIDACKCEVSQ6C2EXAMPLE", "of_tomorrow": 1, "keys": {"AKIAIOSFODNN7EXAMPLE": {"of_tomorrow": 1}}}});
    let read = parse(&ledger.to_string()).unwrap();
    assert_eq!(read.plan.as_ref().unwrap().steps.len(), 1, "the step whose reason is known");
    assert!(read.users.len() == 1 && !serde_json::to_string(&read).unwrap().contains("of_tomorrow"));
    // What decides something is not guessed at.
    ledger["users"]["alice"]["keys"]["AKIAIOSFODNN7EXAMPLE"] =
        json!({"made_inactive": {"at": "2026-11-20T02:00:00Z", "by": "keywheel", "why": "of-tomorrow"}});
    assert!(matches!(parse(&ledger.to_string()).unwrap_err(), LedgerRefused::Unreadable { .. }));
}

#[test]
fn another_accounts_ledger_is_refused() {
    let error = parse(&minimal(1, "444455556666")).unwrap_err();
    assert!(error.to_string().contains("of account 111122223333 names account 444455556666"), "{error}");
}

#[test]
fn a_ledger_cut_off_anywhere_is_refused() {
    let whole = serde_json::to_string(&replaced().remembered()).unwrap();
    assert!(parse(&whole).is_ok());
    for end in 0..whole.len() {
        let error = parse(&whole[..end]).unwrap_err();
        assert!(matches!(error, LedgerRefused::Unreadable { .. }), "cut at {end}: {error}");
        assert!(error.to_string().contains("nothing was changed"), "{error}");
    }
}

#[test]
fn what_is_no_ledger_is_refused() {
    let bad_date = minimal(1, "111122223333").replace(
        r#""writer":"w""#,
        r#""writer":"w","users":{"alice":{"user_id":"AIDAALICEALICEALICE1","keys":{"AKIAXXXXXXXXXXXXXXK1":{"proven":1}}}}"#,
    );
    for text in ["", "null", "[]", "{}", r#"{"schema_version":"1"}"#, r#"{"schema_version":-1}"#, bad_date.as_str()] {
        assert!(matches!(parse(text), Err(LedgerRefused::Unreadable { .. })), "{text}");
    }
}

#[test]
fn an_untold_successor_is_noted_from_the_secrets_own_word() {
    let mut world = replaced();
    world.ledger.users.clear();
    if let ObservedSecret::Present(secret) = &mut world.users[0].secret {
        secret.previous = Some(key_id("K1"));
    }
    assert_eq!(remembered(&world, "K1").superseded_by, Some(key_id("K2")));
    assert_eq!(remembered(&world, "K2").published, Some(now()));
}

#[test]
fn a_replacement_that_a_person_deleted_begins_the_old_keys_way_anew() {
    let mut world = replaced();
    world.users[0].keys.truncate(1);
    let old = remembered(&world, "K1");
    assert_eq!((old.episode, old.superseded_by, old.notices.len()), (1, None, 0), "the next notice has another id");
    assert!(world.plan().steps.iter().any(|step| matches!(step.action, Action::Replace { .. })));
}

#[test]
fn a_key_that_a_person_made_active_again_begins_anew() {
    let mut world = replaced();
    let old = world.ledger.users.get_mut(&support::user_name("alice")).unwrap().keys.get_mut(&key_id("K1")).unwrap();
    let why = Some(InactiveBecause::Superseded);
    old.made_inactive = Some(MadeInactive { at: days_ago(3), by: Actor::Keywheel, why });
    let old = remembered(&world, "K1");
    assert_eq!((old.episode, old.revived, old.made_inactive, old.notices.len()), (1, Some(now()), None, 0));
}

#[test]
fn a_deactivation_that_came_to_nothing_does_not_make_a_persons_later_one_keywheels() {
    let mut world = replaced();
    let old = world.ledger.users.get_mut(&support::user_name("alice")).unwrap().keys.get_mut(&key_id("K1")).unwrap();
    old.deactivation_begun = Some(InactiveBecause::Superseded);
    world.ledger = world.remembered();
    world.users[0].keys[0].status = KeyStatus::Inactive;
    let inactive = remembered(&world, "K1").made_inactive.unwrap();
    assert_eq!((inactive.by, inactive.why, inactive.at), (Actor::Person, None, now()));
}

#[test]
fn a_former_users_record_is_put_away_when_it_is_written_to() {
    let mut ledger = replaced().ledger;
    let alice = support::user_name("alice");
    assert_eq!(ledger.user_mut(&alice, &user_id()).keys.len(), 2);
    assert_eq!(*ledger.user_mut(&alice, &former_user_id()), UserRecord::new(former_user_id()));
}

#[test]
fn a_deleted_key_is_remembered_for_ninety_days_and_a_vanished_one_not() {
    let gone = |deleted| KeyRecord { deleted, ..KeyRecord::default() };
    let mut world = World::new(
        user(vec![key("K1", KeyStatus::Active, days_ago(5), LastUsed::Never)], ObservedSecret::Absent),
        UserRecord::new(user_id()),
    );
    let keys = &mut world.ledger.users.get_mut(&support::user_name("alice")).unwrap().keys;
    keys.insert(key_id("K2"), gone(Some(days_ago(89))));
    keys.insert(key_id("K3"), gone(Some(days_ago(90))));
    keys.insert(key_id("K4"), KeyRecord { proven: Some(days_ago(1)), ..gone(None) });
    assert_eq!(world.record().keys.into_keys().collect::<Vec<_>>(), [key_id("K2")]);
}

#[test]
fn a_copy_is_awaited_until_it_was_sent_or_refused_and_for_a_week_at_most_and_keeps_no_notice_from_being_told() {
    let owners: NoticeId = "a".repeat(32).parse().unwrap();
    let after_a_night = |days: u32, state: Option<NoticeState>| {
        let mut key = KeyRecord::default();
        let notice = NoticeRecord {
            ids: vec![owners.clone()],
            copies: vec![copy()],
            ..NoticeRecord::new(days_ago(days.into()))
        };
        key.notices.insert(NoticeKind::Rotated, notice);
        let answer = |id: &NoticeId| {
            let state = if *id == owners { Some(NoticeState::Sent) } else { state };
            state.map(|state| (state, days_ago(days.into())))
        };
        key.note_sent(now(), answer);
        let notice = &key.notices[&NoticeKind::Rotated];
        assert_eq!(key.told(&NoticeKind::Rotated), Some(days_ago(days.into())));
        assert_eq!(notice.awaited().count(), usize::from(!key.all_know(&NoticeKind::Rotated)));
        assert_eq!(notice.is_settled(), key.all_know(&NoticeKind::Rotated));
        key.all_know(&NoticeKind::Rotated)
    };
    for (days, state, all_know) in [
        (1, Some(NoticeState::Sent), true),
        (1, Some(NoticeState::Bounced), true),
        (1, Some(NoticeState::Deferred), false),
        (1, None, false),
        (6, None, false),
        (7, None, true),
        (7, Some(NoticeState::Deferred), true),
    ] {
        assert_eq!(after_a_night(days, state), all_know, "{days} days, {state:?}");
    }
}
