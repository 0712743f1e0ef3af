//! Runs that are accounted for.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use keywheel_core::Timestamp;
use keywheel_core::contract::finish::{FinishRecord, RunState};
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::AccountId;
use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::results::CONCURRENCY;
use super::{ANSWERS_FOR, Finish, FinishError, WantedRun, finish};
use crate::inventory::InventoryRun;
use crate::inventory::fakes::{World, id};
use crate::inventory::tests::{carried_out, settings, this_run};
use crate::ports::{Clock, ErrorKind};

fn result(number: u32, fields: &Value) -> AccountResult {
    let mut result = json!({"schema_version": 1, "run_id": "r-1", "account": id(number), "mode": "enforce",
        "at": "2026-11-20T02:00:09Z", "complete": true, "users": 2, "keys": 3, "steps": [], "counts": {"create.done": 1}});
    for (name, value) in fields.as_object().unwrap() {
        result[name.as_str()] = value.clone();
    }
    serde_json::from_value(result).unwrap()
}

fn answers(world: &World, number: u32, fields: &Value) {
    world.results.lock().unwrap().insert(id(number), Some(result(number, fields)));
}

/// A run over these accounts, all of them invoked.
async fn invoked(accounts: u32) -> World {
    let world = World::of(1..=accounts);
    carried_out(&world, &settings(), &this_run()).await.unwrap();
    world
}

fn hours_pass(world: &World, hours: usize) {
    world.passed.fetch_add(hours * 3_600_000, Ordering::Relaxed);
}

async fn finished(world: &World, run: WantedRun) -> Result<FinishRecord, FinishError> {
    let deadline = world.now() + Duration::from_mins(15);
    finish(world, world, &Finish { run, deadline }).await
}

async fn of_latest(world: &World) -> Result<FinishRecord, FinishError> {
    finished(world, WantedRun::Latest).await
}

#[tokio::test]
async fn every_account_is_named_for_what_became_of_it_and_the_results_are_summed_up() {
    let mut world = World::of(1..=9);
    world.accounts[8].state = "SUSPENDED".to_owned();
    world.refusing.lock().unwrap().insert(id(8), (usize::MAX, ErrorKind::Denied));
    carried_out(&world, &settings(), &this_run()).await.unwrap_err();
    let due = json!([{"user": "alice", "access_key_id": "AKIAAAAAAAAAAAAAAAA1", "step": "hold", "reason": "rotation-due",
        "status": "done", "due": "2026-11-01T00:00:00Z", "error": null}]);
    answers(&world, 1, &json!({}));
    answers(&world, 2, &json!({"steps": due, "counts": {"hold.done": 1}}));
    answers(
        &world,
        3,
        &json!({"complete": false, "error": "the ledger is of a newer release", "users": 0, "keys": 0, "counts": {}}),
    );
    answers(
        &world,
        4,
        &json!({"complete": false, "unreachable": true, "error": "AccessDenied", "users": 0, "keys": 0, "counts": {}}),
    );
    // Its retry found the role gone; what the first try did stands.
    answers(
        &world,
        5,
        &json!({"complete": false, "unreachable": true, "error": "AccessDenied", "users": 0, "keys": 0, "steps": due, "counts": {}}),
    );
    world.results.lock().unwrap().insert(id(6), None);
    // Somebody invoked key-rotation for an account that was skipped, under the run's id.
    answers(&world, 9, &json!({}));
    hours_pass(&world, 7);
    let error = of_latest(&world).await.unwrap_err();
    let text = error.to_string();
    let FinishError::Unanswered(record) = error else { panic!("{error:?}") };
    assert_eq!(world.finished.lock().unwrap().as_ref(), Some(&*record));
    let accounts = &record.accounts;
    let ids = |ids: &[u32]| ids.iter().map(|number| id(*number)).collect::<Vec<_>>();
    assert_eq!((accounts.listed, accounts.accounted(), accounts.scanned.complete), (9, 9, 2));
    let incomplete: Vec<_> = accounts.scanned.incomplete.iter().map(|one| one.account.clone()).collect();
    assert_eq!(incomplete, ids(&[3, 5, 6]));
    assert_eq!(accounts.unreachable.role.iter().map(|one| one.account.clone()).collect::<Vec<_>>(), ids(&[4]));
    assert_eq!(accounts.unreachable.unanswered, ids(&[7]));
    assert_eq!(accounts.failed.iter().map(|one| one.account.clone()).collect::<Vec<_>>(), ids(&[8]));
    assert_eq!((accounts.skipped.count, accounts.skipped.reasons.len()), (1, 1));
    assert_eq!((record.sums.users, record.sums.keys, record.sums.keys_overdue), (4, 6, 2));
    assert_eq!(record.sums.steps, BTreeMap::from([("create.done".to_owned(), 1), ("hold.done".to_owned(), 1)]));
    let short = serde_json::to_value(record.in_short().accounts).unwrap();
    let expected = json!({"listed": 9, "scanned": 5, "incomplete": 3, "skipped": 1, "unreachable": 2, "unanswered": 1, "failed": 1});
    assert_eq!(short, expected);
    assert!(text.contains("000000000007") && text.contains("runs/r-1/finish.json"), "{text}");
}

#[tokio::test]
async fn a_run_in_which_all_answered_is_no_error_however_early_and_however_often() {
    let world = invoked(3).await;
    (1..=3).for_each(|number| answers(&world, number, &json!({})));
    for _ in 0..2 {
        let record = finished(&world, WantedRun::Named("r-1".parse().unwrap())).await.unwrap();
        assert_eq!((record.state, record.answers_until, record.fan_out_finished), (RunState::Ended, None, true));
        assert_eq!((record.accounts.scanned.complete, record.sums.users), (3, 6));
        hours_pass(&world, 7);
    }
}

#[tokio::test]
async fn while_lambda_may_keep_events_nobody_is_said_to_have_never_answered_and_late_answers_count() {
    let world = invoked(3).await;
    answers(&world, 1, &json!({}));
    hours_pass(&world, 6);
    let error = of_latest(&world).await.unwrap_err();
    let text = error.to_string();
    let FinishError::Going(record) = error else { panic!("{error:?}") };
    assert_eq!((record.state, record.accounts.unreachable.unanswered.len()), (RunState::Going, 2));
    let end = world.record.lock().unwrap().clone().unwrap().at + ANSWERS_FOR;
    assert_eq!(record.answers_until, Some(end));
    assert!(text.contains("still going") && text.contains(&end.to_string()), "{text}");
    answers(&world, 2, &json!({}));
    hours_pass(&world, 1);
    let error = of_latest(&world).await.unwrap_err();
    let FinishError::Unanswered(record) = error else { panic!("{error:?}") };
    assert_eq!((record.accounts.scanned.complete, record.accounts.unreachable.unanswered.len()), (2, 1));
    answers(&world, 3, &json!({}));
    assert_eq!(of_latest(&world).await.unwrap().accounts.scanned.complete, 3);
}

/// A run whose second invocation never came: of eight accounts five were invoked.
async fn broken_off() -> World {
    let world = World { invocation_takes: 10_000, ..World::of(1..=8) };
    let one_by_one = crate::inventory::InventorySettings { fanout_concurrency: 1, ..settings() };
    let short = InventoryRun { deadline: world.now() + Duration::from_mins(1), ..this_run() };
    assert!(carried_out(&world, &one_by_one, &short).await.unwrap().handed_on.is_some());
    world
}

#[tokio::test]
async fn a_fan_out_that_broke_off_is_going_for_hours_and_then_said_to_be_broken_off() {
    let world = broken_off().await;
    (1..=4).for_each(|number| answers(&world, number, &json!({})));
    let error = of_latest(&world).await.unwrap_err();
    assert!(error.to_string().contains("fan-out is not finished"), "{error}");
    let FinishError::Going(record) = error else { panic!("{error:?}") };
    assert_eq!((record.fan_out_finished, record.accounts.unreachable.unanswered.len()), (false, 4));
    // What goes on may wait as long as the accounts that it then invokes.
    hours_pass(&world, 12);
    assert!(matches!(of_latest(&world).await.unwrap_err(), FinishError::Going(_)));
    hours_pass(&world, 1);
    let error = of_latest(&world).await.unwrap_err();
    assert!(error.to_string().contains("broke off"), "{error}");
    let FinishError::Unanswered(record) = error else { panic!("{error:?}") };
    let failed: Vec<_> = record.accounts.failed.iter().map(|failed| failed.account.clone()).collect();
    assert_eq!((failed, &record.accounts.unreachable.unanswered), ([6, 7, 8].map(id).to_vec(), &vec![id(5)]));
    // The first invocation died: nobody knows of any account that it was invoked.
    world.checkpoints.lock().unwrap().clear();
    let FinishError::Unanswered(record) = of_latest(&world).await.unwrap_err() else { panic!() };
    assert_eq!((record.accounts.failed.len(), record.accounts.unreachable.unanswered.len()), (4, 0));
    // A record that is about an earlier manifest of the same id says nothing of this one.
    let other = invoked(8).await;
    let mut stale = other.record.lock().unwrap().clone().unwrap();
    stale.listed_at = Some("2026-11-19T02:00:00Z".parse().unwrap());
    *world.record.lock().unwrap() = Some(stale);
    let FinishError::Unanswered(record) = of_latest(&world).await.unwrap_err() else { panic!() };
    assert!(!record.fan_out_finished && record.accounts.failed.len() == 4);
}

#[tokio::test]
async fn a_run_that_is_not_there_or_cannot_be_read_is_one_error_and_stores_nothing() {
    let world = World::of(1..=3);
    assert_eq!(of_latest(&world).await.unwrap_err(), FinishError::NoLatestRun);
    carried_out(&world, &settings(), &this_run()).await.unwrap();
    let unknown = finished(&world, WantedRun::Named("r-2".parse().unwrap())).await.unwrap_err();
    assert!(matches!(&unknown, FinishError::UnknownRun(run) if run.as_str() == "r-2"), "{unknown:?}");
    for call in ["latest", "manifest", "inventory", "answered", "result"] {
        let mut world = invoked(3).await;
        answers(&world, 1, &json!({}));
        world.failing.insert(call, ErrorKind::Denied);
        let error = of_latest(&world).await.unwrap_err();
        assert!(matches!(error, FinishError::Unreadable(_)), "{call}: {error:?}");
        assert!(world.finished.lock().unwrap().is_none());
    }
    let mut world = invoked(1).await;
    answers(&world, 1, &json!({}));
    world.failing.insert("put_finish", ErrorKind::Denied);
    assert!(matches!(of_latest(&world).await.unwrap_err(), FinishError::NotStored { .. }));
    let deadline = world.now();
    let late = finish(&world, &world, &Finish { run: WantedRun::Latest, deadline }).await.unwrap_err();
    assert_eq!(late, FinishError::NoTime { accounts: 1 });
}

#[tokio::test]
async fn an_account_that_was_handed_on_has_not_answered_until_the_last_of_its_invocations_has() {
    let world = invoked(2).await;
    answers(&world, 1, &json!({}));
    let handed_on = json!({"hop": 1, "from": "nora", "users": 1, "keys": 1, "complete": true});
    let looked_at = world.now().to_string();
    answers(&world, 2, &json!({"complete": false, "handed_on": handed_on, "at": looked_at}));
    let FinishError::Going(record) = of_latest(&world).await.unwrap_err() else { panic!() };
    assert_eq!((record.accounts.scanned.complete, &record.accounts.unreachable.unanswered), (1, &vec![id(2)]));
    hours_pass(&world, 7);
    let FinishError::Unanswered(record) = of_latest(&world).await.unwrap_err() else { panic!() };
    assert_eq!((&record.accounts.unreachable.unanswered, record.sums.users), (&vec![id(2)], 4));
    answers(&world, 2, &json!({}));
    assert_eq!(of_latest(&world).await.unwrap().accounts.scanned.complete, 2);
}

#[tokio::test]
async fn a_result_of_an_earlier_run_of_the_same_id_is_no_answer() {
    let world = invoked(1).await;
    answers(&world, 1, &json!({"at": "2026-11-19T02:00:09Z"}));
    hours_pass(&world, 7);
    let FinishError::Unanswered(record) = of_latest(&world).await.unwrap_err() else { panic!() };
    assert_eq!((&record.accounts.unreachable.unanswered, record.sums.users), (&vec![id(1)], 0));
}

#[tokio::test]
async fn results_are_read_a_few_at_a_time() {
    let world = invoked(200).await;
    (1..=200).for_each(|number| answers(&world, number, &json!({})));
    world.most_under_way.store(0, Ordering::Relaxed);
    assert_eq!(of_latest(&world).await.unwrap().sums.users, 400);
    assert_eq!(world.most_under_way.load(Ordering::Relaxed), CONCURRENCY);
}

#[test]
fn answers_come_for_as_long_as_lambda_keeps_events_and_key_rotation_runs() {
    let day: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    assert_eq!((day + ANSWERS_FOR).to_string(), "2026-11-20T06:15:00Z");
}

proptest! {
    #[test]
    fn listed_is_scanned_and_skipped_and_unreachable_and_failed_whatever_is_there(
        accounts in 1..30_u32,
        suspended in btree_set(1..30_u32, 0..5),
        denied in btree_set(1..30_u32, 0..5),
        answered in btree_map(1..30_u32, (any::<bool>(), any::<bool>(), any::<bool>()), 0..30),
        recorded in any::<bool>(),
        hours in 0..15_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let world = World::of(1..=accounts);
        let world = World { accounts: world.accounts.iter().cloned().map(|mut account| {
            if suspended.iter().any(|number| id(*number) == account.id) {
                account.state = "SUSPENDED".to_owned();
            }
            account
        }).collect(), ..world };
        for number in denied {
            world.refusing.lock().unwrap().insert(id(number), (usize::MAX, ErrorKind::Denied));
        }
        let record = runtime.block_on(async {
            drop(carried_out(&world, &settings(), &this_run()).await);
            for (number, (complete, unreachable, damaged)) in &answered {
                let read = result(*number, &json!({"complete": complete, "unreachable": unreachable}));
                world.results.lock().unwrap().insert(id(*number), (!damaged).then_some(read));
            }
            if !recorded {
                *world.record.lock().unwrap() = None;
            }
            hours_pass(&world, hours);
            drop(of_latest(&world).await);
            world.finished.lock().unwrap().clone().unwrap()
        });
        let found = &record.accounts;
        prop_assert_eq!(found.listed, usize::try_from(accounts).unwrap());
        prop_assert_eq!(found.accounted(), found.listed);
        let answers = |account: &AccountId| answered.keys().any(|number| id(*number) == *account);
        prop_assert!(!found.unreachable.unanswered.iter().any(answers));
        prop_assert!(!found.failed.iter().any(|failed| answers(&failed.account)));
        prop_assert!(recorded || hours < 13 || found.unreachable.unanswered.is_empty());
    }
}
