//! What an earlier run left half-done is put right, and no key is lost or made twice on the way.

use jiff::SignedDuration;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::observed::{AWSCURRENT, AWSPENDING};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::secret::VersionId;
use keywheel_testkit::{Fault, Night, Operation, Secret, What, Who, World};

use crate::support::{next_night, night, row, rows, world_with};

fn keys_made(world: &World) -> usize {
    let made = |event: &&keywheel_testkit::Event| event.what == What::Made && event.who == Who::Keywheel;
    world.account().history.iter().filter(made).count()
}

fn after_a_night(world: &World) {
    night().nights(world, 1);
    world.forget();
}

#[test]
fn a_creation_that_never_arrived_is_made_the_next_night() {
    let world = world_with("alice", 90);
    world.fail(Operation::CreateAccessKey, 0, Fault::LostBefore);
    after_a_night(&world);
    assert_eq!(keys_made(&world), 0);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Create).1, StepStatus::Done);
    assert_eq!(keys_made(&world), 1);
}

#[test]
fn minutes_after_an_unanswered_creation_no_other_is_made() {
    let world = world_with("alice", 90);
    world.fail(Operation::CreateAccessKey, 0, Fault::LostBefore);
    let _ = night().on(&world);
    let run = night().on(&world).run();
    assert_eq!(rows(&run.result), [("alice".to_owned(), StepKind::Skip, Reason::CreationUnresolved, StepStatus::Done)]);
    assert_eq!(keys_made(&world), 0);
}

#[test]
fn a_key_made_after_a_slow_preparation_is_still_known_for_keywheels() {
    for seconds in [5, 12, 20, 30] {
        let world = world_with("alice", 90);
        world.account().behaviour.call_takes = SignedDuration::from_secs(seconds);
        world.fail(Operation::CreateAccessKey, 0, Fault::LostAfter);
        after_a_night(&world);
        assert_eq!(keys_made(&world), 1);
        world.account().behaviour.call_takes = SignedDuration::from_millis(50);
        let run = night().on(&world).run();
        assert_eq!(row(&run.result, StepKind::Reconcile).0, Reason::OrphanedKey, "{seconds} s per call");
    }
}

#[test]
fn a_key_that_iam_does_not_know_yet_when_it_is_taken_back_is_not_forgotten() {
    let world = world_with("alice", 90);
    world.account().behaviour.known_after = SignedDuration::from_secs(10);
    world.account().behaviour.listed_after = SignedDuration::from_secs(10);
    world.fail(Operation::PutPending, 0, Fault::Denied);
    after_a_night(&world);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Reconcile), (Reason::NeverStored, StepStatus::Done));
    let account = world.account();
    assert_eq!(account.user("alice").keys.len(), 1);
    assert!(account.user("alice").keys[0].is_active());
}

#[test]
fn one_run_makes_one_key_per_user_however_often_it_is_retried() {
    for (operation, fault) in [
        (Operation::PutPending, Fault::Denied),
        (Operation::PutPending, Fault::Throttled),
        (Operation::PutPending, Fault::LostBefore),
        (Operation::CreateAccessKey, Fault::LostAfter),
        (Operation::Prove, Fault::Denied),
    ] {
        let world = world_with("alice", 90);
        world.fail_every(operation, fault);
        let same = Night { run_id: Some("one-run".to_owned()), ..night() };
        for _ in 0..5 {
            let _ = same.on(&world);
            let later = world.account().now.checked_add(SignedDuration::from_mins(20)).unwrap();
            world.at(later);
        }
        assert_eq!(keys_made(&world), 1, "{operation:?} {fault:?}");
    }
}

#[test]
fn rule_4_a_retry_makes_no_second_key_where_a_person_deleted_the_first() {
    let world = world_with("alice", 90);
    let same = Night { run_id: Some("one-run".to_owned()), ..night() };
    let begun = world.account().now;
    let _ = same.on(&world);
    let made = world.account().user("alice").keys[1].id.clone();
    world.account().delete_key("alice", &made);
    let _ = same.on(&world);
    assert_eq!(keys_made(&world), 1);
    next_night(&world, begun);
    let run = night().on(&world).run();
    assert_eq!((row(&run.result, StepKind::Publish).1, keys_made(&world)), (StepStatus::Done, 2));
}

#[test]
fn a_key_that_was_taken_back_is_made_anew_by_the_next_run() {
    let world = world_with("alice", 90);
    world.fail(Operation::PutPending, 0, Fault::Denied);
    after_a_night(&world);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Publish).1, StepStatus::Done);
}

#[test]
fn a_publication_that_breaks_off_anywhere_is_known_for_what_it_is_the_next_night() {
    for (operation, nth) in [
        (Operation::MoveCurrent, 0),
        (Operation::RemoveLabel, 0),
        // Journal, intent, record, end.
        (Operation::SaveLedger, 2),
        (Operation::SaveLedger, 3),
    ] {
        for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Throttled, Fault::Death] {
            let world = world_with("alice", 90);
            let old = world.account().user("alice").keys[0].id.clone();
            world.fail(operation, nth, fault);
            after_a_night(&world);
            let run = night().on(&world).run();
            let is_conflict =
                |step: &&keywheel_core::contract::result::StepResult| step.reason == Reason::ConflictTwoActive;
            let context = format!("{operation:?} {nth} {fault:?}: {:?}", run.result.steps);
            assert_eq!(run.result.steps.iter().filter(is_conflict).count(), 0, "{context}");
            let account = world.account();
            assert_eq!(account.offered("alice"), Some(account.user("alice").keys[1].id.clone()), "{context}");
            assert!(account.mails.iter().all(|mail| mail.entry.access_key_id.as_ref() == Some(&old)), "{context}");
            let done = |mail: &&keywheel_testkit::Mail| mail.entry.status == StepStatus::Done;
            assert_eq!(account.mails.iter().filter(done).count(), 1, "{context}");
            assert_eq!(account.user("alice").keys.len(), 2);
        }
    }
}

fn with_empty_secret() -> World {
    let world = world_with("alice", 90);
    let name = world.account().secret_name("alice");
    world.account().secrets.insert(name, Secret::default());
    world
}

#[test]
fn an_unproven_pair_is_never_the_first_version_of_a_secret_that_somebody_made_empty() {
    let world = with_empty_secret();
    world.person(|call, account| {
        if call.operation == Operation::Prove {
            let (_, current) = account.secret("alice").unwrap().labelled(AWSCURRENT).unwrap();
            assert!(!current.has_half() && !current.stages.contains(AWSPENDING));
        }
    });
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Publish).1, StepStatus::Done);
    assert!(world.count(Operation::Prove) >= 1);
}

#[test]
fn a_third_key_of_a_racing_person_is_not_touched() {
    let world = world_with("alice", 90);
    world.account().behaviour.quota_is_racy = true;
    world.person(|call, account| {
        if call.operation == Operation::CreateAccessKey {
            account.add_key("alice", 0);
        }
    });
    after_a_night(&world);
    assert_eq!(world.account().user("alice").keys.len(), 3);
    night().nights(&world, 5);
    let account = world.account();
    assert!(account.user("alice").keys.iter().all(keywheel_testkit::Key::is_active));
    assert_eq!(account.user("alice").keys.len(), 3);
}

#[test]
fn a_pair_that_is_stored_after_all_is_not_deleted() {
    let world = world_with("alice", 90);
    world.fail(Operation::PutPending, 0, Fault::LostBefore);
    world.fail(Operation::DescribeSecret, 1, Fault::Throttled);
    after_a_night(&world);
    world.person(|call, account| {
        // The put of the night before arrives right after this run has looked.
        if call.operation == Operation::GetUser {
            let (name, now) = (account.secret_name("alice"), account.now);
            let user = account.user("alice");
            let version = VersionId::of(&account.id, &user.user_id, &user.keys[1].id);
            account.secrets.get_mut(&name).unwrap().put(version, "{}", AWSPENDING, now);
        }
    });
    let _ = night().on(&world).run();
    assert_eq!(world.count(Operation::DeleteAccessKey), 0);
}

#[test]
fn a_key_that_is_not_listed_yet_when_the_job_arrives_again_is_still_known_for_keywheels() {
    let world = world_with("alice", 90);
    world.account().behaviour.listed_after = SignedDuration::from_secs(9);
    world.fail(Operation::PutPending, 0, Fault::Denied);
    world.fail(Operation::DeleteAccessKey, 0, Fault::Denied);
    let same = Night { run_id: Some("one-run".to_owned()), ..night() };
    let begun = world.account().now;
    let _ = same.on(&world);
    let _ = same.on(&world);
    next_night(&world, begun);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Reconcile).0, Reason::NeverStored);
    assert_eq!(world.account().users_with_a_never_stored_key(), Vec::<String>::new());
}
