//! Old keys are made inactive, and not if anything has changed since it was planned.

use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::AccessKeyId;
use keywheel_core::ledger::{Actor, InactiveBecause, KeyRecord};
use keywheel_core::observed::{AWSCURRENT, KeyStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::secret::VersionId;
use keywheel_core::time::days_since;
use keywheel_testkit::{Account, Fault, Operation, World};

use crate::support::{Act, START, alice, assert_deferred_whenever, changes, eve_of, next_night, night, row};

fn eve() -> World {
    eve_of(alice(), &night(), StepKind::Deactivate)
}

fn old(account: &Account) -> AccessKeyId {
    account.user("alice").keys[0].id.clone()
}

fn record_of(world: &World, key: &AccessKeyId) -> KeyRecord {
    world.account().ledger().users.values().next().unwrap().key(key)
}

#[test]
fn the_old_key_is_made_inactive_ten_days_after_the_notice() {
    let world = eve();
    let old = old(&world.account());
    // The notice was sent seconds after the run of its night had begun, so the tenth night comes seconds too early.
    assert_eq!(days_since(START.parse().unwrap(), world.account().now), 11);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Deactivate), (Reason::InstallGraceOver, StepStatus::Done));
    assert_eq!(changes(&world), [Operation::UpdateAccessKey]);
    assert_eq!(world.account().user("alice").key(&old).unwrap().status, KeyStatus::Inactive);
    let inactive = record_of(&world, &old).made_inactive.unwrap();
    assert_eq!((inactive.by, inactive.why), (Actor::Keywheel, Some(InactiveBecause::Superseded)));
    assert_eq!(record_of(&world, &old).deactivation_begun, None);
}

#[test]
fn it_is_written_down_before_a_key_is_made_inactive() {
    let world = eve();
    let old = old(&world.account());
    world.person(move |call, account| {
        if call.operation == Operation::UpdateAccessKey {
            let ledger = account.ledger();
            let record = ledger.users.values().next().unwrap().key(&old);
            assert_eq!(record.deactivation_begun, Some(InactiveBecause::Superseded));
        }
    });
    let _ = night().on(&world).run();
    assert_eq!(world.count(Operation::UpdateAccessKey), 1);
}

const ACTS: &[Act] = &[
    ("the old key is used", |account| {
        let (key, now) = (old(account), account.now);
        account.use_key("alice", &key, now);
    }),
    ("the old key is made inactive", |account| {
        let key = old(account);
        account.set_status("alice", &key, KeyStatus::Inactive);
    }),
    ("the old key is deleted", |account| {
        let key = old(account);
        account.delete_key("alice", &key);
    }),
    ("the replacement is made inactive", |account| {
        let key = account.user("alice").keys[1].id.clone();
        account.set_status("alice", &key, KeyStatus::Inactive);
    }),
    ("the replacement is deleted", |account| {
        let key = account.user("alice").keys[1].id.clone();
        account.delete_key("alice", &key);
    }),
    ("the user is made again", |account| {
        account.add_user("alice");
    }),
    ("the user is exempted", |account| {
        let tags = &mut account.user_mut("alice").tags;
        tags.insert("KeyRotation:EXEMPT_UNTIL".to_owned(), "2027-12-31".to_owned());
    }),
    ("the secret is overwritten", |account| {
        let (name, now) = (account.secret_name("alice"), account.now);
        let secret = account.secrets.get_mut(&name).unwrap();
        secret.put(VersionId("a-person's".to_owned()), "{}", AWSCURRENT, now);
    }),
    ("the secret is scheduled for deletion", |account| {
        let name = account.secret_name("alice");
        account.secrets.get_mut(&name).unwrap().is_scheduled_for_deletion = true;
    }),
    ("the secret is deleted", |account| {
        let name = account.secret_name("alice");
        account.secrets.remove(&name);
    }),
];

#[test]
fn whatever_a_person_changes_before_the_last_look_defers_it() {
    assert_deferred_whenever(&eve(), Operation::UpdateAccessKey, ACTS);
}

#[test]
fn a_key_that_a_person_made_inactive_first_is_the_persons() {
    let eve = eve();
    let calm = eve.fork();
    let _ = night().on(&calm);
    let change = calm.calls().iter().position(|call| call.operation == Operation::UpdateAccessKey).unwrap();
    for moment in 0..=change {
        // That the call is refused shows that the key is not Keywheel's to account for, even at the last moment.
        let world = eve.fork();
        let begun = world.account().now;
        let old = old(&world.account());
        let key = old.clone();
        let mut made = 0;
        world.person(move |_, account| {
            if made == moment {
                account.set_status("alice", &key, KeyStatus::Inactive);
            }
            made += 1;
        });
        world.fail_every(Operation::UpdateAccessKey, Fault::Denied);
        let _ = night().on(&world);
        world.forget();
        next_night(&world, begun);
        let _ = night().on(&world);
        assert_eq!(record_of(&world, &old).made_inactive.unwrap().by, Actor::Person, "before call {moment}");
    }
}

#[test]
fn a_lost_answer_to_a_deactivation_that_took_effect_counts_as_done() {
    let world = eve();
    let old = old(&world.account());
    world.fail(Operation::UpdateAccessKey, 0, Fault::LostAfter);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Deactivate).1, StepStatus::Done);
    assert_eq!(record_of(&world, &old).made_inactive.unwrap().by, Actor::Keywheel);
}

#[test]
fn a_deactivation_that_never_arrived_is_made_the_next_night() {
    let world = eve();
    let begun = world.account().now;
    let old = old(&world.account());
    world.fail(Operation::UpdateAccessKey, 0, Fault::LostBefore);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Deactivate).1, StepStatus::Failed);
    assert!(run.retry_helps);
    next_night(&world, begun);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Deactivate).1, StepStatus::Done);
    assert_eq!(record_of(&world, &old).made_inactive.unwrap().by, Actor::Keywheel);
}

#[test]
fn a_deactivation_of_which_nothing_is_known_is_keywheels_own_when_it_shows() {
    let world = eve();
    let begun = world.account().now;
    let old = old(&world.account());
    world.person(|call, account| {
        // From the change on, nothing can be looked at.
        account.behaviour.listed_after = match call.operation {
            Operation::UpdateAccessKey => jiff::SignedDuration::from_hours(24 * 365),
            _ => account.behaviour.listed_after,
        };
    });
    world.fail(Operation::UpdateAccessKey, 0, Fault::LostAfter);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Deactivate).1, StepStatus::Failed);
    world.forget();
    world.account().behaviour.listed_after = jiff::SignedDuration::ZERO;
    next_night(&world, begun);
    let _ = night().on(&world);
    let inactive = record_of(&world, &old).made_inactive.unwrap();
    assert_eq!((inactive.by, inactive.why), (Actor::Keywheel, Some(InactiveBecause::Superseded)));
}
