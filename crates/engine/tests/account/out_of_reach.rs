//! Secrets in a store that is not known, and former secrets that are not Keywheel's.

use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Store, World};

use crate::stores::{NAME, all_moved, is_put_away, move_to, until};
use crate::support::{alice, next_night, night};

fn nights(world: &World, count: usize) -> Vec<AccountResult> {
    let one = |_| {
        let begun = world.account().now;
        let run = night().on(world).run();
        next_night(world, begun);
        run.result
    };
    (0..count).map(one).collect()
}

/// How often the former secret was put off.
fn put_off(results: &[AccountResult]) -> usize {
    let rows = results.iter().flat_map(|result| &result.steps);
    rows.filter(|row| row.reason == Reason::SecretMoved && row.status == StepStatus::Deferred).count()
}

#[test]
fn a_secret_of_somebody_gone_that_is_where_nobody_looks_is_put_away_once_somebody_does() {
    let world = alice();
    move_to(&world, Store::Central);
    until(&world, StepKind::Delete);
    {
        let mut account = world.account();
        account.users.clear();
        (account.store, account.knows_other_store) = (Store::Member, false);
    }
    nights(&world, 50);
    assert!(!world.account().ledger_text().contains("secret_cleared"));
    move_to(&world, Store::Member);
    nights(&world, 15);
    assert!(world.account().secrets[NAME].is_scheduled_for_deletion);
}

#[test]
fn a_former_secret_of_somebody_else_stays_and_is_named_once() {
    let world = all_moved();
    world.account().left_secrets.get_mut(NAME).unwrap().versions.clear();
    assert_eq!(put_off(&nights(&world, 60)), 1);
    assert!(!is_put_away(&world) && !world.account().ledger_text().contains("secret_left"));
}

#[test]
fn a_former_secret_whose_store_is_not_known_is_never_overdue() {
    let world = all_moved();
    world.account().knows_other_store = false;
    let results = nights(&world, 42);
    assert!(put_off(&results) > 7, "{results:?}");
    assert!(results.iter().all(|result| result.overdue_keys() == 0), "{results:?}");
    move_to(&world, Store::Central);
    nights(&world, 7);
    assert!(is_put_away(&world));
}

#[test]
fn a_secret_that_was_restored_is_not_scheduled_again_while_the_former_one_waits() {
    let world = all_moved();
    world.account().users.clear();
    world.account().knows_other_store = false;
    let results = nights(&world, 50);
    assert!(put_off(&results) > 0 && results.iter().all(|result| result.overdue_keys() == 0), "{results:?}");
    assert!(world.account().secrets[NAME].is_scheduled_for_deletion);
    world.account().secrets.get_mut(NAME).unwrap().is_scheduled_for_deletion = false;
    nights(&world, 15);
    move_to(&world, Store::Central);
    nights(&world, 15);
    assert!(is_put_away(&world) && !world.account().secrets[NAME].is_scheduled_for_deletion);
}
