//! A run whose time is nearly up hands what is left to a further invocation of itself, with its claim.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use keywheel_core::contract::hand_on::MAX_HOPS;
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::time::plus;
use keywheel_engine::account::{AccountRun, Inheritance};
use keywheel_testkit::{Night, Operation, What, World};

use crate::support::{empty_world, next_night, night};

/// An account in which every call takes so many milliseconds.
pub(crate) fn slow_world(users: usize, age: u32, milliseconds: i64) -> World {
    let world = empty_world();
    for number in 0..users {
        world.account().add_user_with_key(&format!("user{number:03}"), age);
    }
    world.account().behaviour.call_takes = SignedDuration::from_millis(milliseconds);
    world
}

pub(crate) fn short_night(seconds: i64) -> Night {
    let mut night = Night { run_id: Some("one-run".to_owned()), seconds, ..night() };
    night.settings.policy.max_changes = 1_000;
    night
}

pub(crate) fn heir(night: &Night, left: &Inheritance) -> Night {
    Night { inherited: Some(left.clone()), ..night.clone() }
}

/// Invocation after invocation, until nothing is handed on. `between` looks at the world after each that handed on.
pub(crate) fn drive(world: &World, first: &Night, between: impl Fn(&Inheritance)) -> Vec<AccountRun> {
    let mut night = first.clone();
    let mut runs = Vec::new();
    loop {
        runs.push(night.on(world).run());
        let Some(left) = runs.last().and_then(|run| run.hand_on.clone()) else { return runs };
        let before = first.inherited.as_ref().map_or(0, |left| left.hop);
        assert!(left.hop <= MAX_HOPS && usize::try_from(left.hop - before).unwrap() == runs.len());
        between(&left);
        night = heir(first, &left);
    }
}

/// The stored result after all of them.
fn stored(runs: &[AccountRun]) -> AccountResult {
    let results = runs.iter().map(|run| run.result.clone());
    results.reduce(|earlier, now| now.following(earlier)).unwrap()
}

pub(crate) fn keys_made(world: &World) -> usize {
    world.account().deeds(What::Made).count()
}

fn is_claimed_by(world: &World, writer: &str) -> bool {
    let account = world.account();
    account.ledger().claim.is_some_and(|claim| claim.writer == writer && claim.until > account.now)
}

/// One hop that handed on.
pub(crate) fn first_hop(world: &World, night: &Night) -> Inheritance {
    night.on(world).run().hand_on.unwrap_or_else(|| panic!("the run had time for everything"))
}

#[test]
fn what_there_is_no_time_for_is_done_by_further_invocations_and_nothing_twice() {
    let world = slow_world(40, 95, 1_000);
    let runs = drive(&world, &short_night(300), |left| {
        assert!(is_claimed_by(&world, &left.claim), "the claim is free between two invocations");
    });
    assert!(runs.len() > 2, "{}", runs.len());
    assert_eq!(keys_made(&world), 40);
    assert_eq!(world.account().ledger().claim, None);
    let result = stored(&runs);
    assert!(result.complete && result.error.is_none(), "{result:?}");
    assert_eq!((result.users, result.keys), (40, 40));
    assert_eq!((result.counts["create.done"], result.counts["publish.done"]), (40, 40), "{:?}", result.counts);
    assert_eq!(result.steps.len(), 80);
    let (last, earlier) = runs.split_last().unwrap();
    assert!(last.result.complete && earlier.iter().all(|run| !run.result.complete && !run.retry_helps));
}

#[test]
fn looking_stops_in_time_and_the_next_invocation_looks_at_the_others() {
    let eve = slow_world(200, 10, 1_000);
    for mode in [Mode::Enforce, Mode::Audit] {
        let world = eve.fork();
        let first = Night { mode, ..short_night(350) };
        let runs = drive(&world, &first, |left| assert_eq!(left.claim.is_empty(), mode == Mode::Audit));
        assert!(runs.len() > 1, "{mode:?}");
        let result = stored(&runs);
        assert_eq!((result.users, result.keys, result.complete), (200, 200, true), "{mode:?}");
        let looked_at = world.calls().into_iter().filter(|call| call.operation == Operation::ListAccessKeys);
        let names: Vec<_> = looked_at.map(|call| call.subject).collect();
        assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "nobody is looked at twice");
        assert_eq!(world.account().ledger().claim, None);
        let writes = world.calls().iter().filter(|call| call.operation.is_write()).count();
        assert_eq!(writes == 0, mode == Mode::Audit, "{mode:?}: {writes}");
    }
}

#[test]
fn what_is_remembered_of_users_who_were_not_looked_at_stays() {
    let world = slow_world(200, 10, 1_000);
    let idle = world.account().add_key("user199", 300);
    world.account().set_status("user199", &idle, keywheel_core::observed::KeyStatus::Inactive);
    let _ = Night { seconds: 90_000, ..night() }.on(&world);
    let before = world.account().ledger().users;
    assert!(!before.is_empty());
    let _ = first_hop(&world, &Night { sweep: true, ..short_night(400) });
    assert_eq!(world.account().ledger().users, before);
}

#[test]
fn in_an_audit_every_planned_step_is_reported_once() {
    let world = slow_world(200, 95, 1_000);
    let runs = drive(&world, &Night { mode: Mode::Audit, ..short_night(300) }, |_| {});
    assert!(runs.len() > 1);
    let result = stored(&runs);
    assert_eq!((result.counts["create.planned"], result.users), (200, 200));
}

#[test]
fn after_twelve_hand_ons_the_rest_waits_and_later_nights_serve_everybody() {
    let world = slow_world(200, 95, 300);
    let first = short_night(260);
    let begun = world.account().now;
    let runs = drive(&world, &first, |_| {});
    assert_eq!(runs.len(), 13);
    let last = runs.last().unwrap();
    assert!(last.rest_waits && !last.retry_helps && !last.result.complete);
    assert!(last.result.error.as_ref().unwrap().contains("12 times"), "{:?}", last.result.error);
    assert_eq!(world.account().ledger().claim, None);
    let served = keys_made(&world);
    let created = |result: &AccountResult| result.counts.get("create.done").copied().unwrap_or_default();
    assert!((12..200).contains(&served), "{served}");
    assert_eq!(created(&stored(&runs)), served, "what was done is in the result");
    let mut nights = 1;
    while keys_made(&world) < 200 {
        nights += 1;
        assert!(nights < 15, "{} users are served in {nights} nights", keys_made(&world));
        let night = Night { run_id: Some(format!("run-{nights}")), ..first.clone() };
        next_night(&world, plus(begun, SignedDuration::from_hours(24 * (nights - 2))));
        let before = keys_made(&world);
        let _ = drive(&world, &night, |_| {});
        assert!(keys_made(&world) > before);
    }
    assert_eq!(world.account().deeds(What::Made).map(|event| &event.user).collect::<BTreeSet<_>>().len(), 200);
}

#[test]
fn max_changes_and_the_circuit_breaker_hold_over_all_invocations_of_a_run() {
    let world = slow_world(40, 95, 1_000);
    let mut first = short_night(300);
    first.settings.policy.max_changes = 9;
    let runs = drive(&world, &first, |_| {});
    assert!(runs.len() > 1 && keys_made(&world) == 9, "{} in {}", keys_made(&world), runs.len());
    let result = stored(&runs);
    assert_eq!((result.users, result.counts["create.deferred"]), (40, 31), "{:?}", result.counts);
    assert!(result.complete);
}

#[test]
fn a_user_whose_step_comes_late_is_told_once_and_by_the_invocation_that_does_it() {
    let world = slow_world(30, 95, 1_000);
    let runs = drive(&world, &short_night(300), |_| {});
    assert!(runs.len() > 1);
    let account = world.account();
    let told: Vec<_> = account.mails.iter().map(|mail| mail.entry.user.clone()).collect();
    assert_eq!(told.len(), 30, "{told:?}");
    let rotated =
        |mail: &&keywheel_testkit::Mail| mail.entry.step == StepKind::Create && mail.entry.status == StepStatus::Done;
    assert_eq!(account.mails.iter().filter(rotated).count(), 30);
}
