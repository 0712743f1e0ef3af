//! What keeps changes from being begun, over all tries of a run and in the middle of it.

use jiff::SignedDuration;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::time::plus;
use keywheel_testkit::{Fault, Night, Operation, What, World};

use crate::support::{alice, changes, empty_world, eve_of, night, row};

fn world_of(users: usize) -> World {
    let world = empty_world();
    for number in 0..users {
        world.account().add_user_with_key(&format!("user{number:02}"), 95);
    }
    world
}

fn with_reason(run: &keywheel_engine::account::AccountRun, reason: Reason) -> usize {
    run.result.steps.iter().filter(|step| step.reason == reason).count()
}

fn one_run(max_changes: usize) -> Night {
    let mut night = Night { run_id: Some("one-run".to_owned()), ..night() };
    night.settings.policy.max_changes = max_changes;
    night
}

#[test]
fn the_tries_of_one_run_share_max_changes_wherever_they_break_off() {
    let calm = world_of(6);
    let _ = one_run(3).on(&calm);
    for (nth, call) in calm.calls().iter().enumerate() {
        let world = world_of(6);
        world.fail_call(nth, Fault::Death);
        for _ in 0..4 {
            let _ = one_run(3).on(&world);
            // Past the lease, and past the time in which an unanswered call settles.
            let later = plus(world.account().now, SignedDuration::from_mins(15));
            world.at(later);
        }
        let made = world.account().deeds(What::Made).count();
        assert!(made <= 3, "death before call {nth}, {call:?}: {made} keys");
    }
    let next = Night { run_id: Some("next-run".to_owned()), ..one_run(3) };
    let _ = next.on(&calm);
    assert_eq!(calm.account().deeds(What::Made).count(), 6, "the next run has changes of its own");
}

#[test]
fn deletions_count_before_they_are_made() {
    // Three users whose old keys are deleted in the same night.
    let world = empty_world();
    for name in ["alice", "bob", "carol"] {
        let mut account = world.account();
        account.add_user_with_key(name, 90);
        account.user_mut(name).habit = keywheel_testkit::Habit::Installs;
    }
    let eve = eve_of(world, &night(), StepKind::Delete);
    let calm = eve.fork();
    let _ = one_run(1).on(&calm);
    for (nth, call) in calm.calls().iter().enumerate() {
        let world = eve.fork();
        world.fail_call(nth, Fault::Death);
        for _ in 0..3 {
            let _ = one_run(1).on(&world);
            let later = plus(world.account().now, SignedDuration::from_mins(2));
            world.at(later);
        }
        assert!(world.account().deeds(What::Deleted).count() <= 1, "death before call {nth}, {call:?}");
    }
}

#[test]
fn the_circuit_stays_open_for_the_tries_of_a_run() {
    let world = world_of(40);
    world.fail_every(Operation::PutPolicy, Fault::Denied);
    let _ = one_run(50).on(&world);
    world.forget();
    let run = one_run(50).on(&world).run();
    assert_eq!(with_reason(&run, Reason::CircuitOpen), 40, "{:?}", run.result);
    assert_eq!(changes(&world), []);
    let run = night().on(&world).run();
    assert_eq!(with_reason(&run, Reason::CircuitOpen), 0);
}

#[test]
fn a_freeze_that_begins_during_a_run_stops_all_but_what_is_under_way() {
    let world = world_of(40);
    let mut frozen = night();
    frozen.settings.policy.freeze = "2026-11-21".parse().unwrap();
    let mut made = 0;
    world.person(move |call, account| {
        made += usize::from(call.operation == Operation::CreateAccessKey);
        if made == 5 {
            account.now = account.now.max("2026-11-21T00:00:00Z".parse().unwrap());
        }
    });
    let run = frozen.on(&world).run();
    let made = world.account().deeds(What::Made).count();
    // Users are changed eight at a time, and some of them had been looked at for the last time.
    assert!((5..5 + 8).contains(&made), "{made}");
    assert_eq!(with_reason(&run, Reason::Frozen), 40 - made, "{:?}", run.result.steps);
    assert_eq!(world.account().users_with_a_lost_half(), Vec::<String>::new());
}

#[test]
fn in_a_freeze_that_begins_before_the_last_look_no_key_is_made_made_inactive_or_deleted() {
    let kinds = [
        (StepKind::Create, Operation::CreateAccessKey),
        (StepKind::Deactivate, Operation::UpdateAccessKey),
        (StepKind::Delete, Operation::DeleteAccessKey),
    ];
    for (kind, operation) in kinds {
        let eve = eve_of(alice(), &night(), kind);
        let calm = eve.fork();
        let _ = night().on(&calm);
        let calls = calm.calls();
        let made = calls.iter().position(|call| call.operation == operation).unwrap();
        let looked = calls[..made].iter().rposition(|call| call.operation == Operation::GetUser).unwrap();
        let tomorrow = plus(eve.account().now, SignedDuration::from_hours(24));
        let date = tomorrow.to_string()[..10].to_owned();
        // Before the very last look no more than the look itself comes.
        for moment in 0..looked {
            let world = eve.fork();
            let mut frozen = night();
            frozen.settings.policy.freeze = date.parse().unwrap();
            let mut begun = 0;
            world.person(move |_, account| {
                if begun == moment {
                    account.now = tomorrow;
                }
                begun += 1;
            });
            let run = frozen.on(&world).run();
            assert_eq!(world.count(operation), 0, "{kind:?}, before call {moment}");
            let (reason, status) = row(&run.result, kind);
            assert_eq!(status, StepStatus::Deferred, "{kind:?}, before call {moment}: {reason}");
        }
    }
}
