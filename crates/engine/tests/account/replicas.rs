//! Replicas of secrets in further Regions.

use std::collections::BTreeSet;

use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Fault, Operation, World};

use crate::faults::assert_night_survives;
use crate::support::{alice, next_night, night, row};

const NAME: &str = "Account_111122223333_User_alice_AccessKey";

fn regions(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn replicated() -> World {
    let world = alice();
    world.account().replica_regions = regions(&["eu-west-1", "us-east-1"]);
    world
}

fn a_night(world: &World) -> AccountResult {
    let begun = world.account().now;
    let run = night().on(world).run();
    next_night(world, begun);
    run.result
}

fn behind(result: &AccountResult) -> Option<(StepStatus, String)> {
    let mut rows = result.steps.iter().filter(|row| row.reason == Reason::ReplicaBehind);
    rows.next().map(|row| (row.status, row.error.clone().unwrap_or_default()))
}

fn replicas(world: &World) -> BTreeSet<String> {
    world.account().secrets[NAME].replicas.clone()
}

#[test]
fn a_secret_is_replicated_once_it_hands_the_new_pair_out() {
    let world = replicated();
    let result = a_night(&world);
    assert_eq!((row(&result, StepKind::Publish).1, behind(&result)), (StepStatus::Done, None));
    assert_eq!(replicas(&world), regions(&["eu-west-1", "us-east-1"]));
    let calls = world.calls();
    let last = |operation| calls.iter().rposition(|call| call.operation == operation).unwrap();
    assert!(last(Operation::MoveCurrent) < last(Operation::Replicate));
    world.forget();
    a_night(&world);
    assert_eq!(world.count(Operation::Replicate), 0);
}

#[test]
fn without_regions_nothing_is_sent() {
    let world = alice();
    a_night(&world);
    assert_eq!(world.count(Operation::Replicate), 0);
}

#[test]
fn a_region_that_fails_is_reported_and_undoes_nothing_and_is_taken_up_the_next_night() {
    let world = replicated();
    world.account().behaviour.closed_regions = regions(&["us-east-1"]);
    let result = a_night(&world);
    assert_eq!(row(&result, StepKind::Publish).1, StepStatus::Done);
    let (status, error) = behind(&result).unwrap();
    assert_eq!((status, error.contains("us-east-1"), result.complete), (StepStatus::Deferred, true, true));
    assert_eq!(replicas(&world), regions(&["eu-west-1"]));
    assert_eq!(behind(&a_night(&world)).unwrap().0, StepStatus::Deferred);
    world.account().behaviour.closed_regions.clear();
    assert_eq!(behind(&a_night(&world)).unwrap().0, StepStatus::Done);
    assert_eq!(replicas(&world), regions(&["eu-west-1", "us-east-1"]));
    assert_eq!(behind(&a_night(&world)), None);
}

#[test]
fn a_closed_region_keeps_no_key_from_its_way() {
    let (world, calm) = (replicated(), alice());
    world.account().behaviour.closed_regions = regions(&["us-east-1"]);
    for _ in 0..60 {
        a_night(&world);
        a_night(&calm);
    }
    let keys = |world: &World| -> Vec<_> {
        world.account().user("alice").keys.iter().map(|key| (key.id.clone(), key.is_active())).collect()
    };
    assert_eq!(keys(&world), keys(&calm));
    assert_eq!(world.account().broken_rules(), Vec::<String>::new());
}

fn busy() -> World {
    let world = World::busy_eve();
    world.account().replica_regions = regions(&["eu-west-1"]);
    world
}

#[test]
fn every_call_of_a_night_with_replicas_may_fail() {
    for fault in [Fault::Denied, Fault::Throttled, Fault::Refused, Fault::LostBefore] {
        assert_night_survives(&night(), &busy(), fault, [0, 0]);
    }
}

#[test]
fn every_answer_of_a_night_with_replicas_may_be_lost_and_it_may_die_at_every_call() {
    for fault in [Fault::LostAfter, Fault::ConflictAfter, Fault::Death] {
        assert_night_survives(&night(), &busy(), fault, [0, 0]);
    }
}
