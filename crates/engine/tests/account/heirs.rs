//! The claim of a run that hands itself on: it goes to one further invocation, is free at no moment, and nobody else gets it.

use jiff::SignedDuration;
use keywheel_core::time::plus;
use keywheel_engine::account::{AccountError, Inheritance};
use keywheel_testkit::{Ended, Fault, Night, Operation, What};

use crate::handing_on::{drive, first_hop, heir, keys_made, short_night, slow_world};
use crate::support::{changes, next_night};

fn is_refused(ended: &Ended) -> bool {
    matches!(ended, Ended::Refused(AccountError::Busy { .. } | AccountError::Overtaken { .. }))
}

#[test]
fn a_claim_goes_from_invocation_to_invocation_and_is_never_free_on_the_way() {
    let world = slow_world(30, 95, 1_000);
    let first = first_hop(&world, &short_night(300));
    let is_free = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = is_free.clone();
    world.person(move |call, account| {
        let is_claimed = account.ledger().claim.is_some_and(|claim| claim.until > call.at);
        seen.fetch_or(!is_claimed, std::sync::atomic::Ordering::Relaxed);
    });
    let next = heir(&short_night(300), &first).on(&world).run();
    assert!(next.hand_on.is_some());
    assert!(!is_free.load(std::sync::atomic::Ordering::Relaxed));
}

#[test]
fn of_an_event_that_arrives_twice_one_goes_on() {
    for lead in [0, 1, 2, 3, 5, 20, 100, 400] {
        let world = slow_world(20, 95, 1_000);
        let left = first_hop(&world, &short_night(300));
        let made = keys_made(&world);
        let ends = heir(&short_night(300), &left).twice_on(&world, lead);
        assert_eq!(ends.iter().filter(|end| is_refused(end)).count(), 1, "{lead}: {ends:?}");
        let account = world.account();
        assert!(account.users.values().all(|user| user.keys.len() <= 2), "{lead}");
        assert!(account.deeds(What::Made).count() > made, "{lead}");
    }
}

#[test]
fn an_event_that_arrives_late_again_finds_everybody_elses_claim() {
    let world = slow_world(40, 95, 1_000);
    let night = short_night(300);
    let first = first_hop(&world, &night);
    let second = first_hop(&world, &heir(&night, &first));
    world.forget();
    // The second invocation's heir is still to come, or at work.
    assert!(is_refused(&heir(&night, &first).on(&world)));
    assert_eq!(changes(&world), []);
    let runs = drive(&world, &heir(&night, &second), |_| {});
    assert!(runs.last().unwrap().result.complete);
    world.forget();
    for late in [&first, &second] {
        let end = heir(&night, late).on(&world);
        assert!(is_refused(&end), "{end:?}");
        assert!(world.calls().iter().all(|call| !call.operation.is_write()));
    }
}

#[test]
fn who_does_not_know_the_claim_cannot_take_it_over() {
    let world = slow_world(20, 95, 1_000);
    let night = short_night(300);
    let left = first_hop(&world, &night);
    world.forget();
    for claim in ["", "writer-1", "writer-2-heir"] {
        let guess = Inheritance { claim: claim.to_owned(), ..left.clone() };
        let end = heir(&night, &guess).on(&world);
        assert!(is_refused(&end), "{claim:?}: {end:?}");
        assert_eq!(world.count(Operation::SaveLedger), 0, "{claim:?}");
    }
    let untouched = slow_world(3, 95, 1_000);
    let end = heir(&night, &left).on(&untouched);
    assert!(is_refused(&end) && untouched.count(Operation::SaveLedger) == 0, "{end:?}");
}

#[test]
fn the_next_invocation_may_die_at_any_call_and_its_retry_or_the_next_night_goes_on() {
    let eve = slow_world(10, 95, 1_000);
    let night = short_night(250);
    let left = first_hop(&eve, &night);
    let calm = eve.fork();
    let _ = heir(&night, &left).on(&calm);
    // Every third call, at which the sampled ones are of every kind.
    for (nth, call) in calm.calls().iter().enumerate().step_by(3) {
        for is_retried in [true, false] {
            let context = format!("death before call {nth}, {call:?}, retried: {is_retried}");
            let world = eve.fork();
            let begun = world.account().now;
            world.fail_call(nth, Fault::Death);
            assert!(matches!(heir(&night, &left).on(&world), Ended::Died), "{context}");
            world.forget();
            if is_retried {
                // The dead invocation's claim lapses before Lambda's second retry.
                let later = plus(world.account().now, SignedDuration::from_secs(120));
                world.at(later);
                let runs = drive(&world, &heir(&night, &left), |_| {});
                assert!(runs.last().unwrap().hand_on.is_none(), "{context}");
            }
            for _ in 0..2 {
                let now = world.account().now;
                next_night(&world, begun.max(now));
                let _ = Night { run_id: None, seconds: 900, ..night.clone() }.on(&world);
            }
            let account = world.account();
            assert_eq!(account.broken_rules(), Vec::<String>::new(), "{context}");
            assert_eq!(account.users_with_a_lost_half(), Vec::<String>::new(), "{context}");
            let unserved = account.users.keys().filter(|user| account.offered(user.as_str()).is_none());
            let waiting: Vec<_> = unserved.filter(|user| account.ledger().users[*user].intent.is_none()).collect();
            assert!(waiting.is_empty(), "{context}: {waiting:?}");
        }
    }
}

#[test]
fn a_hand_on_that_never_arrives_lets_the_claim_lapse() {
    let world = slow_world(20, 95, 1_000);
    let night = short_night(300);
    let _ = first_hop(&world, &night);
    let other = Night { run_id: Some("other-run".to_owned()), seconds: 9_000, ..night.clone() };
    assert!(is_refused(&other.on(&world)));
    let later = plus(world.account().now, SignedDuration::from_secs(91));
    world.at(later);
    assert!(other.on(&world).run().result.complete);
    assert_eq!(keys_made(&world), 20);
}

#[test]
fn an_end_that_cannot_be_written_down_hands_nothing_on() {
    let calm = slow_world(20, 95, 1_000);
    let _ = first_hop(&calm, &short_night(300));
    let writes = calm.count(Operation::SaveLedger);
    for fault in [Fault::Denied, Fault::LostBefore] {
        let world = slow_world(20, 95, 1_000);
        world.fail(Operation::SaveLedger, writes - 1, fault);
        let run = short_night(300).on(&world).run();
        assert!(run.hand_on.is_none() && run.retry_helps && !run.result.complete, "{fault:?}");
    }
}
