//! Runs over an organization in memory.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use keywheel_core::contract::manifest::{InventoryResult, SkipReason, SkippedAccount};
use keywheel_core::policy::Mode;

use super::fakes::{OWN, START, World, account, id, unit};
use super::{InventoryError, InventoryPorts, InventoryRun, InventorySettings, choose, choose_of, run};
use crate::ports::{ErrorKind, Organization};

pub(super) fn settings() -> InventorySettings {
    InventorySettings {
        rotation_function: "key-rotation".to_owned(),
        include_ous: BTreeSet::new(),
        exclude_ous: BTreeSet::new(),
        include_accounts: BTreeSet::new(),
        exclude_accounts: BTreeSet::new(),
        include_management_account: false,
        rollout_percent: 100,
        fanout_concurrency: 4,
    }
}

pub(super) fn this_run() -> InventoryRun {
    InventoryRun {
        run_id: "r-1".parse().unwrap(),
        mode: Mode::Enforce,
        sweep: false,
        accounts: None,
        becomes_latest: true,
        deadline: START + Duration::from_mins(15),
        function: OWN.to_owned(),
    }
}

pub(super) async fn carried_out(
    world: &World,
    settings: &InventorySettings,
    this: &InventoryRun,
) -> Result<InventoryResult, InventoryError> {
    run(InventoryPorts { organization: world, fan_out: world.fan_out() }, settings, this).await
}

fn skipped(number: u32, reason: SkipReason) -> SkippedAccount {
    SkippedAccount { account: id(number), reason }
}

/// Root `r-1` holds account 1 and the OUs `a` (2, below it `b` with 3) and `c` (4).
fn with_units() -> World {
    let mut world = World::of(1..=5);
    world.units.insert(unit("r-1"), (vec![id(1)], vec![unit("a"), unit("c")]));
    world.units.insert(unit("a"), (vec![id(2)], vec![unit("b")]));
    world.units.insert(unit("b"), (vec![id(3)], vec![]));
    world.units.insert(unit("c"), (vec![id(4)], vec![]));
    world
}

#[tokio::test]
async fn the_manifest_is_stored_before_the_first_invocation_and_the_result_after_the_last() {
    let mut world = World::of(1..=6);
    world.management = 1;
    world.accounts[1].state = "SUSPENDED".to_owned();
    let result = carried_out(&world, &settings(), &this_run()).await.unwrap();

    let calls = world.calls();
    let position = |name| calls.iter().position(|call| call.starts_with(name)).unwrap();
    assert!(position("put_manifest") < position("invoke"));
    assert_eq!(calls.last().unwrap(), "put_inventory");
    assert_eq!(calls.iter().filter(|call| *call == "management_account").count(), 1);

    let left_out = [skipped(1, SkipReason::ManagementAccount), skipped(2, SkipReason::Suspended)];
    assert_eq!((result.accounts.listed, result.accounts.invoked), (6, 4));
    assert_eq!(result.accounts.skipped, left_out);
    let manifest = world.manifest.lock().unwrap().clone().unwrap();
    assert_eq!(
        manifest.accounts.iter().map(|account| account.account.clone()).collect::<Vec<_>>(),
        [3, 4, 5, 6].map(id)
    );
    assert_eq!(manifest.skipped, left_out);
    assert_eq!(world.record.lock().unwrap().clone().unwrap().result, result);
}

#[tokio::test]
async fn a_job_names_the_account_the_run_and_the_mode() {
    let mut world = World::of([7]);
    world.accounts[0].name = "<script>{{ 7*7 }}\r\n".to_owned();
    let audit = InventoryRun { mode: Mode::Audit, ..this_run() };
    carried_out(&world, &settings(), &audit).await.unwrap();
    let events = world.events.lock().unwrap().clone();
    assert_eq!(
        events,
        [serde_json::json!({
            "account": "000000000007", "name": "<script>{{ 7*7 }}\r\n", "email": "owner7@example.com", "run_id": "r-1", "mode": "audit"
        })]
    );
    keywheel_core::contract::job::AccountJob::parse(events[0].clone()).unwrap();
}

#[tokio::test]
async fn the_management_account_takes_part_only_where_configured_and_is_then_not_looked_up() {
    let world = World::of(0..=2);
    let included = InventorySettings { include_management_account: true, ..settings() };
    assert_eq!(carried_out(&world, &included, &this_run()).await.unwrap().accounts.invoked, 3);
    assert!(!world.calls().contains(&"management_account".to_owned()));
}

#[tokio::test]
async fn ous_count_with_everything_below_them_and_exclusion_wins() {
    let world = with_units();
    let below = |include: &[&str], exclude: &[&str]| InventorySettings {
        include_ous: include.iter().copied().map(unit).collect(),
        exclude_ous: exclude.iter().copied().map(unit).collect(),
        ..settings()
    };
    for (settings, expected) in [
        (below(&["r-1"], &[]), vec![1, 2, 3, 4]),
        (below(&["a"], &[]), vec![2, 3]),
        (below(&["b", "c"], &[]), vec![3, 4]),
        (below(&[], &["a"]), vec![1, 4, 5]),
        (below(&["r-1"], &["b"]), vec![1, 2, 4]),
        (below(&["b"], &["a"]), vec![]),
    ] {
        world.events.lock().unwrap().clear();
        let result = carried_out(&world, &settings, &this_run()).await.unwrap();
        assert_eq!(world.invoked(), expected.iter().map(|number| id(*number).to_string()).collect::<Vec<_>>());
        assert_eq!(result.accounts.listed, 5);
    }
}

#[tokio::test]
async fn ous_that_hold_each_other_do_not_hold_up_the_run() {
    let mut world = with_units();
    world.units.insert(unit("b"), (vec![id(3)], vec![unit("a")]));
    let included = InventorySettings { include_ous: BTreeSet::from([unit("a")]), ..settings() };
    assert_eq!(carried_out(&world, &included, &this_run()).await.unwrap().accounts.invoked, 2);
}

#[tokio::test]
async fn an_ou_that_does_not_exist_stops_the_run_before_it_begins() {
    let world = with_units();
    let excluded = InventorySettings { exclude_ous: BTreeSet::from([unit("ou-gone-11111111")]), ..settings() };
    let error = carried_out(&world, &excluded, &this_run()).await.unwrap_err();
    assert_eq!(error, InventoryError::UnknownUnit { variable: "EXCLUDE_OUS", unit: unit("ou-gone-11111111") });
    assert!(world.events.lock().unwrap().is_empty() && world.manifest.lock().unwrap().is_none());
}

#[tokio::test]
async fn nothing_is_invoked_when_the_organization_or_the_bucket_fails() {
    for call in ["accounts", "management_account", "accounts_of", "children_of", "put_manifest", "put_latest"] {
        let mut world = with_units();
        world.failing.insert(call, ErrorKind::Denied);
        let included = InventorySettings { include_ous: BTreeSet::from([unit("a")]), ..settings() };
        let error = carried_out(&world, &included, &this_run()).await.unwrap_err().to_string();
        assert!(error.contains("no account was invoked") && error.contains("Denied"), "{error}");
        assert!(error.contains("Check "), "{error}");
        assert!(!world.calls().iter().any(|call| call.starts_with("invoke")), "{call}");
    }
}

#[tokio::test]
async fn an_event_narrows_the_run_and_names_only_accounts_that_exist() {
    let world = World::of(1..=4);
    let some = InventoryRun { accounts: Some(BTreeSet::from([id(2), id(3)])), ..this_run() };
    let excluded = InventorySettings { exclude_accounts: BTreeSet::from([id(3), id(99)]), ..settings() };
    let result = carried_out(&world, &excluded, &some).await.unwrap();
    assert_eq!(world.invoked(), [id(2).to_string()]);
    assert_eq!(result.accounts.skipped[1], skipped(3, SkipReason::ExcludedAccount));

    let world = World::of(1..=4);
    let typo = InventoryRun { accounts: Some(BTreeSet::from([id(2), id(77)])), ..this_run() };
    let error = carried_out(&world, &settings(), &typo).await.unwrap_err();
    assert_eq!(error, InventoryError::UnknownAccounts(vec![id(77)]));
    assert!(world.events.lock().unwrap().is_empty() && world.manifest.lock().unwrap().is_none());
}

#[tokio::test]
async fn an_empty_scope_is_a_result_and_no_error() {
    let world = World::of(1..=3);
    let nobody = InventorySettings { include_accounts: BTreeSet::from([id(99)]), ..settings() };
    let result = carried_out(&world, &nobody, &this_run()).await.unwrap();
    assert_eq!((result.accounts.listed, result.accounts.invoked, result.accounts.skipped.len()), (3, 0, 3));
    assert!(world.manifest.lock().unwrap().is_some());
}

#[tokio::test]
async fn one_account_that_cannot_be_invoked_does_not_stop_the_others() {
    let world = World::of(1..=5);
    world.refusing.lock().unwrap().insert(id(3), (usize::MAX, ErrorKind::Denied));
    let error = carried_out(&world, &settings(), &this_run()).await.unwrap_err();
    let text = error.to_string();
    let InventoryError::Incomplete(result) = error else { panic!("{error:?}") };
    assert_eq!((result.accounts.listed, result.accounts.invoked), (5, 4));
    assert_eq!(result.accounts.failed[0].account, id(3));
    assert_eq!(world.record.lock().unwrap().clone().unwrap().result, *result);
    assert!(text.contains(r#"{"accounts":["000000000003"]}"#), "{text}");
    assert!(text.contains("runs/r-1/inventory.json") && text.contains("lambda:InvokeFunction failed"), "{text}");
    let tries = world.calls().iter().filter(|call| *call == "invoke key-rotation 000000000003").count();
    assert_eq!(tries, 1, "a refusal is not repeated");
}

#[tokio::test]
async fn throttling_and_lost_answers_are_tried_again() {
    for kind in [ErrorKind::Throttled, ErrorKind::Unanswered] {
        let world = World::of(1..=3);
        world.refusing.lock().unwrap().insert(id(2), (4, kind));
        assert_eq!(carried_out(&world, &settings(), &this_run()).await.unwrap().accounts.invoked, 3);
        assert!(world.calls().iter().filter(|call| *call == "sleep").count() >= 4);
    }
}

#[tokio::test]
async fn an_account_that_goes_on_being_unanswered_is_given_up_after_a_bounded_time() {
    let world = World::of(1..=2);
    world.refusing.lock().unwrap().insert(id(2), (usize::MAX, ErrorKind::Unanswered));
    let error = carried_out(&world, &settings(), &this_run()).await.unwrap_err();
    let InventoryError::Incomplete(result) = error else { panic!("{error:?}") };
    assert_eq!(result.accounts.failed[0].account, id(2));
    assert!(result.accounts.failed[0].error.contains("8 times"), "{result:?}");
    assert!(world.passed.load(Ordering::Relaxed) < 120_000);
}

#[tokio::test]
async fn an_event_that_asks_for_nothing_makes_its_run_the_latest_once_its_manifest_is_stored() {
    let world = World::of(1..=2);
    carried_out(&world, &settings(), &this_run()).await.unwrap();
    assert_eq!(world.latest.lock().unwrap().clone().unwrap().run_id.as_str(), "r-1");
    let calls = world.calls();
    let position = |name: &str| calls.iter().position(|call| call.starts_with(name)).unwrap();
    assert!(position("put_manifest") < position("put_latest") && position("put_latest") < position("invoke"));

    let world = World::of(1..=2);
    carried_out(&world, &settings(), &InventoryRun { becomes_latest: false, ..this_run() }).await.unwrap();
    assert!(world.latest.lock().unwrap().is_none());
}

#[tokio::test]
async fn no_more_invocations_are_under_way_than_configured() {
    let world = World::of(1..=50);
    carried_out(&world, &settings(), &this_run()).await.unwrap();
    assert_eq!(world.most_under_way.load(Ordering::Relaxed), 4);
    assert_eq!(world.invoked().len(), 50);
}

#[tokio::test]
async fn a_result_that_cannot_be_stored_is_an_error_that_says_what_was_done() {
    let mut world = World::of(1..=3);
    world.failing.insert("put_inventory", ErrorKind::Unanswered);
    let error = carried_out(&world, &settings(), &this_run()).await.unwrap_err();
    assert!(error.to_string().contains("3 of 3 accounts were invoked"), "{error}");
}

#[tokio::test]
async fn an_error_about_thousands_of_accounts_stays_readable() {
    let mut world = World::of(1..=3_000);
    world.failing.insert("invoke", ErrorKind::NotFound);
    let text = carried_out(&world, &settings(), &this_run()).await.unwrap_err().to_string();
    assert!(text.len() < 2_000 && text.contains("and 2950 more"), "{text}");
    assert_eq!(text.matches("invoke failed: NotFound").count(), 1, "{text}");
}

#[tokio::test]
async fn an_account_that_is_listed_twice_is_invoked_once() {
    let mut world = World::of(1..=2);
    world.accounts.push(account(1));
    let result = carried_out(&world, &settings(), &this_run()).await.unwrap();
    assert_eq!((result.accounts.listed, result.accounts.invoked), (2, 2));
    assert_eq!(world.events.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_few_accounts_are_chosen_as_they_are_among_all() {
    let mut world = World::of(1..=9);
    world.management = 1;
    let management = world.management_account().await.unwrap();
    let usual = choose(&world, &settings(), None).await.unwrap();
    assert_eq!(choose_of(&settings(), &management, world.accounts.clone()), usual);
    for settings in [
        InventorySettings { include_management_account: true, ..settings() },
        InventorySettings { include_accounts: BTreeSet::from([id(2)]), ..settings() },
        InventorySettings { exclude_accounts: BTreeSet::from([id(2)]), ..settings() },
        InventorySettings { rollout_percent: 0, ..settings() },
    ] {
        let among_all = choose(&world, &settings, None).await.unwrap();
        assert_ne!(among_all, usual, "{settings:?}");
        assert_eq!(choose_of(&settings, &management, world.accounts.clone()), among_all, "{settings:?}");
    }
}
