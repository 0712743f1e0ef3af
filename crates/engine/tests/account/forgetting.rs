//! What hosts of users who are gone acknowledged, deleted when the user has been gone for the whole grace.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use keywheel_core::policy::Mode;
use keywheel_testkit::{Fault, Night, Operation, World};

use crate::leftovers::a_night;
use crate::support::{alice, next_night, night};

/// Alice's hosts acknowledged, and she is gone; bob's go on.
fn with_hosts() -> World {
    let world = alice();
    a_night(&world, &Night::with_acknowledgements());
    let mut account = world.account();
    let key = account.user("alice").keys[0].id.clone();
    for (user, host) in [("alice", "web-1"), ("alice", "web-2"), ("alice2", "web-1")] {
        account.acknowledge(user, host, &key);
    }
    account.users.clear();
    drop(account);
    world
}

/// Alice has eleven hosts.
fn with_more_hosts(world: &World) {
    let mut account = world.account();
    let key = account.acknowledged_by("alice2")[0].access_key_id.clone();
    (3..12).for_each(|host| account.acknowledge("alice", &format!("web-{host}"), &key));
}

fn hosts(world: &World) -> Vec<String> {
    let account = world.account();
    let short = |key: &String| key.trim_start_matches("acks/111122223333/").trim_end_matches(".json").to_owned();
    account.acknowledgements.keys().map(short).collect()
}

/// How many nights it takes until alice's hosts are forgotten, if that is in so many.
fn nights_until_forgotten(world: &World, night: &Night, most: usize) -> Option<usize> {
    (0..most).find(|_| {
        a_night(world, night);
        hosts(world) == ["alice2/web-1"]
    })
}

#[test]
fn what_hosts_acknowledge_goes_after_the_grace_and_once() {
    let world = with_hosts();
    let nights = nights_until_forgotten(&world, &Night::with_acknowledgements(), 60).unwrap();
    assert!((30..=44).contains(&nights), "{nights}");
    world.forget();
    for _ in 0..30 {
        a_night(&world, &Night::with_acknowledgements());
    }
    assert_eq!(world.count(Operation::ForgetHosts), 0);
}

#[test]
fn hosts_of_a_user_who_is_made_again_stay_and_so_does_everything_in_an_audit_or_while_nobody_acknowledges() {
    let acknowledging = Night::with_acknowledgements();
    let again = with_hosts();
    again.account().add_user("alice");
    let audit = Night { mode: Mode::Audit, ..Night::with_acknowledgements() };
    for (world, night) in [(again, &acknowledging), (with_hosts(), &audit), (with_hosts(), &night())] {
        assert_eq!(nights_until_forgotten(&world, night, 60), None);
        assert_eq!(world.count(Operation::ForgetHosts), 0);
    }
}

#[test]
fn however_many_hosts_there_are_each_call_has_as_much_of_the_lease_as_it_may_take() {
    let world = with_hosts();
    with_more_hosts(&world);
    let left = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&left);
    world.person(move |made, account| {
        let is_it = made.operation == Operation::ForgetHosts;
        account.behaviour.call_takes = SignedDuration::from_secs(if is_it { 30 } else { 0 });
        if is_it {
            let until = account.ledger().claim.map(|claim| claim.until.duration_since(made.at));
            seen.lock().unwrap().push(until.unwrap());
        }
    });
    nights_until_forgotten(&world, &Night::with_acknowledgements(), 60).unwrap();
    let left = left.lock().unwrap();
    // A listing, and the deletions side by side: 35 seconds each.
    assert!(left.len() == 6 && left.iter().all(|left| *left >= SignedDuration::from_secs(70)), "{left:?}");
}

#[test]
fn hosts_for_whom_there_was_no_time_are_forgotten_later() {
    let world = with_hosts();
    with_more_hosts(&world);
    let short = Night { seconds: 200, ..Night::with_acknowledgements() };
    world.person(|made, account| {
        let is_it = made.operation == Operation::ForgetHosts;
        account.behaviour.call_takes = SignedDuration::from_secs(if is_it { 60 } else { 0 });
    });
    while hosts(&world).len() == 12 {
        a_night(&world, &short);
    }
    // Of 200 seconds four calls took 60 each, of two hosts each.
    assert_eq!(hosts(&world).len(), 4);
    assert!(nights_until_forgotten(&world, &short, 20).is_some());
}

#[test]
fn a_look_that_fails_forgets_no_host_and_a_later_sweep_does() {
    let mut eve = with_hosts();
    loop {
        let tomorrow = eve.fork();
        a_night(&tomorrow, &Night::with_acknowledgements());
        if hosts(&tomorrow).len() == 1 {
            break;
        }
        eve = tomorrow;
    }
    let calm = eve.fork();
    a_night(&calm, &Night::with_acknowledgements());
    for fault in [Fault::Denied, Fault::Throttled, Fault::LostBefore, Fault::Death] {
        for (nth, call) in calm.calls().iter().enumerate() {
            let world = eve.fork();
            world.fail_call(nth, fault);
            let begun = world.account().now;
            let _ = Night::with_acknowledgements().on(&world);
            next_night(&world, begun);
            let is_first_look = call.operation == Operation::ListUsers;
            assert!(!is_first_look || hosts(&world).len() == 3, "{fault:?} at {call:?}");
            let done = hosts(&world).len() == 1
                || nights_until_forgotten(&world, &Night::with_acknowledgements(), 16).is_some();
            assert!(done, "{fault:?} at {call:?}");
        }
    }
    // The user comes back right before the call.
    let world = eve.fork();
    world.person(|call, account| {
        if call.operation == Operation::GetUser {
            account.add_user("alice");
        }
    });
    a_night(&world, &Night::with_acknowledgements());
    assert_eq!(hosts(&world).len(), 3);
}
