//! Inactive keys are deleted after the recovery grace, and not if anything has changed since it was planned.

use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::AccessKeyId;
use keywheel_core::observed::{AWSPREVIOUS, KeyStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::time::days_since;
use keywheel_testkit::{Account, Fault, Operation, What, World};

use crate::support::{Act, alice, assert_deferred_whenever, changes, eve_of, next_night, night, row};

fn eve() -> World {
    eve_of(alice(), &night(), StepKind::Delete)
}

fn old(account: &Account) -> AccessKeyId {
    account.user("alice").keys[0].id.clone()
}

fn has_previous(world: &World) -> bool {
    world.account().secret("alice").unwrap().labelled(AWSPREVIOUS).is_some()
}

#[test]
fn the_inactive_key_is_deleted_35_days_after_it_was_made_inactive() {
    let world = eve();
    let made_inactive = |account: &Account| {
        account.history.iter().find(|event| event.what == What::MadeInactive).map(|event| event.at).unwrap()
    };
    // It was made inactive seconds after the run of that night had begun.
    let since = made_inactive(&world.account());
    assert_eq!(days_since(since, world.account().now), 35);
    assert!(has_previous(&world));
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Delete), (Reason::RecoveryGraceOver, StepStatus::Done));
    let account = world.account();
    assert_eq!(account.user("alice").keys.len(), 1);
    assert_eq!(account.offered("alice"), Some(account.user("alice").keys[0].id.clone()));
    drop(account);
    assert!(!has_previous(&world));
}

const ACTS: &[Act] = &[
    ("the key is made active", |account| {
        let key = old(account);
        account.set_status("alice", &key, KeyStatus::Active);
    }),
    ("the key is deleted", |account| {
        let key = old(account);
        account.delete_key("alice", &key);
    }),
    ("a late use shows", |account| {
        let (key, now) = (old(account), account.now);
        account.user_mut("alice").key_mut(&key).unwrap().uses.push(now);
    }),
    ("the replacement is made inactive", |account| {
        let key = account.user("alice").keys[1].id.clone();
        account.set_status("alice", &key, KeyStatus::Inactive);
    }),
    ("the replacement is deleted", |account| {
        let key = account.user("alice").keys[1].id.clone();
        account.delete_key("alice", &key);
    }),
    ("the user is made again", |account| {
        account.add_user("alice");
    }),
    ("the user is exempted", |account| {
        let tags = &mut account.user_mut("alice").tags;
        tags.insert("keyrotation:exempt_until".to_owned(), "no date".to_owned());
    }),
];

#[test]
fn whatever_a_person_changes_before_the_last_look_defers_it() {
    assert_deferred_whenever(&eve(), Operation::DeleteAccessKey, ACTS);
}

#[test]
fn a_lost_answer_to_a_deletion_that_took_effect_counts_as_done() {
    let world = eve();
    world.fail(Operation::DeleteAccessKey, 0, Fault::LostAfter);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Delete).1, StepStatus::Done);
    assert!(!has_previous(&world));
}

#[test]
fn a_deletion_that_did_not_happen_is_made_the_next_night() {
    for fault in [Fault::LostBefore, Fault::Throttled, Fault::Denied, Fault::Death] {
        let world = eve();
        let begun = world.account().now;
        world.fail(Operation::DeleteAccessKey, 0, fault);
        let _ = night().on(&world);
        assert_eq!(world.account().user("alice").keys.len(), 2, "{fault:?}");
        world.forget();
        next_night(&world, begun);
        let run = night().on(&world).run();
        assert_eq!(row(&run.result, StepKind::Delete).1, StepStatus::Done, "{fault:?}");
        assert_eq!(world.account().user("alice").keys.len(), 1, "{fault:?}");
    }
}

#[test]
fn the_label_of_a_deleted_key_goes_whatever_breaks_off() {
    for operation in
        [Operation::DescribeSecret, Operation::RemoveLabel, Operation::SaveLedger, Operation::DeleteAccessKey]
    {
        for fault in Fault::ALL {
            for nth in 0..3 {
                let world = eve();
                let begun = world.account().now;
                world.fail(operation, nth, *fault);
                let _ = night().on(&world);
                world.forget();
                for _ in 0..2 {
                    let now = world.account().now;
                    next_night(&world, now.max(begun));
                    let _ = night().on(&world);
                }
                assert!(!has_previous(&world), "{operation:?} {nth} {fault:?}");
                assert_eq!(world.account().user("alice").keys.len(), 1, "{operation:?} {nth} {fault:?}");
            }
        }
    }
}

#[test]
fn a_key_of_a_persons_making_inactive_is_never_deleted() {
    let world = alice();
    let extra = {
        let mut account = world.account();
        let extra = account.add_key("alice", 400);
        account.set_status("alice", &extra, KeyStatus::Inactive);
        extra
    };
    night().nights(&world, 150);
    assert_eq!(changes(&world), []);
    assert_eq!(world.account().user("alice").keys.len(), 2);
    let blocked = |mail: &&keywheel_testkit::Mail| mail.entry.reason == Reason::SlotBlocked;
    let account = world.account();
    assert_eq!(account.mails.iter().filter(blocked).count(), 150 / 7 + 1);
    // The mails name the key that takes up the place, beside the one that is due.
    let named = |mail: &keywheel_testkit::Mail| mail.entry.other_key.as_ref() == Some(&extra);
    assert!(account.mails.iter().filter(blocked).all(named), "{:?}", account.mails);
    assert!(account.mails.iter().filter(|mail| !blocked(mail)).all(|mail| mail.entry.other_key.is_none()));
}

#[test]
fn a_key_that_is_gone_at_the_last_moment_is_as_good_as_deleted() {
    let world = eve();
    let old = old(&world.account());
    world.person(move |call, account| {
        if call.operation == Operation::DeleteAccessKey {
            account.delete_key("alice", &old);
        }
    });
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Delete).1, StepStatus::Done);
}

#[test]
fn nothing_is_deleted_in_the_first_run_of_an_account_whatever_a_ledger_says() {
    // A stored ledger has been written at least once; one that says it was not is as good as none.
    let world = eve();
    let mut ledger = world.account().ledger();
    ledger.sequence = 0;
    world.account().set_ledger(&ledger);
    let begun = world.account().now;
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Skip), (Reason::FirstSight, StepStatus::Done));
    assert_eq!(changes(&world), []);
    let run = {
        // The run had something to remember, so that the next one has a ledger.
        ledger.sequence = 1;
        world.account().set_ledger(&ledger);
        next_night(&world, begun);
        night().on(&world).run()
    };
    assert_eq!(row(&run.result, StepKind::Delete), (Reason::RecoveryGraceOver, StepStatus::Done));
}

#[test]
fn a_lost_ledger_starts_the_recovery_grace_anew() {
    let world = eve();
    world.account().set_ledger_text(None);
    night().nights(&world, 34);
    assert_eq!(world.count(Operation::DeleteAccessKey), 0);
}
