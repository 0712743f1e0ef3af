//! Explicit actions under faults: whatever fails at whatever call, a repetition or the next night brings the user to where
//! the action would have brought it, and at every moment one key works that worked before.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use keywheel_core::contract::action::{ActionKind, ExplicitAction, Guard};
use keywheel_core::observed::KeyStatus;
use keywheel_testkit::{Ended, Fault, Habit, Night, Operation, Standing, World};

use crate::rolling_back::hosts_stand_still;
use crate::support::{DAY, alice, asked, asking, later, next_night, night, working, world_with};

/// An action, and the world in which it changes something.
struct Errand {
    name: &'static str,
    eve: World,
    action: ExplicitAction,
}

fn errands() -> Vec<Errand> {
    let lifted = [Guard::LastUsed, Guard::TakeUp, Guard::InstallGrace];
    let replaced = alice();
    let begun = replaced.account().now;
    let _ = night().on(&replaced);
    next_night(&replaced, begun);
    let stray = world_with("alice", 30);
    let key = stray.account().add_key("alice", 50);
    stray.account().set_status("alice", &key, KeyStatus::Inactive);
    let _ = night().on(&stray);
    later(&stray, 36 * DAY);
    let leaked = world_with("alice", 20);
    let key = leaked.account().user("alice").keys[0].id.clone();
    let emergency = ExplicitAction { access_key_id: Some(key), ..asked(ActionKind::Emergency, &[]) };
    let last_nights = world_with("alice", 90);
    last_nights.account().user_mut("alice").habit = Habit::NeverInstalls;
    let _ = night().on(&last_nights);
    let errands = vec![
        Errand { name: "deactivate", eve: replaced, action: asked(ActionKind::Deactivate, &lifted) },
        Errand { name: "delete", eve: stray, action: asked(ActionKind::Delete, &[Guard::PersonInactive]) },
        Errand { name: "rollback", eve: hosts_stand_still(), action: asked(ActionKind::Rollback, &[]) },
        Errand { name: "rollback in the grace", eve: last_nights, action: asked(ActionKind::Rollback, &[]) },
        Errand { name: "emergency", eve: leaked, action: emergency },
    ];
    for errand in &errands {
        errand.eve.forget();
    }
    errands
}

/// The fewest of alice's keys that worked at any call of the run.
fn fewest_working(world: &World, run: impl FnOnce()) -> usize {
    let fewest = Arc::new(Mutex::new(working(world).into_iter().filter(|works| *works).count()));
    let seen = Arc::clone(&fewest);
    world.person(move |_, account| {
        let working = account.user("alice").keys.iter().filter(|key| key.is_active()).count();
        let mut fewest = seen.lock().unwrap();
        *fewest = (*fewest).min(working);
    });
    run();
    world.person(|_, _| {});
    *fewest.lock().unwrap()
}

fn assert_harmless(world: &World, ended: &Ended, context: &str) {
    assert_eq!(world.account().users_with_a_lost_half(), Vec::<String>::new(), "{context}");
    assert!(!world.leaks(&format!("{ended:?}")), "{context}");
    let ledger = world.account().ledger_text();
    assert!(!world.leaks(&ledger), "{context}");
}

/// What is left of the account. A claim that lapsed binds nobody.
fn left(world: &World) -> (Standing, Vec<String>) {
    let (standing, mut left) = world.account().left();
    left.retain(|line| !line.starts_with("claim"));
    (standing, left)
}

const FAULTS: [Fault; 6] =
    [Fault::Denied, Fault::Throttled, Fault::Refused, Fault::LostBefore, Fault::LostAfter, Fault::Death];

#[test]
fn an_action_that_is_repeated_gets_where_it_would_have_got_whatever_failed_at_whatever_call() {
    let mut cases = 0;
    for Errand { name, eve, action } in errands() {
        let calm = eve.fork();
        let run = asking(action.clone());
        let fewest = fewest_working(&calm, || drop(run.on(&calm)));
        for nth in 0..calm.calls().len() {
            for fault in FAULTS {
                let context = format!("{name}: {fault:?} at call {nth}, {:?}", calm.calls()[nth]);
                let world = eve.fork();
                world.fail_call(nth, fault);
                let mut ended = None;
                let worked = fewest_working(&world, || ended = Some(run.on(&world)));
                assert_harmless(&world, &ended.unwrap(), &context);
                // What a dead process left claimed is free again after a lease.
                later(&world, SignedDuration::from_mins(3));
                let worked_again = fewest_working(&world, || drop(run.on(&world)));
                assert!(worked.min(worked_again) >= fewest, "{context}: no key worked");
                assert_eq!(left(&world), left(&calm), "{context}");
                cases += 1;
            }
        }
    }
    assert!(cases > 400, "{cases} cases");
}

/// A rollback that was begun is ended by the next night, whoever asks again or not.
#[test]
fn a_rollback_that_broke_off_is_ended_by_the_next_night() {
    for Errand { name, eve, action } in errands().into_iter().filter(|errand| errand.name.starts_with("rollback")) {
        let run = asking(action);
        let calm = eve.fork();
        let _ = run.on(&calm);
        let calls = calm.calls();
        let tomorrow = eve.account().in_days(1);
        calm.at(tomorrow);
        let _ = night().on(&calm);
        let untouched = eve.fork();
        let tomorrow = eve.account().in_days(1);
        untouched.at(tomorrow);
        let _ = night().on(&untouched);
        let mut ended = 0;
        for (nth, call) in calls.iter().enumerate() {
            for fault in FAULTS {
                let context = format!("{name}: {fault:?} at call {nth}, {call:?}");
                let world = eve.fork();
                world.fail_call(nth, fault);
                let _ = run.on(&world);
                let was_begun = world.account().ledger().users.values().any(|user| user.rollback.is_some());
                let tomorrow = eve.account().in_days(1);
                world.at(tomorrow);
                let fewest = fewest_working(&world, || drop(night().on(&world)));
                assert!(fewest >= 1, "{context}");
                let is_ended = left(&world) == left(&calm);
                // Where it could not be known whether the new key is in use, that one stays: then both work.
                let is_untouched = left(&world) == left(&untouched) || working(&world) == [true, true];
                assert!(is_ended || (!was_begun && is_untouched), "{context}: {:?}", left(&world));
                ended += usize::from(was_begun && is_ended);
            }
        }
        assert!(ended > 20, "{name}: only {ended} were left half-done");
    }
}

#[test]
fn an_action_that_arrives_twice_at_once_is_done_once() {
    for Errand { name, eve, action } in errands() {
        let run = asking(action);
        let calm = eve.fork();
        let _ = run.on(&calm);
        for lead in 0..calm.calls().len() {
            let world = eve.fork();
            let fewest = fewest_working(&world, || drop(run.twice_on(&world, lead)));
            let context = format!("{name}, the second {lead} calls later");
            let expected = fewest_working(&eve.fork(), || {});
            assert!(fewest + 1 >= expected, "{context}");
            assert_eq!(left(&world), left(&calm), "{context}");
        }
    }
}

/// A night begins beside an action, at each of its calls: one of them finds the other's claim, and a repetition does the rest.
#[test]
fn an_action_beside_a_night_harms_nobody() {
    for Errand { name, eve, action } in errands() {
        let run = asking(action);
        let calm = eve.fork();
        let _ = run.on(&calm);
        let calls = calm.calls().len();
        let _ = night().on(&calm);
        for lead in 0..calls {
            let world = eve.fork();
            let _ = run.beside_on(&night(), lead, &world);
            later(&world, SignedDuration::from_mins(3));
            let _ = run.on(&world);
            let _ = night().on(&world);
            let context = format!("{name}, a night after {lead} calls");
            assert_eq!(left(&world), left(&calm), "{context}");
        }
    }
}

#[test]
fn an_action_that_arrives_six_hours_late_is_decided_by_what_is_so_then() {
    for Errand { name, eve, action } in errands() {
        let run = asking(action);
        let _ = run.on(&eve);
        let left = eve.account().left();
        eve.forget();
        later(&eve, SignedDuration::from_hours(6));
        let _ = run.on(&eve);
        assert_eq!(
            (eve.account().left(), eve.calls().iter().any(|call| call.operation.is_change())),
            (left, false),
            "{name}"
        );
    }
}

#[test]
fn an_action_without_time_is_tried_again_as_a_whole() {
    for Errand { name, eve, action } in errands() {
        let hasty = Night { seconds: 10, ..asking(action) };
        let run = hasty.on(&eve).run();
        assert!(run.retry_helps && run.hand_on.is_none(), "{name}: {:?}", run.result);
        assert!(eve.calls().iter().all(|call| !call.operation.is_change()), "{name}");
        assert_eq!(eve.count(Operation::CreateAccessKey), 0, "{name}");
    }
}

#[test]
fn whoever_is_kept_off_by_a_claim_is_told_so_and_changes_nothing() {
    for Errand { name, eve, action } in errands() {
        let mut ledger = eve.account().ledger();
        let until = keywheel_core::time::plus(eve.account().now, SignedDuration::from_secs(60));
        let run_id = "another".parse().unwrap();
        ledger.claim = Some(keywheel_core::ledger::Claim { run_id, writer: "another".to_owned(), until });
        eve.account().set_ledger(&ledger);
        let error = asking(action).on(&eve).error();
        assert!(error.to_string().contains("holds the claim"), "{name}: {error}");
        assert!(eve.calls().iter().all(|call| !call.operation.is_change()), "{name}");
    }
}
