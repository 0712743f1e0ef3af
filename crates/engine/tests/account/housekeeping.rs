//! What is left of users who are gone.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_core::time::Days;
use keywheel_testkit::{Fault, Night, Operation, World};

use crate::support::{alice, next_night, night};

const NAME: &str = "Account_111122223333_User_alice_AccessKey";

/// Alice had a key of Keywheel's making, and is gone.
fn gone() -> World {
    let world = alice();
    a_night(&world, &night());
    world.account().users.clear();
    world
}

fn a_night(world: &World, night: &Night) -> AccountResult {
    let begun = world.account().now;
    let run = night.on(world).run();
    next_night(world, begun);
    run.result
}

fn is_scheduled(world: &World) -> bool {
    world.account().secrets[NAME].is_scheduled_for_deletion
}

fn told(result: &AccountResult) -> Option<(StepKind, StepStatus)> {
    let mut rows = result.steps.iter().filter(|row| row.reason == Reason::UserGone);
    rows.next().map(|row| (row.step, row.status))
}

/// The nights until the secret is scheduled, if that is in so many.
fn nights_until_scheduled(world: &World, night: &Night, most: usize) -> Option<usize> {
    (0..most).find(|_| {
        let result = a_night(world, night);
        if is_scheduled(world) {
            assert_eq!(told(&result), Some((StepKind::Reconcile, StepStatus::Done)));
        }
        is_scheduled(world)
    })
}

/// The evening before the sweep in which it is due.
fn eve() -> World {
    let mut world = gone();
    loop {
        let tomorrow = world.fork();
        a_night(&tomorrow, &night());
        if is_scheduled(&tomorrow) {
            return world;
        }
        world = tomorrow;
    }
}

#[test]
fn a_secret_is_scheduled_by_the_first_sweep_after_the_grace_and_once() {
    let world = gone();
    let nights = nights_until_scheduled(&world, &night(), 60).unwrap();
    assert!((30..=44).contains(&nights), "{nights}");
    world.forget();
    for _ in 0..30 {
        assert_eq!(told(&a_night(&world, &night())), None);
    }
    assert_eq!(world.count(Operation::ScheduleDeletion), 0);
}

#[test]
fn in_an_audit_and_without_the_setting_nothing_is_scheduled() {
    let audit = Night { mode: Mode::Audit, ..night() };
    let mut never = night();
    never.settings.policy.housekeeping_after = None;
    for other in [audit, never] {
        let world = eve();
        world.forget();
        for _ in 0..20 {
            a_night(&world, &other);
        }
        assert!(!is_scheduled(&world));
        assert_eq!(world.count(Operation::ScheduleDeletion), 0);
    }
}

#[test]
fn a_user_who_is_made_again_keeps_the_secret_of_that_name() {
    let world = eve();
    world.account().add_user_with_key("alice", 1);
    assert_eq!(nights_until_scheduled(&world, &night(), 60), None);
    // Right before the call it is looked at again.
    let world = eve();
    world.person(|call, account| {
        if call.operation == Operation::GetUser {
            account.add_user("alice");
        }
    });
    let result = a_night(&world, &night());
    let row = result.steps.iter().find(|row| row.reason == Reason::PreconditionChanged).map(|row| row.status);
    assert_eq!((row, is_scheduled(&world)), (Some(StepStatus::Deferred), false), "{result:?}");
}

#[test]
fn what_could_not_be_put_away_for_a_month_is_not_forgotten() {
    let mut late = night();
    late.settings.policy.housekeeping_after = Some(Days(80));
    let world = gone();
    world.fail_every(Operation::ScheduleDeletion, Fault::Denied);
    for _ in 0..130 {
        a_night(&world, &late);
    }
    let world = world.fork();
    assert!(nights_until_scheduled(&world, &late, 10).is_some());
}

#[test]
fn as_much_of_the_lease_is_left_as_the_calls_may_take() {
    let world = eve();
    let left = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&left);
    world.person(move |made, account| match made.operation {
        Operation::GetUser => account.behaviour.call_takes = SignedDuration::from_secs(25),
        Operation::DescribeSecret => account.behaviour.call_takes = SignedDuration::ZERO,
        Operation::ScheduleDeletion => {
            let until = account.ledger().claim.map(|claim| claim.until.duration_since(account.now));
            *seen.lock().unwrap() = until;
        }
        _ => {}
    });
    a_night(&world, &night());
    let left = left.lock().unwrap().unwrap();
    // Replicas, then the secret: 35 seconds each.
    assert!(left >= SignedDuration::from_secs(70), "{left}");
}

#[test]
fn a_user_who_is_renamed_is_not_gone() {
    let world = alice();
    a_night(&world, &night());
    while world.account().user("alice").keys.len() > 1 {
        a_night(&world, &night());
    }
    world.account().rename_user("alice", "alicia");
    for _ in 0..120 {
        assert_eq!(told(&a_night(&world, &night())), None);
        assert!(!is_scheduled(&world));
    }
    let account = world.account();
    assert!(account.secrets.contains_key("Account_111122223333_User_alicia_AccessKey"), "the new name's secret");
    assert!(!account.ledger_text().contains("gone_since"));
    drop(account);
    // Once the user is gone by any name, both secrets go.
    world.account().users.clear();
    assert!(nights_until_scheduled(&world, &night(), 60).unwrap() >= 30);
}

#[test]
fn a_user_who_was_gone_and_is_found_renamed_stops_it() {
    let world = eve();
    let alice = alice().account().user("alice").clone();
    let mut account = world.account();
    account.users.insert(alice.name.clone(), alice);
    account.rename_user("alice", "alicia");
    drop(account);
    a_night(&world, &night());
    assert!(!is_scheduled(&world) && !world.account().ledger_text().contains("gone_since"));
}

#[test]
fn a_secret_that_is_not_of_keywheels_making_stays() {
    let world = eve();
    world.account().secrets.get_mut(NAME).unwrap().versions.clear();
    assert_eq!(told(&a_night(&world, &night())), Some((StepKind::Reconcile, StepStatus::Deferred)));
    // It is said once: what nobody can mend must not be overdue for a year.
    for _ in 0..60 {
        assert_eq!(told(&a_night(&world, &night())), None);
    }
    assert!(!is_scheduled(&world));
}

#[test]
fn whatever_call_fails_the_secret_is_scheduled_by_a_later_sweep() {
    let eve = eve();
    let calm = eve.fork();
    a_night(&calm, &night());
    for fault in [Fault::Denied, Fault::Throttled, Fault::Refused, Fault::LostBefore, Fault::LostAfter, Fault::Death] {
        for (nth, call) in calm.calls().iter().enumerate() {
            let world = eve.fork();
            world.fail_call(nth, fault);
            let begun = world.account().now;
            let _ = night().on(&world);
            next_night(&world, begun);
            let failed_look =
                matches!(call.operation, Operation::GetUser | Operation::DescribeSecret | Operation::ListUsers);
            let happened = matches!(fault, Fault::LostAfter);
            assert!(!failed_look || happened || !is_scheduled(&world), "{fault:?} at {call:?}");
            let scheduled = is_scheduled(&world) || nights_until_scheduled(&world, &night(), 16).is_some();
            assert!(scheduled, "{fault:?} at {call:?}");
        }
    }
}
