//! Rollbacks that break off half-way, or that come upon what a person did before.

use keywheel_core::contract::action::{ActionKind, Guard};
use keywheel_core::contract::result::StepStatus::{Deferred, Done};
use keywheel_core::observed::{AWSCURRENT, KeyStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Fault, Night, Operation, World};

use crate::rolling_back::{hosts_have_followed, hosts_stand_still};
use crate::support::{DAY, alice, asked, asking, empty_world, eve_of, later, night, old_and_new, rows, working};

fn handed_out(world: &World) -> Option<keywheel_core::id::AccessKeyId> {
    let account = world.account();
    account.secret("alice").unwrap().labelled(AWSCURRENT).unwrap().1.key()
}

#[test]
fn a_new_key_that_is_taken_into_use_after_the_rollback_broke_off_stays_and_is_handed_out_again() {
    let world = hosts_stand_still();
    let [old, new] = old_and_new(&world);
    world.fail(Operation::UpdateAccessKey, 1, Fault::Denied);
    let run = asking(asked(ActionKind::Rollback, &[])).on(&world).run();
    let row = |kind, status| ("alice".to_owned(), kind, Reason::RolledBack, status);
    let failed = row(StepKind::Deactivate, keywheel_core::contract::result::StepStatus::Failed);
    assert_eq!(rows(&run.result), [row(StepKind::Rollback, Done), failed]);
    assert_eq!((working(&world), handed_out(&world)), (vec![true, true], Some(old)));
    let noon = world.account().now;
    world.account().use_key("alice", &new, noon);
    later(&world, DAY);
    let _ = night().on(&world);
    assert_eq!((working(&world), handed_out(&world)), (vec![true, true], Some(new)));
    assert!(world.account().ledger().users.values().all(|user| user.rollback.is_none()));
}

/// An override counts for the run that was sent with it. A note alone makes no key inactive that somebody uses.
#[test]
fn what_was_lifted_for_a_rollback_is_not_lifted_for_the_night_that_ends_it() {
    let world = hosts_have_followed();
    world.fail(Operation::UpdateAccessKey, 1, Fault::Death);
    let _ = asking(asked(ActionKind::Rollback, &[Guard::LastUsed])).on(&world);
    later(&world, DAY);
    let _ = night().on(&world);
    let [_, new] = old_and_new(&world);
    assert_eq!((working(&world), handed_out(&world)), (vec![true, true], Some(new)));
}

#[test]
fn a_rollback_that_was_refused_before_it_changed_anything_is_not_taken_up_by_a_night() {
    let world = hosts_stand_still();
    world.fail(Operation::UpdateAccessKey, 0, Fault::Denied);
    let run = asking(asked(ActionKind::Rollback, &[])).on(&world).run();
    assert_eq!(run.result.counts.get("rollback.failed"), Some(&1));
    later(&world, DAY);
    let _ = night().on(&world);
    assert_eq!(working(&world), [false, true]);
}

#[test]
fn a_rollback_that_broke_off_is_forgotten_after_three_days() {
    for (days, expected) in [(2, vec![true, false]), (3, vec![false, true])] {
        let world = hosts_stand_still();
        world.fail(Operation::UpdateAccessKey, 0, Fault::Death);
        let _ = asking(asked(ActionKind::Rollback, &[])).on(&world);
        later(&world, days * DAY);
        let _ = night().on(&world);
        assert_eq!(working(&world), expected, "after {days} days");
    }
}

#[test]
fn where_a_person_made_the_new_key_inactive_the_secret_still_comes_back_to_the_old_one() {
    let world = hosts_stand_still();
    let [old, new] = old_and_new(&world);
    world.account().set_status("alice", &new, KeyStatus::Inactive);
    let _ = asking(asked(ActionKind::Rollback, &[])).on(&world);
    assert_eq!((working(&world), handed_out(&world)), (vec![true, false], Some(old)));
}

#[test]
fn where_a_person_deleted_the_new_key_the_secret_still_comes_back_to_the_old_one() {
    let world = hosts_stand_still();
    let [old, new] = old_and_new(&world);
    world.account().delete_key("alice", &new);
    let _ = asking(asked(ActionKind::Rollback, &[])).on(&world);
    assert_eq!((working(&world), handed_out(&world)), (vec![true], Some(old)));
}

#[test]
fn a_secret_that_never_held_the_old_key_gets_its_record() {
    let world = hosts_stand_still();
    let [old, new] = old_and_new(&world);
    let name = world.account().secret_name("alice");
    world.account().secrets.get_mut(&name).unwrap().versions.retain(|_, version| version.key() == Some(new.clone()));
    let _ = asking(asked(ActionKind::Rollback, &[])).on(&world);
    assert_eq!((working(&world), handed_out(&world)), (vec![true, false], Some(old)));
}

/// The journal of a night says for whom it made a key. An action in between does not take its place.
#[test]
fn a_night_that_is_tried_again_finds_its_journal_whatever_was_asked_for_in_between() {
    let world = alice();
    let tried = Night { run_id: Some("one-night".to_owned()), forced: vec!["alice".to_owned()], ..night() };
    let _ = tried.on(&world);
    let [old, _] = old_and_new(&world);
    later(&world, jiff::SignedDuration::from_mins(10));
    let run = asking(asked(ActionKind::Deactivate, &[])).on(&world).run();
    assert_eq!(run.result.steps[0].status, Deferred);
    let lifted = [Guard::LastUsed, Guard::TakeUp, Guard::InstallGrace];
    let _ = asking(asked(ActionKind::Deactivate, &lifted)).on(&world);
    world.account().delete_key("alice", &old);
    let _ = tried.on(&world);
    assert_eq!(world.count(Operation::CreateAccessKey), 1);
}

/// A schedule may send one and the same run id with its constant event.
#[test]
fn a_constant_run_id_does_not_keep_next_months_action_from_being_done() {
    let world = alice();
    let create = Night { run_id: Some("action-monthly".to_owned()), ..asking(asked(ActionKind::Create, &[])) };
    let _ = create.on(&world);
    let [old, _] = old_and_new(&world);
    later(&world, 30 * DAY);
    world.account().delete_key("alice", &old);
    let run = create.on(&world).run();
    assert_eq!(run.result.counts.get("create.done"), Some(&1), "{:?}", run.result.steps);
}

#[test]
fn a_retired_key_that_is_active_again_is_announced_anew_also_where_its_rollback_broke_off_and_was_forgotten() {
    let world = empty_world();
    world.account().add_user("alice");
    world.account().add_key("alice", 90);
    let world = eve_of(world, &night(), StepKind::Retire);
    night().nights(&world, 1);
    // The key is active again, and that the rollback is done cannot be written down.
    world.fail(Operation::SaveLedger, 3, Fault::Denied);
    let _ = asking(asked(ActionKind::Rollback, &[])).on(&world);
    assert!(world.account().ledger().users.values().any(|user| user.rollback.is_some()));
    later(&world, DAY * 20);
    let run = night().on(&world).run();
    let announced = ("alice".to_owned(), StepKind::Warn, Reason::RetirementAhead, Done);
    assert_eq!((rows(&run.result), working(&world)), (vec![announced], vec![true]));
}
