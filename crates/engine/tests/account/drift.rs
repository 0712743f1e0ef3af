//! What people do in the middle of a run, right before any of its calls, and runs that come late or out of order.

use jiff::SignedDuration;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::time::plus;
use keywheel_testkit::{Account, Ended, Night, Operation, What};

use crate::support::{Act, alice, assert_deferred_whenever, eve_of, next_night, night};

const ACTS_BEFORE_A_KEY_IS_MADE: &[Act] = &[
    ("the key is made inactive", |account| {
        let key = account.user("alice").keys.first().map(|key| key.id.clone());
        if let Some(key) = key {
            account.set_status("alice", &key, KeyStatus::Inactive);
        }
    }),
    ("the key is deleted", |account| {
        let key = account.user("alice").keys.first().map(|key| key.id.clone());
        if let Some(key) = key {
            account.delete_key("alice", &key);
        }
    }),
    ("a second key is made", |account| {
        account.add_key("alice", 0);
    }),
    ("the user is made again, with a new key", |account| {
        account.add_user_with_key("alice", 1);
    }),
    ("the user is exempted", |account| {
        let tags = &mut account.user_mut("alice").tags;
        tags.insert("KeyRotation:EXEMPT_UNTIL".to_owned(), "2099-12-31".to_owned());
    }),
];

#[test]
fn whatever_a_person_changes_before_the_last_look_makes_no_key() {
    assert_deferred_whenever(&alice(), Operation::CreateAccessKey, ACTS_BEFORE_A_KEY_IS_MADE);
}

const ACTS_ON_THE_SECRET: &[Act] = &[
    ("the policy is taken off", |account| {
        let name = account.secret_name("alice");
        account.secrets.entry(name).and_modify(|secret| secret.policy = None);
    }),
    ("the policy is opened", |account| {
        let name = account.secret_name("alice");
        let open = r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned();
        account.secrets.entry(name).and_modify(|secret| secret.policy = Some(open));
    }),
    ("the secret is deleted", |account| {
        let name = account.secret_name("alice");
        account.secrets.remove(&name);
    }),
];

/// Lets a person act right before each call of the night in turn, and gives it two further nights.
fn assert_mended_whenever(acts: &[Act], is_well: fn(&Account) -> bool) {
    let calm = alice();
    let _ = night().on(&calm);
    for &(name, act) in acts {
        for (moment, call) in calm.calls().iter().enumerate() {
            let context = format!("{name}, right before call {moment}, {call:?}");
            let world = alice();
            let begun = world.account().now;
            let mut made = 0;
            world.person(move |_, account| {
                if made == moment {
                    act(account);
                }
                made += 1;
            });
            let _ = night().on(&world);
            world.forget();
            for further in 0..2 {
                next_night(&world, plus(begun, SignedDuration::from_hours(24 * further)));
                let _ = night().on(&world);
            }
            let account = world.account();
            assert_eq!(account.broken_rules(), Vec::<String>::new(), "{context}");
            assert!(account.user("alice").keys.len() <= 2, "{context}");
            assert!(account.user("alice").keys[0].is_active(), "{context}");
            assert!(is_well(&account), "{context}");
        }
    }
}

#[test]
fn a_secret_that_somebody_changes_in_the_middle_of_a_run_costs_no_working_key() {
    assert_mended_whenever(ACTS_ON_THE_SECRET, |account| account.deeds(What::MadeInactive).count() == 0);
}

const REPLACEMENT_ACTS: &[Act] = &[
    ("the secret is deleted", |account| {
        let name = account.secret_name("alice");
        account.secrets.remove(&name);
    }),
    ("the old key is made inactive", |account| {
        let key = account.user("alice").keys[0].id.clone();
        account.set_status("alice", &key, KeyStatus::Inactive);
    }),
];

#[test]
fn a_key_is_not_made_inactive_when_its_replacement_can_no_longer_be_read() {
    let eve = eve_of(alice(), &night(), StepKind::Deactivate);
    assert_deferred_whenever(&eve, Operation::UpdateAccessKey, REPLACEMENT_ACTS);
}

#[test]
fn the_same_job_six_hours_late_changes_nothing_more() {
    let world = alice();
    let same = Night { run_id: Some("one-run".to_owned()), ..night() };
    let _ = same.on(&world);
    world.forget();
    let later = plus(world.account().now, SignedDuration::from_hours(6));
    world.at(later);
    assert!(same.on(&world).run().result.complete);
    assert!(world.calls().iter().all(|call| !call.operation.is_change()));
    assert_eq!(world.account().deeds(What::Made).count(), 1);
}

#[test]
fn nights_whose_events_come_out_of_order_do_the_same_as_in_order() {
    let ends = [["night-1", "night-2"], ["night-2", "night-1"]].map(|order| {
        let world = alice();
        for run_id in order {
            Night { run_id: Some(run_id.to_owned()), ..night() }.nights(&world, 1);
        }
        let account = world.account();
        account.history.iter().map(|event| (event.at, event.what)).collect::<Vec<_>>()
    });
    assert_eq!(ends[0], ends[1]);
}

#[test]
fn eight_deliveries_of_one_job_two_at_a_time_make_one_key() {
    for lead in [0, 1, 7, 30] {
        let world = alice();
        let same = Night { run_id: Some("one-run".to_owned()), ..night() };
        let mut served = 0;
        for _ in 0..4 {
            let ends = same.twice_on(&world, lead);
            let created =
                |end: &&Ended| matches!(end, Ended::Run(run) if run.result.counts.contains_key("create.done"));
            served += ends.iter().filter(created).count();
        }
        assert_eq!((served, world.account().deeds(What::Made).count()), (1, 1), "{lead}");
    }
}

#[test]
fn a_write_that_meets_another_runs_ends_all_changes() {
    for kind in [StepKind::Create, StepKind::Deactivate, StepKind::Delete] {
        let eve = eve_of(alice(), &night(), kind);
        let calm = eve.fork();
        let _ = night().on(&calm);
        for nth in 0..calm.count(Operation::SaveLedger) {
            let world = eve.fork();
            let mut writes = 0;
            world.person(move |call, account| {
                if call.operation == Operation::SaveLedger {
                    if writes == nth {
                        let mut ledger = account.ledger();
                        "other-writer".clone_into(&mut ledger.writer);
                        ledger.sequence += 1;
                        account.set_ledger(&ledger);
                    }
                    writes += 1;
                }
            });
            let _ = night().on(&world);
            let calls = world.calls();
            let met = calls.iter().enumerate().filter(|(_, call)| call.operation == Operation::SaveLedger).nth(nth);
            let after = &calls[met.unwrap().0..];
            // A pair that was just made is stored whoever has the account.
            let late =
                after.iter().filter(|call| call.operation.is_change() && call.operation != Operation::PutPending);
            assert_eq!(late.count(), 0, "{kind:?}, write {nth}: {after:?}");
            assert_eq!(world.account().ledger().writer, "other-writer", "{kind:?}, write {nth}");
        }
    }
}

/// The key is active when it is looked at right before its deletion, and inactive again the next night.
#[test]
fn a_key_that_a_person_revived_between_audit_and_deletion_is_a_persons_from_then_on() {
    let world = eve_of(alice(), &night(), StepKind::Delete);
    let [old, _] = crate::support::old_and_new(&world);
    let (begun, revived) = (world.account().now, old.clone());
    world.person(move |call, account| {
        if call.operation == Operation::DescribeSecret
            && account.history.last().is_some_and(|last| last.what != What::MadeActive)
        {
            account.set_status("alice", &revived, KeyStatus::Active);
        }
    });
    let _ = night().on(&world);
    world.person(|_, _| {});
    world.account().set_status("alice", &old, KeyStatus::Inactive);
    next_night(&world, begun);
    night().nights(&world, 60);
    assert_eq!(world.account().deeds(What::Deleted).count(), 0);
}
