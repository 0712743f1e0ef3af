//! The ledger: the claim, its renewal, its loss, and what is written before anything is changed.

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::ledger::Claim;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_core::time::plus;
use keywheel_engine::account::AccountError;
use keywheel_testkit::{Account, Ended, Fault, Night, Operation, World};

use crate::support::{changes, empty_world, night, row, world_with};

fn claim(until: Timestamp) -> Claim {
    Claim { run_id: "other-run".parse().unwrap(), writer: "other-writer".to_owned(), until }
}

fn claimed_until(account: &mut Account, until: Timestamp) {
    let mut ledger = account.ledger();
    ledger.claim = Some(claim(until));
    "other-writer".clone_into(&mut ledger.writer);
    ledger.sequence += 1;
    account.set_ledger(&ledger);
}

fn in_seconds(world: &World, seconds: i64) -> Timestamp {
    plus(world.account().now, SignedDuration::from_secs(seconds))
}

fn two_users() -> World {
    let world = empty_world();
    world.account().add_user_with_key("alice", 90);
    world.account().add_user_with_key("bob", 95);
    world
}

#[test]
fn a_live_claim_of_another_run_is_an_error_and_changes_nothing() {
    let world = world_with("alice", 90);
    let until = in_seconds(&world, 60);
    claimed_until(&mut world.account(), until);
    let before = world.account().ledger();
    let error = night().on(&world).error();
    assert!(matches!(&error, AccountError::Busy { run_id, .. } if run_id.as_str() == "other-run"), "{error}");
    assert!(world.calls().iter().all(|call| !call.operation.is_write()));
    assert_eq!(world.account().ledger(), before);
}

#[test]
fn a_claim_of_the_same_runs_other_process_is_an_error_too() {
    let world = world_with("alice", 90);
    let until = in_seconds(&world, 60);
    claimed_until(&mut world.account(), until);
    let same = Night { run_id: Some("other-run".to_owned()), ..night() };
    assert!(matches!(same.on(&world).error(), AccountError::Busy { .. }));
}

#[test]
fn a_live_claim_does_not_matter_where_there_is_nothing_to_write() {
    let world = world_with("alice", 10);
    let until = in_seconds(&world, 60);
    claimed_until(&mut world.account(), until);
    assert!(night().on(&world).run().result.complete);
    assert_eq!(world.count(Operation::SaveLedger), 0);
}

#[test]
fn a_claim_that_lapsed_is_taken_over() {
    let world = world_with("alice", 90);
    let until = in_seconds(&world, -1);
    claimed_until(&mut world.account(), until);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Create).1, StepStatus::Done);
    assert_eq!(world.account().ledger().claim, None);
}

#[test]
fn a_claim_longer_than_any_claim_is_not_believed() {
    let world = world_with("alice", 90);
    let until = in_seconds(&world, 3600);
    claimed_until(&mut world.account(), until);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Create).1, StepStatus::Done);
}

#[test]
fn a_run_whose_claim_was_taken_over_stops_before_its_next_change() {
    let calm = world_with("alice", 90);
    let _ = night().on(&calm);
    for moment in 0..calm.calls().len() {
        let world = world_with("alice", 90);
        let mut made = 0;
        world.person(move |_, account| {
            if made == moment {
                // The lease of this run has run out before another one takes the account over.
                account.now = plus(account.now, SignedDuration::from_secs(91));
                let until = plus(account.now, SignedDuration::from_secs(90));
                claimed_until(account, until);
            }
            made += 1;
        });
        let _ = night().on(&world);
        let late = world.calls().into_iter().skip(moment + 1);
        let late: Vec<_> = late.map(|call| call.operation).filter(|operation| operation.is_change()).collect();
        // A pair that was just made is stored whoever has the account.
        let storing = [Operation::PutPending];
        assert!(late.is_empty() || late == storing, "taken over before call {moment}: {late:?}");
        assert_eq!(world.account().ledger().writer, "other-writer", "before call {moment}");
    }
}

#[test]
fn a_lost_claim_is_reported_as_such() {
    let world = world_with("alice", 90);
    world.person(|call, account| {
        if call.operation == Operation::GetUser {
            let until = plus(account.now, SignedDuration::from_secs(90));
            claimed_until(account, until);
        }
    });
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Create), (Reason::ClaimLost, StepStatus::Deferred));
    assert!(run.retry_helps && !run.result.complete);
    assert_eq!(changes(&world), []);
}

#[test]
fn no_change_is_begun_with_less_lease_left_than_it_may_take() {
    for seconds in [1, 7, 15, 20] {
        let world = world_with("alice", 90);
        world.account().behaviour.call_takes = SignedDuration::from_secs(seconds);
        world.account().behaviour.works_after = SignedDuration::from_secs(50);
        world.person(|call, account| {
            if call.operation.is_change() && call.operation != Operation::PutPending {
                let claim = account.ledger().claim.unwrap();
                // The model's clock moves before the person acts, so the call began `call_takes` ago.
                let begun = call.at.checked_sub(account.behaviour.call_takes).unwrap();
                let left = claim.until.duration_since(begun).as_secs();
                assert!(claim.run_id.as_str() == "night-1" && left >= 35, "{:?}: {left} s left", call.operation);
            }
        });
        let _ = night().on(&world).run();
        assert!(world.count(Operation::MoveCurrent) >= 1, "{seconds}");
    }
}

#[test]
fn a_412_to_a_write_that_was_made_is_success() {
    let calm = two_users();
    let _ = night().on(&calm);
    for nth in 0..calm.count(Operation::SaveLedger) {
        let world = two_users();
        world.fail(Operation::SaveLedger, nth, Fault::ConflictAfter);
        let run = night().on(&world).run();
        assert!(run.result.complete, "write {nth}: {:?}", run.result);
        assert_eq!(changes(&world).len(), changes(&calm).len());
    }
}

#[test]
fn a_lost_write_is_not_taken_for_the_one_after_it() {
    // The answer to a write is lost, the look at what became of it fails too, and the next write then meets the first.
    let calm = two_users();
    let _ = night().on(&calm);
    for nth in 1..calm.count(Operation::SaveLedger) {
        let world = two_users();
        world.fail(Operation::SaveLedger, nth, Fault::LostAfter);
        world.fail(Operation::LoadLedger, 1, Fault::Throttled);
        world.person(|call, account| {
            if call.operation == Operation::CreateAccessKey {
                let ledger = account.ledger();
                let record = &ledger.users[&call.subject.parse().unwrap()];
                assert!(record.intent.is_some(), "a key is made for {} without an intent", call.subject);
            }
        });
        let _ = night().on(&world).run();
        assert!(world.count(Operation::CreateAccessKey) >= 1);
    }
}

#[test]
fn a_plan_that_cannot_be_written_down_changes_nothing() {
    for fault in [Fault::Denied, Fault::Throttled, Fault::LostBefore, Fault::Refused] {
        let world = world_with("alice", 90);
        world.fail_every(Operation::SaveLedger, fault);
        let error = night().on(&world).error();
        let was_overtaken = matches!(error, AccountError::Overtaken { .. });
        assert!(was_overtaken || matches!(error, AccountError::Journal { .. }), "{error}");
        assert_eq!(was_overtaken, fault == Fault::Refused, "{error}");
        assert_eq!(changes(&world), []);
    }
}

#[test]
fn a_ledger_that_must_not_be_used_stops_the_run_before_it_looks() {
    let newer = r#"{"schema_version":2}"#;
    let others = r#"{"schema_version":1,"account":"444455556666","sequence":1,"writer":""}"#;
    for (text, said) in [(newer, "newer"), (others, "names account"), ("", "cannot be read"), ("{}", "cannot be read")]
    {
        let world = world_with("alice", 90);
        world.account().set_ledger_text(Some(text));
        let error = night().on(&world).error().to_string();
        assert!(error.contains(said), "{error}");
        assert_eq!(world.calls().len(), 1);
    }
}

#[test]
fn two_runs_at_once_make_one_key_per_user_and_lose_nothing() {
    for lead in 0..80 {
        let world = two_users();
        world.account().behaviour.listed_after = SignedDuration::from_secs(2);
        let ends = night().twice_on(&world, lead);
        let context = format!("the second began {lead} calls later: {ends:?}");
        let account = world.account();
        for user in account.users.values() {
            assert_eq!(user.keys.len(), 2, "{context}");
            assert_eq!(account.offered(user.name.as_str()), Some(user.keys[1].id.clone()), "{context}");
        }
        assert_eq!(account.history.len(), 4, "{context}");
        assert_eq!(account.ledger().claim, None, "{context}");
        let did_it = |end: &Ended| match end {
            Ended::Run(run) => run.result.counts.contains_key("create.done"),
            Ended::Refused(AccountError::Busy { .. } | AccountError::Overtaken { .. }) => false,
            other => panic!("{other:?}"),
        };
        assert_eq!(ends.iter().filter(|end| did_it(end)).count(), 1, "{context}");
    }
}

#[test]
fn an_audit_writes_nothing_whatever_is_due() {
    let world = two_users();
    {
        let mut account = world.account();
        account.add_user_with_key("carol", 10);
        account.add_user("idle");
        account.add_key("idle", 200);
    }
    let until = in_seconds(&world, 60);
    claimed_until(&mut world.account(), until);
    let ledger = world.account().ledger();
    let audit = Night { mode: Mode::Audit, ..night() };
    let run = audit.on(&world).run();
    assert!(world.calls().iter().all(|call| !call.operation.is_write()), "{:?}", world.calls());
    assert_eq!(world.account().ledger(), ledger);
    assert!(run.result.complete);
    assert!(run.result.steps.iter().all(|step| step.status == StepStatus::Planned), "{:?}", run.result);
    assert_eq!(run.result.counts.get("create.planned"), Some(&2));
}

#[test]
fn what_was_seen_of_one_user_is_remembered_when_another_ones_key_changes() {
    let world = two_users();
    let key = world.account().user("alice").keys[0].id.clone();
    world.account().set_status("alice", &key, keywheel_core::observed::KeyStatus::Inactive);
    let _ = night().on(&world).run();
    assert_eq!(world.count(Operation::CreateAccessKey), 1);
    let ledger = world.account().ledger();
    let seen = ledger.users[&"alice".parse().unwrap()].key(&key).made_inactive.unwrap();
    assert_eq!(seen.by, keywheel_core::ledger::Actor::Person);
}
