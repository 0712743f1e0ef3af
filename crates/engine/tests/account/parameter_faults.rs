//! Every call of a busy night in which some users get parameters fails in turn, in every way.

use keywheel_testkit::{Fault, Night, Operation, World};

use crate::faults::assert_night_survives;

fn assert_survives(faults: &[Fault]) {
    for fault in faults {
        assert_night_survives(&Night::with_parameters(), &World::busy_eve_with_parameters(), *fault, [0, 0]);
    }
}

#[test]
fn a_busy_night_makes_adopts_and_mends_parameters() {
    let world = World::busy_eve_with_parameters();
    let run = Night::with_parameters().on(&world).run();
    let made = [Operation::CreateParameter, Operation::OverwriteParameter].map(|operation| world.count(operation));
    assert_eq!(made, [1, 1], "{run:?}");
}

#[test]
fn every_call_of_a_night_with_parameters_may_fail() {
    assert_survives(&[Fault::Denied, Fault::Throttled, Fault::Refused, Fault::LostBefore]);
}

#[test]
fn every_answer_of_a_night_with_parameters_may_be_lost() {
    assert_survives(&[Fault::LostAfter, Fault::ConflictAfter]);
}

#[test]
fn a_night_with_parameters_may_die_at_every_call() {
    assert_survives(&[Fault::Death]);
}
