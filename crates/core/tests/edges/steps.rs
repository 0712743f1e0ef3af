//! Decisions on the very second of a border.

use keywheel_core::ledger::{Actor, CreateIntent, InactiveBecause, KeyRecord, MadeInactive, UserRecord};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::{KeyStatus, LastUsed, ObservedSecret};
use keywheel_core::plan::Action;
use keywheel_core::reason::Reason;

use crate::support::decision_file::Case;
use crate::support::decision_step::Decided;
use crate::support::{World, ago, days_ago, key, key_id, notice, used_at, user, user_id, user_name};

/// The steps of a case in the words of `decisions.json`, as `step reason`.
fn decided(case: &str) -> Vec<String> {
    let case: Case = serde_json::from_str(&format!(r#"{{"group": "", "name": "", "steps": [], {case}}}"#)).unwrap();
    let steps = case.world().plan().steps;
    steps.iter().map(Decided::of).map(|step| format!("{} {}", step.step, step.reason)).collect()
}

#[test]
fn with_a_threshold_of_no_days_the_last_use_holds_nothing_even_where_clocks_differ() {
    let case = r#""policy": {"last_used_threshold": 0}, "replaced": [["K1", "K2", "20d"]],
        "keys": {"K1": {"age": "110d", "used": "-60s"}, "K2": {"age": "20d", "used": "1d"}}"#;
    assert_eq!(decided(case), ["deactivate install-grace-over"]);
}

#[test]
fn a_notice_that_is_not_sent_is_repeated_for_one_install_grace_and_then_holds_the_key() {
    let case = |age| {
        decided(&format!(
            r#""replaced": [["K1", "K2", "{age}"]], "keys": {{"K1": {{"age": "110d", "used": "9d",
            "ledger": {{"notices": {{"rotated": "asked {age}"}}}}}}, "K2": {{"age": "{age}", "used": "1d"}}}}"#
        ))
    };
    assert_eq!(case("863999s"), ["warn notice-repeated"]);
    assert_eq!(case("10d"), ["hold notice-not-sent"]);
}

#[test]
fn a_copy_that_waits_is_sent_again_and_nothing_else_changes() {
    let waits = |case: &str| decided(&case.replace("WHEN", "copy-waits "));
    let told = |case: &str| decided(&case.replace("WHEN", ""));
    let rotated = r#""replaced": [["K1", "K2", "2d"]], "keys": {"K1": {"age": "93d", "used": "10d",
        "ledger": {"notices": {"rotated": "WHEN2d"}}}, "K2": {"age": "2d", "used": "1d"}}"#;
    assert_eq!((told(rotated), waits(rotated)), (vec![], vec!["warn notice-repeated".to_owned()]));
    let retiring = r#""keys": {"K1": {"age": "200d", "used": "105d", "ledger": {"notices": {"retiring": "WHEN2d"}}}}"#;
    assert_eq!((told(retiring), waits(retiring)), (vec![], vec!["warn retirement-ahead".to_owned()]));
    // On the day itself the step is what everybody is told of.
    for case in [rotated.replace("2d", "12d"), retiring.replace("2d", "12d")] {
        assert_eq!(told(&case), waits(&case));
        assert_ne!(told(&case), Vec::<String>::new());
    }
}

#[test]
fn news_of_a_new_pair_that_nobody_got_is_repeated_for_a_week() {
    let published = |age| {
        decided(&format!(
            r#""keys": {{"K1": {{"age": "{age}", "used": "1d", "ledger": {{"notices": {{"published": "asked {age}"}}}}}}}}"#
        ))
    };
    assert_eq!((published("6d"), published("7d")), (vec!["warn notice-repeated".to_owned()], vec![]));
}

#[test]
fn a_warning_is_due_six_hours_sooner_so_that_no_later_night_finds_that_the_day_has_come() {
    let warned = |age: u64| {
        let case = format!(
            r#""keys": {{"K1": {{"age": "{age}s", "used": "1d", "ledger": {{"notices": {{"rotation-ahead:3": "1d"}}}}}}}}"#
        );
        decided(&case)
    };
    let (day, hour) = (86_400, 3_600);
    assert_eq!(warned(89 * day - 6 * hour - 1), Vec::<String>::new());
    assert_eq!(warned(89 * day - 6 * hour), ["warn rotation-ahead"]);
    assert_eq!(warned(90 * day - 1), ["warn rotation-ahead"]);
    assert_eq!(warned(90 * day), ["create rotation-due"]);
}

#[test]
fn ten_minutes_after_the_end_of_an_unanswered_call_rotation_goes_on() {
    let case = |until| {
        decided(&format!(
            r#""intent": {{"at": "650s", "until": "{until}", "supersedes": "K1"}},
            "keys": {{"K1": {{"age": "90d", "used": "1h"}}}}"#
        ))
    };
    assert_eq!(case("599s"), ["skip creation-unresolved"]);
    assert_eq!(case("10m"), ["create rotation-due"]);
}

#[test]
fn a_key_whose_retirement_is_under_way_is_not_replaced_because_a_look_up_failed() {
    let keys = |ledger| format!(r#""keys": {{"K1": {{"age": "200d", "used": "unknown", "ledger": {{{ledger}}}}}}}"#);
    let retiring = keys(r#""notices": {"retiring": "5d"}"#);
    assert_eq!(decided(&retiring), ["skip last-used-unknown"]);
    assert_eq!(decided(&keys("")), ["create rotation-due"]);
    assert_eq!(decided(&format!(r#""policy": {{"unused_keys": "rotate"}}, {retiring}"#)), ["create rotation-due"]);
    assert_eq!(decided(&format!(r#""forced": true, {retiring}"#)), ["create rotation-due"]);
    let used = retiring.replace(r#""unknown""#, r#""6d""#);
    assert_eq!(decided(&used), ["create rotation-due"]);
}

fn orphan(status: KeyStatus, inactive: Option<MadeInactive>) -> World {
    let created = if inactive.is_some() { days_ago(5) } else { ago(3_590) };
    let keys = vec![
        key("K1", KeyStatus::Active, days_ago(50), used_at(days_ago(1))),
        key("K2", status, created, LastUsed::Never),
    ];
    let mut record = UserRecord::new(user_id());
    record.intent = Some(CreateIntent { at: ago(3_600), until: ago(3_540), supersedes: key_id("K1") });
    record.keys.insert(key_id("K2"), KeyRecord { made_inactive: inactive, ..KeyRecord::default() });
    World::new(user(keys, ObservedSecret::Absent), record)
}

/// The world with another user of whom something has been due for long.
fn beside_an_old_retirement(mut world: World) -> World {
    let told = [(NoticeKind::Retiring, notice(days_ago(100), Some(days_ago(100))))].into();
    let mut bob = user(vec![key("K4", KeyStatus::Active, days_ago(300), LastUsed::Never)], ObservedSecret::Absent);
    bob.name = user_name("aaron");
    let mut record = UserRecord::new(user_id());
    record.keys.insert(key_id("K4"), KeyRecord { notices: told, ..KeyRecord::default() });
    world.ledger.users.insert(bob.name.clone(), record);
    world.users.push(bob);
    world
}

/// The reasons of the changes, in their order.
fn order(world: World) -> Vec<Reason> {
    let plan = beside_an_old_retirement(world).plan();
    plan.steps.iter().filter(|step| step.action.is_change()).map(|step| step.reason).collect()
}

#[test]
fn half_done_work_comes_before_what_has_been_due_longest_and_nothing_else_does() {
    let inactive = |days, why| Some(MadeInactive { at: days_ago(days), by: Actor::Keywheel, why: Some(why) });
    assert_eq!(order(orphan(KeyStatus::Active, None)), [Reason::OrphanedKey, Reason::Unused]);
    let orphaned = orphan(KeyStatus::Inactive, inactive(2, InactiveBecause::Orphaned));
    assert_eq!(order(orphaned), [Reason::OrphanedKey, Reason::Unused]);
    let mut retired = orphan(KeyStatus::Inactive, inactive(95, InactiveBecause::Unused));
    retired.users[0].keys[1].created = days_ago(200);
    assert_eq!(order(retired), [Reason::Unused, Reason::RetiredGraceOver]);
}

#[test]
fn of_two_keys_that_each_took_over_from_the_other_by_the_ledger_one_stays() {
    let case = r#""replaced": [["K1", "K2", "20d"], ["K2", "K1", "20d"]],
        "keys": {"K1": {"age": "20d", "used": "8d"}, "K2": {"age": "20d", "used": "8d"}}"#;
    let case: Case = serde_json::from_str(&format!(r#"{{"group": "", "name": "", "steps": [], {case}}}"#)).unwrap();
    let steps = case.world().plan().steps;
    let gone = steps.iter().filter(|step| matches!(step.action, Action::Deactivate { .. })).count();
    assert!(gone <= 1, "{steps:#?}");
    assert!(steps.iter().all(|step| step.reason != Reason::OnlyInactiveKeys), "{steps:#?}");
}

#[test]
fn graces_count_from_when_the_pair_was_stored_whatever_the_ledger_says() {
    let secret = r#""secret": {"current": "K2", "previous": "K1", "stored": {"K2": "5d"}, "witness": "K1"}"#;
    let case = |first: &str| {
        decided(&format!(
            r#""replaced": [["K1", "K2", "50d"]], {secret},
            "keys": {{"K1": {first}, "K2": {{"age": "50d", "used": "1d"}}}}"#
        ))
    };
    assert_eq!(case(r#"{"age": "140d", "used": "40d"}"#), ["warn deactivation-ahead"]);
    let inactive =
        r#"{"age": "140d", "status": "inactive", "ledger": {"inactive": ["40d", "keywheel", "superseded"]}}"#;
    assert_eq!(case(inactive), [""; 0]);
}

#[test]
fn a_use_before_the_pair_was_stored_takes_nothing_up() {
    let case = |used| {
        decided(&format!(
            r#""replaced": [["K1", "K2", "50d"]], "keys": {{"K1": {{"age": "140d", "used": "40d"}}, "K2": {{"age": "50d", "used": "{used}"}}}},
            "secret": {{"current": "K2", "previous": "K1", "stored": {{"K2": "20d"}}, "witness": "K1"}}"#
        ))
    };
    assert_eq!(case("1727100s"), ["hold not-taken-up"]);
    assert_eq!(case("1727099s"), ["deactivate install-grace-over"]);
}

#[test]
fn a_replacement_that_nobody_uses_is_not_retired_while_its_old_key_is_in_use() {
    let case = r#""policy": {"unused_after": 10}, "replaced": [["K1", "K2", "40d"]],
        "keys": {"K1": {"age": "130d", "used": "1d"}, "K2": {"age": "40d", "ledger": {"notices": {"retiring": "15d"}}}}"#;
    assert_eq!(decided(case), ["hold still-in-use"]);
}

#[test]
fn a_key_that_a_person_made_beside_a_known_one_is_no_lost_answer() {
    let case = |ledger, secret| {
        decided(&format!(
            r#""intent": {{"at": "3600s", "until": "3540s", "supersedes": "K1"}}, "secret": {{{secret}}},
            "keys": {{"K1": {{"age": "50d", "used": "1d"}}, "K2": {{"age": "3590s", "ledger": {{{ledger}}}}},
                      "K3": {{"age": "3580s"}}}}"#
        ))
    };
    let pending = r#""pending": "K2", "stored": {"K2": "3585s"}"#;
    assert_eq!(case(r#""created": "3590s""#, pending), ["publish replacement-pending"]);
    let mut unknown = case("", pending);
    unknown.sort();
    assert_eq!(unknown, ["publish replacement-pending", "reconcile orphaned-key"]);
}

#[test]
fn a_slot_that_a_person_fills_is_said_to_be_blocked_whatever_the_cause_that_is_remembered() {
    for (by, why) in [("person", "superseded"), ("person", "unused")] {
        let case = format!(
            r#""secret": "absent", "keys": {{"K1": {{"age": "95d", "used": "1d"}},
            "K2": {{"age": "200d", "status": "inactive", "ledger": {{"inactive": ["5d", "{by}", "{why}"]}}}}}}"#
        );
        assert_eq!(decided(&case), ["skip person-inactive", "skip slot-blocked"]);
    }
}

#[test]
fn a_former_secret_is_put_away_on_a_calm_night_and_not_while_a_key_of_its_user_is_made() {
    let of_age = |age: i64| {
        let mut record = UserRecord::new(user_id());
        record.secret_left = Some(days_ago(90));
        let published = KeyRecord { published: Some(days_ago(60)), ..KeyRecord::default() };
        record.keys.insert(key_id("K1"), published);
        let keys = vec![key("K1", KeyStatus::Active, days_ago(age), used_at(days_ago(1)))];
        let steps = World::new(user(keys, ObservedSecret::Absent), record).plan().steps;
        let put_away = steps.iter().any(|step| step.action == Action::ScheduleFormerSecret);
        (put_away, steps.iter().any(|step| step.action.is_change() && step.action != Action::ScheduleFormerSecret))
    };
    assert_eq!(of_age(60), (true, false));
    assert_eq!(of_age(100), (false, true));
}
