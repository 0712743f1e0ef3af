//! Which key gives way in a rollback, and when it counts as unused.

use keywheel_core::ledger::{Actor, InactiveBecause, KeyRecord, MadeInactive};
use keywheel_core::observed::{KeyStatus, KeyUse, LastUsed};
use keywheel_core::plan::Action;

use crate::support::decision_file::Case;
use crate::support::{World, ago, days_ago, key_id};

const ACTIVE: KeyStatus = KeyStatus::Active;
const INACTIVE: KeyStatus = KeyStatus::Inactive;

fn made_inactive(why: InactiveBecause) -> KeyRecord {
    let inactive = MadeInactive { at: days_ago(1), by: Actor::Keywheel, why: Some(why) };
    KeyRecord { made_inactive: Some(inactive), ..KeyRecord::default() }
}

/// A rollback from K2 to K1 that broke off; `secret` says who took over from whom.
fn broken_off(secret: &str, status: KeyStatus, last_used: LastUsed) -> World {
    let case = format!(
        r#"{{"group": "", "name": "", "steps": [], "rollback": {{"at": "1h", "old": "K1", "new": "K2"}}, {secret}
        "keys": {{"K1": {{"age": "102d", "used": "9d"}}, "K2": {{"age": "12d"}}}}}}"#
    );
    let mut world = serde_json::from_str::<Case>(&case).unwrap().world();
    let second = &mut world.users[0].keys[1];
    (second.status, second.last_used) = (status, last_used);
    world
}

const TOOK_OVER: &str = r#""replaced": [["K1", "K2", "12d"]],"#;

fn with_record(mut world: World, key: &str, record: KeyRecord) -> World {
    world.ledger.users.values_mut().next().unwrap().keys.insert(key_id(key), record);
    world
}

/// What the night rolls back: the old key, the one that gives way, and whether that stays active.
fn rolled_back(world: &World) -> Vec<(String, Option<String>, bool)> {
    let name = |id: &keywheel_core::id::AccessKeyId| id.to_string().rsplit('X').next().unwrap_or_default().to_owned();
    let steps = world.plan().steps.into_iter();
    let rollbacks = steps.filter_map(|step| match step.action {
        Action::Rollback { old, new, new_stays } => Some((name(&old), new.as_ref().map(name), new_stays)),
        _ => None,
    });
    rollbacks.collect()
}

fn ended(new: Option<&str>, new_stays: bool) -> Vec<(String, Option<String>, bool)> {
    vec![("K1".to_owned(), new.map(str::to_owned), new_stays)]
}

#[test]
fn only_the_key_that_took_over_or_has_given_way_gives_way() {
    assert_eq!(rolled_back(&broken_off(TOOK_OVER, ACTIVE, LastUsed::Never)), ended(Some("K2"), false));
    let because = |why| rolled_back(&with_record(broken_off("", INACTIVE, LastUsed::Never), "K2", made_inactive(why)));
    assert_eq!(because(InactiveBecause::RolledBack), ended(Some("K2"), false));
    assert_eq!(because(InactiveBecause::Unused), ended(None, false));
    assert_eq!(rolled_back(&broken_off("", ACTIVE, LastUsed::Never)), ended(None, false));
}

#[test]
fn a_key_does_not_give_way_to_itself() {
    let gave_way = made_inactive(InactiveBecause::RolledBack);
    let mut world = with_record(broken_off("", ACTIVE, LastUsed::Never), "K1", gave_way);
    world.ledger.users.values_mut().next().unwrap().rollback.as_mut().unwrap().new = Some(key_id("K1"));
    assert_eq!(rolled_back(&world), ended(None, false));
}

#[test]
fn a_rollback_to_a_key_that_a_person_made_inactive_since_is_not_ended() {
    let mut world = broken_off(TOOK_OVER, ACTIVE, LastUsed::Never);
    world.users[0].keys[0].status = INACTIVE;
    assert_eq!(rolled_back(&world), []);
}

#[test]
fn a_new_key_stays_active_where_somebody_but_keywheel_used_it() {
    let stays = |seconds_after_proof: i64, service: &str| {
        let at = ago(12 * 86_400 - seconds_after_proof);
        let last_used = LastUsed::At(KeyUse { at, service: service.to_owned(), region: "eu-central-1".to_owned() });
        rolled_back(&broken_off(TOOK_OVER, ACTIVE, last_used))
    };
    for proof in ["sts", "secretsmanager"] {
        assert_eq!(stays(899, proof), ended(Some("K2"), false), "{proof}");
        assert_eq!(stays(900, proof), ended(Some("K2"), false), "{proof}");
        assert_eq!(stays(901, proof), ended(Some("K2"), true), "{proof}");
    }
    assert_eq!(stays(60, "s3"), ended(Some("K2"), true));
}

#[test]
fn a_persons_key_is_deleted_by_name_on_the_second_on_which_its_grace_ends() {
    let reason = |age: &str| {
        let keys = format!(
            r#""keys": {{"K1": {{"age": "90d", "used": "1h"}}, "K2": {{"age": "90d", "status": "inactive",
            "ledger": {{"inactive": ["{age}", "person"]}}}}}}"#
        );
        let asked = r#""asked": {"action": "delete", "key": "K2", "override": ["person-inactive"]}"#;
        let case: Case =
            serde_json::from_str(&format!(r#"{{"group": "", "name": "", "steps": [], {asked}, {keys}}}"#)).unwrap();
        case.plan().iter().map(|step| step.reason.code()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(reason("3023999s"), "not-yet-due");
    assert_eq!(reason("35d"), "asked-for");
}
