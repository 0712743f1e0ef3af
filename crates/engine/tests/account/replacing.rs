//! A replacement: from the intent in the ledger to the mail.

use jiff::SignedDuration;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::AccessKeyId;
use keywheel_core::observed::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, KeyStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Fault, Operation, Secret};

use crate::support::{changes, next_night, night, row, rows, world_with};

#[test]
fn a_replacement_goes_from_intent_to_mail_in_the_order_of_the_design() {
    let world = world_with("alice", 90);
    world.person(|call, account| {
        let ledger = account.ledger();
        let record = ledger.users.values().next();
        let intent = record.and_then(|record| record.intent.clone());
        let secret = account.secret("alice");
        match call.operation {
            Operation::CreateSecret | Operation::PutPolicy => assert!(intent.is_some()),
            Operation::CreateAccessKey => {
                assert!(intent.is_some_and(|intent| intent.at <= call.at && call.at <= intent.until));
                assert!(secret.is_some_and(|secret| secret.policy.is_some()));
            }
            Operation::Prove => {
                let (_, pending) = secret.unwrap().labelled(AWSPENDING).unwrap();
                assert!(pending.has_half() && !pending.stages.contains(AWSCURRENT));
            }
            Operation::RemoveLabel => {
                let (_, pending) = secret.unwrap().labelled(AWSPENDING).unwrap();
                assert!(pending.stages.contains(AWSCURRENT));
            }
            _ => {}
        }
    });
    let run = night().on(&world).run();
    assert_eq!(
        changes(&world),
        [
            Operation::CreateSecret,
            Operation::PutPolicy,
            Operation::CreateAccessKey,
            Operation::PutPending,
            Operation::MoveCurrent,
            Operation::RemoveLabel
        ]
    );
    let order: Vec<_> = world.calls().iter().map(|call| call.operation).collect();
    let place = |operation| order.iter().position(|candidate| *candidate == operation).unwrap();
    assert!(place(Operation::PutPending) < place(Operation::Prove));
    assert!(place(Operation::Prove) < place(Operation::MoveCurrent));
    assert_eq!(order.last(), Some(&Operation::SaveLedger));
    assert_eq!(row(&run.result, StepKind::Create), (Reason::RotationDue, StepStatus::Done));
    assert_eq!(row(&run.result, StepKind::Publish), (Reason::RotationDue, StepStatus::Done));
    assert!(run.result.complete && !run.retry_helps);
    assert_eq!(world.account().mails.len(), 1);
}

#[test]
fn after_a_replacement_secret_and_ledger_say_the_same() {
    let world = world_with("alice", 90);
    let _ = night().on(&world).run();
    let account = world.account();
    let user = account.user("alice");
    let [old, new] = &user.keys[..] else { panic!("{:?}", user.keys) };
    assert!(old.is_active() && new.is_active());
    let secret = account.secret("alice").unwrap();
    let (current, previous) = (vec![AWSCURRENT.to_owned()], vec![AWSPREVIOUS.to_owned()]);
    assert_eq!(labels(secret), [(new.id.clone(), true, current), (old.id.clone(), false, previous)]);
    let ledger = account.ledger();
    assert_eq!(ledger.claim, None);
    let record = ledger.users.values().next().unwrap();
    assert_eq!(record.intent, None);
    let (old_record, new_record) = (record.key(&old.id), record.key(&new.id));
    assert_eq!(old_record.superseded_by.as_ref(), Some(&new.id));
    assert_eq!(new_record.supersedes.as_ref(), Some(&old.id));
    assert_eq!(new_record.created, Some(new.created));
    assert!(new_record.created <= new_record.proven && new_record.proven <= new_record.published);
    assert!(!new_record.retrieval_unproven);
}

/// Key, whether its secret half is there, and labels, of every version; the newest key first.
fn labels(secret: &Secret) -> Vec<(AccessKeyId, bool, Vec<String>)> {
    let mut versions: Vec<_> = secret.versions.values().collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.key()));
    let row = |version: &keywheel_testkit::Version| (version.key().unwrap(), version.has_half());
    let stages = |version: &'_ keywheel_testkit::Version| -> Vec<String> { version.stages.iter().cloned().collect() };
    versions.into_iter().map(|version| (row(version).0, row(version).1, stages(version))).collect()
}

#[test]
fn the_same_night_again_changes_nothing_and_mails_nobody() {
    let world = world_with("alice", 90);
    let _ = night().on(&world).run();
    world.forget();
    let again = night().on(&world).run();
    assert_eq!(changes(&world), []);
    assert_eq!(world.account().mails.len(), 1);
    assert!(again.digests.is_empty(), "{:?}", again.digests);
    assert!(again.result.complete);
}

#[test]
fn a_key_that_works_late_is_proven_late() {
    let world = world_with("alice", 90);
    world.account().behaviour.works_after = SignedDuration::from_secs(45);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Publish), (Reason::RotationDue, StepStatus::Done));
    assert!(world.count(Operation::Prove) > 2);
}

#[test]
fn a_proof_that_does_not_come_leaves_the_pair_pending_and_the_next_night_publishes_it() {
    let world = world_with("alice", 90);
    let begun = world.account().now;
    world.account().behaviour.works_after = SignedDuration::from_hours(2);
    let run = night().on(&world).run();
    assert_eq!(
        rows(&run.result),
        [
            ("alice".to_owned(), StepKind::Create, Reason::RotationDue, StepStatus::Done),
            ("alice".to_owned(), StepKind::Publish, Reason::ReplacementUnproven, StepStatus::Deferred)
        ]
    );
    assert!(run.retry_helps && !run.result.complete && world.account().mails.is_empty());
    assert_eq!(world.account().offered("alice"), None);
    let (old, new) = {
        let account = world.account();
        let keys = &account.user("alice").keys;
        (keys[0].id.clone(), keys[1].id.clone())
    };
    assert_eq!(world.account().secret("alice").unwrap().labels_of(&new), Some(vec![AWSPENDING]));
    next_night(&world, begun);
    world.forget();
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Publish), (Reason::ReplacementPending, StepStatus::Done));
    assert_eq!(changes(&world), [Operation::MoveCurrent, Operation::RemoveLabel]);
    let account = world.account();
    assert_eq!(account.offered("alice"), Some(new));
    assert_eq!(account.mails[0].entry.access_key_id, Some(old));
}

#[test]
fn a_put_that_is_refused_takes_the_key_back_at_once() {
    for fault in [Fault::Denied, Fault::Throttled, Fault::LostBefore] {
        let world = world_with("alice", 90);
        world.fail(Operation::PutPending, 0, fault);
        let run = night().on(&world).run();
        assert_eq!(row(&run.result, StepKind::Create), (Reason::RotationDue, StepStatus::Failed), "{fault:?}");
        let account = world.account();
        assert_eq!(account.user("alice").keys.len(), 1, "{fault:?}");
        assert_eq!(account.ledger().users.values().next().unwrap().intent, None);
    }
}

#[test]
fn a_put_whose_answer_is_lost_keeps_the_key() {
    let world = world_with("alice", 90);
    world.fail(Operation::PutPending, 0, Fault::LostAfter);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Publish).1, StepStatus::Done);
    assert_eq!(world.count(Operation::DeleteAccessKey), 0);
    let account = world.account();
    assert_eq!(account.offered("alice"), Some(account.user("alice").keys[1].id.clone()));
}

#[test]
fn a_put_of_which_nothing_is_known_is_found_out_by_the_next_night() {
    for (fault, was_stored) in [(Fault::LostBefore, false), (Fault::LostAfter, true)] {
        let world = world_with("alice", 90);
        let begun = world.account().now;
        world.fail(Operation::PutPending, 0, fault);
        // The first look is that of the preparation.
        world.fail(Operation::DescribeSecret, 1, Fault::Throttled);
        let run = night().on(&world).run();
        assert_eq!(row(&run.result, StepKind::Create).1, StepStatus::Failed);
        assert_eq!(world.account().user("alice").keys.len(), 2);
        next_night(&world, begun);
        world.forget();
        let run = night().on(&world).run();
        let account = world.account();
        if was_stored {
            assert_eq!(row(&run.result, StepKind::Publish).1, StepStatus::Done);
            assert_eq!(account.offered("alice"), Some(account.user("alice").keys[1].id.clone()));
        } else {
            assert_eq!(row(&run.result, StepKind::Reconcile), (Reason::NeverStored, StepStatus::Done));
            assert_eq!(account.user("alice").keys.len(), 1);
            assert!(account.user("alice").keys[0].is_active());
        }
    }
}

#[test]
fn no_key_is_made_while_the_secret_is_scheduled_for_deletion() {
    let world = world_with("alice", 90);
    let name = world.account().secret_name("alice");
    let doomed = Secret { is_scheduled_for_deletion: true, ..Secret::default() };
    world.account().secrets.insert(name, doomed);
    let run = night().on(&world).run();
    assert_eq!(changes(&world), []);
    let failed = &run.result.steps[0];
    assert_eq!(failed.status, StepStatus::Failed);
    assert!(failed.error.as_ref().unwrap().contains("restore"), "{failed:?}");
    assert_eq!(world.account().ledger().users.values().next().unwrap().intent, None);
}

#[test]
fn a_slot_that_is_filled_at_the_last_moment_makes_no_key() {
    for moment in [Operation::PutPolicy, Operation::CreateAccessKey] {
        let world = world_with("alice", 90);
        world.person(move |call, account| {
            if call.operation == moment && account.user("alice").keys.len() == 1 {
                account.add_key("alice", 0);
            }
        });
        let run = night().on(&world).run();
        assert_ne!(row(&run.result, StepKind::Create).1, StepStatus::Done);
        let account = world.account();
        assert_eq!(account.user("alice").keys.len(), 2);
        assert!(account.user("alice").keys.iter().all(|key| key.status == KeyStatus::Active));
        assert_eq!(account.ledger().users.values().next().unwrap().intent, None);
    }
}

#[test]
fn a_tag_has_the_secret_hold_the_passwords_of_ses_too() {
    for (tag, regions) in [("us-east-1 eu-central-1", vec!["eu-central-1", "us-east-1"]), ("everywhere", Vec::new())] {
        let world = world_with("alice", 90);
        world.account().user_mut("alice").tags.insert("KeyRotation:SMTP_REGIONS".to_owned(), tag.to_owned());
        let run = night().on(&world).run();
        assert_eq!(row(&run.result, StepKind::Publish).1, StepStatus::Done);
        let account = world.account();
        let current = account.secret("alice").unwrap().labelled("AWSCURRENT").unwrap().1.clone();
        assert_eq!(
            (current.smtp_regions(), current.has_half()),
            (regions.iter().map(ToString::to_string).collect(), true)
        );
    }
}
