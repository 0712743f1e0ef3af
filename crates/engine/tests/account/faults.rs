//! Every call of a busy night fails in turn, in every way. No rule is broken, and the account gets where it would have got.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_testkit::{Call, Ended, Fault, Night, Operation, Standing, What, World};

use crate::support::{next_night, night};

fn assert_rules(world: &World, context: &str) {
    assert_eq!(world.account().broken_rules(), Vec::<String>::new(), "{context}");
}

fn assert_nothing_lost(world: &World, context: &str) {
    assert_eq!(world.account().users_with_a_lost_half(), Vec::<String>::new(), "{context}");
}

/// A night; what it says holds no secret half.
fn a_night(night: &Night, world: &World, context: &str) {
    let begun = world.account().now;
    let ended = night.on(world);
    if let Ended::Run(run) = &ended {
        let digests = serde_json::to_string(&run.digests).unwrap();
        assert!(!world.leaks(&digests) && !world.leaks(&serde_json::to_string(&run.result).unwrap()), "{context}");
    }
    assert!(!world.leaks(&format!("{ended:?}")), "{context}");
    let ledger = serde_json::to_string(&world.account().ledger()).unwrap();
    assert!(!world.leaks(&ledger), "{context}");
    assert_rules(world, context);
    world.forget();
    next_night(world, begun);
}

/// The end state two nights after the night of the fault; each begins so many minutes later than the first did.
fn nights_later(night: &Night, world: &World, begins: [i64; 2], context: &str) -> (Standing, Vec<String>) {
    for minutes in begins {
        let midnight = world.account().now;
        world.at(midnight + SignedDuration::from_mins(minutes));
        a_night(night, world, context);
        world.at(midnight + SignedDuration::from_hours(24));
    }
    assert_nothing_lost(world, context);
    world.account().left()
}

/// The calls of the busy night, each of which is to fail.
fn calls_of(night: &Night, eve: &World) -> Vec<Call> {
    let calm = eve.fork();
    let run = night.on(&calm).run();
    let done = run.result.steps.iter().filter(|step| step.status == StepStatus::Done);
    let done: BTreeSet<_> = done.map(|step| step.step).collect();
    for kind in [StepKind::Create, StepKind::Publish, StepKind::Deactivate, StepKind::Delete, StepKind::Retire] {
        assert!(done.contains(&kind), "{done:?}");
    }
    calm.calls()
}

fn assert_survives(fault: Fault) {
    assert_survives_with(fault, [0, 0]);
}

/// Two further nights bring the account where it would have been, also when they begin minutes sooner or later than usual.
fn assert_survives_with(fault: Fault, begins: [i64; 2]) {
    assert_night_survives(&night(), &World::busy_eve(), fault, begins);
}

pub(crate) fn assert_night_survives(night: &Night, eve: &World, fault: Fault, begins: [i64; 2]) {
    let calm = eve.fork();
    a_night(night, &calm, "calm");
    let two_later = nights_later(night, &calm, begins, "calm");
    for (nth, call) in calls_of(night, eve).iter().enumerate() {
        if fault == Fault::ConflictAfter && call.operation == Operation::CreateAccessKey {
            // It is sent once, so that no repetition of it is refused.
            continue;
        }
        let context = format!("{fault:?} at call {nth}, {:?} {}", call.operation, call.subject);
        let world = eve.fork();
        world.fail_call(nth, fault);
        a_night(night, &world, &context);
        assert_eq!(nights_later(night, &world, begins, &context), two_later, "{context}");
    }
}

/// Lambda repeats a failed invocation after a minute and after two more, with the same run.
#[test]
fn a_night_that_is_retried_makes_one_key_per_user_whatever_failed() {
    let eve = World::busy_eve();
    let calls = calls_of(&night(), &eve);
    for fault in [Fault::Denied, Fault::LostBefore, Fault::LostAfter, Fault::Death] {
        for (nth, call) in calls.iter().enumerate() {
            let context = format!("{fault:?} at call {nth}, {:?} {}", call.operation, call.subject);
            let world = eve.fork();
            world.fail_call(nth, fault);
            let same = keywheel_testkit::Night { run_id: Some("one-run".to_owned()), ..night() };
            let before = world.account().night;
            for minutes in [1, 2, 15, 60] {
                let _ = same.on(&world);
                let later = world.account().now + SignedDuration::from_mins(minutes);
                world.at(later);
            }
            let account = world.account();
            let mut made = BTreeSet::new();
            for event in account.deeds(What::Made).filter(|event| event.night > before) {
                assert!(made.insert(event.user.clone()), "{context}: a second key for {}", event.user);
            }
            drop(account);
            assert_rules(&world, &context);
            assert_nothing_lost(&world, &context);
        }
    }
}

#[test]
fn every_call_of_a_busy_night_may_be_denied() {
    assert_survives(Fault::Denied);
}

#[test]
fn every_call_of_a_busy_night_may_be_throttled() {
    assert_survives(Fault::Throttled);
}

#[test]
fn every_call_of_a_busy_night_may_be_refused_for_the_state_of_things() {
    assert_survives(Fault::Refused);
}

#[test]
fn every_call_of_a_busy_night_may_never_arrive() {
    assert_survives(Fault::LostBefore);
}

#[test]
fn every_answer_of_a_busy_night_may_be_lost() {
    assert_survives(Fault::LostAfter);
}

#[test]
fn every_answer_of_a_busy_night_may_be_lost_when_nights_begin_minutes_apart() {
    for begins in [[7, 0], [0, 9], [3, -3]] {
        assert_survives_with(Fault::LostAfter, begins);
    }
}

#[test]
fn every_call_of_a_busy_night_may_be_repeated_and_then_refused() {
    assert_survives(Fault::ConflictAfter);
}

#[test]
fn a_busy_night_may_die_at_every_call() {
    assert_survives(Fault::Death);
}
