//! A new pair that works and is denied its own secret: published, and remembered as such.

use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_testkit::{Fault, Operation};

use crate::support::{night, row, world_with};

#[test]
fn a_pair_that_cannot_read_its_secret_is_published_as_retrieval_unproven() {
    let world = world_with("alice", 90);
    world.account().behaviour.retrieval_is_denied = true;
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Publish).1, StepStatus::Done);
    let account = world.account();
    let new = account.user("alice").keys[1].id.clone();
    assert_eq!(account.offered("alice"), Some(new.clone()));
    assert!(account.ledger().users.values().next().unwrap().key(&new).retrieval_unproven);
}

#[test]
fn that_a_pair_cannot_read_its_secret_is_remembered_wherever_the_run_dies() {
    let eve = world_with("alice", 90);
    eve.account().behaviour.retrieval_is_denied = true;
    let calm = eve.fork();
    let _ = night().on(&calm);
    let calls = calm.calls();
    let published = calls.iter().position(|call| call.operation == Operation::RemoveLabel).unwrap();
    for (nth, call) in calls.iter().enumerate().skip(published + 1) {
        let world = eve.fork();
        world.fail_call(nth, Fault::Death);
        let _ = night().on(&world);
        world.account().behaviour.retrieval_is_denied = false;
        let tomorrow = world.account().in_days(1);
        world.at(tomorrow);
        let _ = night().on(&world);
        let account = world.account();
        let new = account.user("alice").keys[1].id.clone();
        assert_eq!(account.offered("alice"), Some(new.clone()), "death at call {nth}");
        let record = account.ledger().users.values().next().unwrap().key(&new);
        assert!(record.retrieval_unproven, "death at call {nth}, {call:?}");
    }
}

#[test]
fn a_denial_that_passes_within_seconds_is_only_iams_spreading() {
    let world = world_with("alice", 90);
    world.account().behaviour.retrieval_is_denied = true;
    let mut tries = 0;
    world.person(move |call, account| {
        tries += usize::from(call.operation == Operation::Prove);
        account.behaviour.retrieval_is_denied = tries < 3;
    });
    let _ = night().on(&world).run();
    let account = world.account();
    let new = account.user("alice").keys[1].id.clone();
    assert_eq!(account.offered("alice"), Some(new.clone()));
    assert!(!account.ledger().users.values().next().unwrap().key(&new).retrieval_unproven);
}
