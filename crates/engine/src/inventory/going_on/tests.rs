//! Runs that have no time for everything.

use std::sync::atomic::Ordering;
use std::time::Duration;

use keywheel_core::contract::hand_on::MAX_HOPS;
use keywheel_core::contract::manifest::InventoryResult;
use keywheel_core::policy::Mode;
use serde_json::Value;

use super::{GoingOn, go_on};
use crate::inventory::fakes::{OWN, World, id};
use crate::inventory::tests::{carried_out, settings, this_run};
use crate::inventory::{InventoryError, InventoryEvent, InventoryRun, InventorySettings};
use crate::ports::{Clock, ErrorKind};

pub(super) type Ended = Result<InventoryResult, InventoryError>;

const MINUTE: Duration = Duration::from_mins(1);

/// A world in which an invocation takes ten seconds and goes for itself, so that five fit into a minute's three quarters.
fn slow(accounts: u32) -> World {
    World { invocation_takes: 10_000, ..World::of(1..=accounts) }
}

fn one_by_one() -> InventorySettings {
    InventorySettings { fanout_concurrency: 1, ..settings() }
}

/// Delivers an event to the function, which has a minute.
pub(super) async fn deliver(world: &World, settings: &InventorySettings, event: &Value) -> Ended {
    let deadline = world.now() + MINUTE;
    match InventoryEvent::parse(event).unwrap() {
        InventoryEvent::Run(_) => carried_out(world, settings, &InventoryRun { deadline, ..this_run() }).await,
        InventoryEvent::GoOn(event) => {
            let mode = Mode::Enforce.lowered_by(event.mode);
            let going_on = GoingOn { run_id: event.run_id, hop: event.hop, mode, deadline, function: OWN.to_owned() };
            go_on(&world.fan_out(), settings, &going_on).await
        }
        InventoryEvent::Finish(_) => unreachable!("a run does not account for itself"),
    }
}

/// Delivers what the function hands itself until it does not any more; brings how each invocation ended.
async fn to_the_end(world: &World, settings: &InventorySettings) -> Vec<Ended> {
    let mut ended = vec![deliver(world, settings, &Value::Null).await];
    loop {
        let next = { world.handed_on.lock().unwrap().pop() };
        let Some(event) = next else { return ended };
        ended.push(deliver(world, settings, &event).await);
    }
}

#[tokio::test]
async fn what_there_was_no_time_for_is_handed_on_and_nothing_is_listed_or_invoked_twice() {
    let world = slow(12);
    let ended = to_the_end(&world, &one_by_one()).await;
    let results: Vec<_> = ended.iter().map(|ended| ended.as_ref().unwrap()).collect();
    let counts: Vec<_> = results.iter().map(|result| (result.hop, result.accounts.invoked, result.handed_on)).collect();
    assert_eq!(counts.iter().map(|(hop, invoked, _)| (*hop, *invoked)).collect::<Vec<_>>(), [(0, 5), (1, 10), (2, 12)]);
    assert_eq!(counts[0].2.map(|next| (next.hop, next.left)), Some((1, 7)));
    assert!(counts[2].2.is_none());
    assert_eq!(world.events.lock().unwrap().len(), 12);
    assert_eq!(world.calls().iter().filter(|call| *call == "accounts").count(), 1);
    let record = world.record.lock().unwrap().clone().unwrap();
    assert_eq!(&record.result, results[2]);
    assert_eq!(record.listed_at, Some(world.manifest.lock().unwrap().clone().unwrap().at));
    let jobs = world.events.lock().unwrap().clone();
    assert!(jobs.iter().all(|job| job["run_id"] == "r-1" && job["email"].as_str().unwrap().contains('@')), "{jobs:?}");
}

#[tokio::test]
async fn no_record_stands_before_the_end_an_audit_stays_one_and_a_sweep_too() {
    let world = slow(8);
    let audit = InventoryRun { mode: Mode::Audit, sweep: true, deadline: world.now() + MINUTE, ..this_run() };
    assert!(carried_out(&world, &one_by_one(), &audit).await.unwrap().handed_on.is_some());
    assert!(world.record.lock().unwrap().is_none());
    let going_on = GoingOn {
        run_id: audit.run_id,
        hop: 1,
        mode: Mode::Enforce,
        deadline: world.now() + MINUTE,
        function: OWN.to_owned(),
    };
    assert_eq!(go_on(&world.fan_out(), &one_by_one(), &going_on).await.unwrap().mode, Mode::Audit);
    assert!(world.events.lock().unwrap().iter().all(|job| job["mode"] == "audit" && job["sweep"] == true));
}

#[tokio::test]
async fn a_throttled_lambda_slows_the_fan_out_and_fails_nobody_while_a_hop_is_left() {
    let world = World { invocation_takes: 100, ..World::of(1..=6) };
    world.refusing.lock().unwrap().insert(id(6), (30, ErrorKind::Throttled));
    let ended = to_the_end(&world, &settings()).await;
    assert!(ended.len() > 1, "{ended:?}");
    assert_eq!(ended.last().unwrap().as_ref().unwrap_err(), &incomplete(&world), "the second hop gets nothing done");
    assert_eq!(world.invoked().len(), 5);
    // One that gets through now and then goes on.
    let world = World { invocation_takes: 100, ..World::of(1..=6) };
    for account in 3..=6 {
        world.refusing.lock().unwrap().insert(id(account), (6, ErrorKind::Throttled));
    }
    let ended = to_the_end(&world, &one_by_one()).await;
    assert_eq!(ended.last().unwrap().as_ref().unwrap().accounts.invoked, 6);
    assert!(ended.len() > 1);
}

#[tokio::test]
async fn nobody_sleeps_beyond_the_time_at_which_the_rest_is_handed_on() {
    for _ in 0..10 {
        let world = World { invocation_takes: 100, ..World::of(1..=1) };
        world.refusing.lock().unwrap().insert(id(1), (usize::MAX, ErrorKind::Throttled));
        assert!(deliver(&world, &settings(), &Value::Null).await.unwrap().handed_on.is_some());
        assert!(world.passed.load(Ordering::Relaxed) <= 45_100, "{:?}", world.passed);
    }
}

fn incomplete(world: &World) -> InventoryError {
    InventoryError::Incomplete(Box::new(world.record.lock().unwrap().clone().unwrap().result))
}

#[tokio::test]
async fn without_progress_without_hops_or_without_a_way_on_the_rest_is_failed_and_says_why() {
    // One account per invocation: after the last hop the rest is failed.
    let world = World { invocation_takes: 50_000, ..World::of(1..=20) };
    let ended = to_the_end(&world, &one_by_one()).await;
    let hops = usize::try_from(MAX_HOPS).unwrap();
    let Err(InventoryError::Incomplete(result)) = ended.last().unwrap() else { panic!("{ended:?}") };
    assert_eq!((ended.len(), result.accounts.invoked, result.accounts.failed.len()), (hops + 1, hops + 1, 19 - hops));
    assert!(result.accounts.failed[0].error.contains("12 times"), "{result:?}");

    for (failing, own, said) in [
        (Some("put_checkpoint"), OWN, "could not be written down"),
        (Some("invoke_itself"), OWN, "could not be handed on: invoke_itself failed: Denied"),
        (None, "", "its own ARN"),
    ] {
        let mut world = slow(8);
        world.failing.extend(failing.map(|call| (call, ErrorKind::Denied)));
        let run = InventoryRun { deadline: world.now() + MINUTE, function: own.to_owned(), ..this_run() };
        let error = carried_out(&world, &one_by_one(), &run).await.unwrap_err();
        let InventoryError::Incomplete(result) = error else { panic!("{error:?}") };
        assert_eq!((result.accounts.invoked, result.accounts.failed.len()), (5, 3));
        let text = &result.accounts.failed[0].error;
        assert!(text.contains("time was nearly up") && text.contains(said), "{text}");
        assert_eq!(world.record.lock().unwrap().clone().unwrap().result, *result);
    }
}

#[tokio::test]
async fn an_event_that_goes_on_with_nothing_is_one_clear_error() {
    let world = World::of(1..=2);
    carried_out(&world, &settings(), &this_run()).await.unwrap();
    for run in ["r-1", "r-unknown"] {
        let event = serde_json::json!({ "run_id": run, "hand_on": { "hop": 3 } });
        let error = deliver(&world, &settings(), &event).await.unwrap_err();
        assert!(matches!(error, InventoryError::NothingLeft { hop: 3, .. }), "{error:?}");
    }
    assert_eq!(world.events.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_checkpoint_of_another_run_of_the_same_id_says_nothing_of_these_accounts() {
    let world = slow(8);
    assert!(deliver(&world, &one_by_one(), &Value::Null).await.unwrap().handed_on.is_some());
    // Another run under the same id lists one account more, which the first one's checkpoint does not know.
    let other = World::of(1..=9);
    other.passed.store(5, Ordering::Relaxed);
    carried_out(&other, &settings(), &this_run()).await.unwrap();
    *world.manifest.lock().unwrap() = other.manifest.lock().unwrap().clone();
    let event = world.handed_on.lock().unwrap().pop().unwrap();
    let fast = InventorySettings { fanout_concurrency: 9, ..settings() };
    let result = deliver(&world, &fast, &event).await.unwrap();
    assert_eq!((result.accounts.listed, result.accounts.invoked), (9, 9));
    assert_eq!(world.invoked().len(), 9);
}

#[tokio::test]
async fn a_manifest_without_addresses_still_reads() {
    let old = serde_json::json!({ "account": "000000000001", "name": "payments" });
    let account: keywheel_core::contract::manifest::ManifestAccount = serde_json::from_value(old.clone()).unwrap();
    assert_eq!(serde_json::to_value(account).unwrap(), old);
}

/// A retry of the whole event comes where an account could not be invoked: it takes up that account alone.
#[tokio::test]
async fn a_repeated_end_of_a_run_invokes_again_only_whom_it_could_not() {
    let world = slow(8);
    world.refusing.lock().unwrap().insert(id(2), (2, ErrorKind::Denied));
    assert!(deliver(&world, &one_by_one(), &Value::Null).await.unwrap().handed_on.is_some());
    let event = world.handed_on.lock().unwrap().pop().unwrap();
    let InventoryError::Incomplete(result) = deliver(&world, &one_by_one(), &event).await.unwrap_err() else {
        panic!()
    };
    assert_eq!(
        (result.accounts.invoked, result.accounts.failed.len()),
        (7, 1),
        "it is tried again in the second invocation"
    );
    let invoked = world.events.lock().unwrap().len();
    let result = deliver(&world, &one_by_one(), &event).await.unwrap();
    assert_eq!((result.accounts.invoked, result.accounts.failed.len()), (8, 0));
    assert_eq!(world.events.lock().unwrap().len(), invoked + 1);
}
