//! Limits, exemptions, and failures that stop no more than they must.

use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Fault, Night, Operation, World};

use crate::support::{changes, empty_world, night, rows, world_with};

fn world_of(users: usize) -> World {
    let world = empty_world();
    for number in 0..users {
        world.account().add_user_with_key(&format!("user{number:02}"), 90 + u32::try_from(number).unwrap());
    }
    world
}

fn published(world: &World) -> Vec<String> {
    let account = world.account();
    let users = account.users.keys().filter(|user| account.offered(user.as_str()).is_some());
    users.map(ToString::to_string).collect()
}

fn with_reason(run: &keywheel_engine::account::AccountRun, reason: Reason) -> usize {
    run.result.steps.iter().filter(|step| step.reason == reason).count()
}

#[test]
fn no_more_than_max_changes_are_made_and_the_most_urgent_come_first() {
    let world = world_of(5);
    let mut limited = night();
    limited.settings.policy.max_changes = 2;
    let run = limited.on(&world).run();
    assert_eq!(published(&world), ["user03", "user04"]);
    assert_eq!(with_reason(&run, Reason::MaxChanges), 3);
    let _ = limited.on(&world).run();
    assert_eq!(published(&world).len(), 4);
}

#[test]
fn the_circuit_breaker_opens_at_five_failures_that_are_more_than_a_tenth() {
    let world = world_of(40);
    world.fail_every(Operation::PutPolicy, Fault::Denied);
    let run = night().on(&world).run();
    let failed = run.result.steps.iter().filter(|step| step.status == StepStatus::Failed).count();
    // Those that were under way when the fifth failed go to their end.
    assert!((5..5 + 8).contains(&failed), "{failed}");
    assert_eq!(with_reason(&run, Reason::CircuitOpen), 40 - failed);
    assert_eq!(world.count(Operation::CreateAccessKey), 0);
}

#[test]
fn four_failures_do_not_open_the_circuit() {
    let world = world_of(12);
    for nth in 0..4 {
        world.fail(Operation::PutPolicy, nth, Fault::Denied);
    }
    let run = night().on(&world).run();
    assert_eq!(with_reason(&run, Reason::CircuitOpen), 0);
    assert_eq!(published(&world).len(), 8);
}

#[test]
fn one_users_failure_stops_that_user_alone() {
    let operations = [
        Operation::GetUser,
        Operation::DescribeSecret,
        Operation::CreateSecret,
        Operation::GetPolicy,
        Operation::PutPolicy,
        Operation::CreateAccessKey,
        Operation::PutPending,
        Operation::MoveCurrent,
        Operation::RemoveLabel,
    ];
    for operation in operations {
        for fault in [Fault::Denied, Fault::Throttled, Fault::LostBefore] {
            let world = world_of(3);
            world.fail(operation, 1, fault);
            let run = night().on(&world).run();
            let failed = run.result.steps.iter().filter(|step| step.status == StepStatus::Failed).count();
            assert_eq!(failed, 1, "{operation:?} {fault:?}: {:?}", run.result.steps);
            assert_eq!(published(&world).len(), 2, "{operation:?}");
            assert_eq!(run.result.counts["create.failed"], 1);
        }
    }
}

#[test]
fn a_user_whose_keys_cannot_be_listed_is_not_decided_about_and_the_result_says_so() {
    for (fault, retry_helps) in [(Fault::Denied, false), (Fault::Throttled, true)] {
        let world = world_of(3);
        world.fail(Operation::ListAccessKeys, 0, fault);
        let run = night().on(&world).run();
        assert_eq!(with_reason(&run, Reason::KeysUnknown), 1);
        assert_eq!(published(&world).len(), 2);
        assert_eq!(run.result.users, 3);
        assert_eq!((run.result.complete, run.retry_helps), (false, retry_helps), "{fault:?}");
    }
}

#[test]
fn nothing_is_begun_that_could_not_end_in_time() {
    let world = world_of(3);
    let short = Night { seconds: 100, ..night() };
    let run = short.on(&world).run();
    assert_eq!(with_reason(&run, Reason::OutOfTime), 3);
    // A retry would have no more time than this run had.
    assert!(run.rest_waits && !run.retry_helps && !run.result.complete);
    assert!(run.result.error.unwrap().contains("the users from user00 on wait for the next night"));
    assert_eq!(changes(&world), []);
}

#[test]
fn nothing_changes_in_a_freeze() {
    let world = world_of(3);
    let mut frozen = night();
    frozen.settings.policy.freeze = "2026-11-20".parse().unwrap();
    let run = frozen.on(&world).run();
    assert_eq!(with_reason(&run, Reason::Frozen), 3);
    assert_eq!(changes(&world), []);
    assert!(run.result.complete);
}

#[test]
fn nothing_changes_by_a_clock_that_is_off() {
    let world = world_of(3);
    let run = Night { clock_is_off: true, ..night() }.on(&world).run();
    assert_eq!(with_reason(&run, Reason::ClockOff), 3);
    assert!(world.calls().iter().all(|call| !call.operation.is_write()));
    assert!(run.retry_helps && !run.result.complete && run.digests.is_empty());
}

#[test]
fn an_exemption_group_that_cannot_be_read_stops_the_whole_account() {
    let mut exempting = night();
    exempting.settings.exemption_group = Some("left-alone".to_owned());
    for fault in [None, Some(Fault::Denied), Some(Fault::Throttled), Some(Fault::LostBefore)] {
        let world = world_of(2);
        if let Some(fault) = fault {
            world.account().groups.insert("left-alone".to_owned(), std::collections::BTreeSet::new());
            world.fail_every(Operation::GetGroup, fault);
        }
        let run = exempting.on(&world).run();
        assert_eq!(changes(&world), []);
        assert_eq!(with_reason(&run, Reason::ExemptionsUnknown), 2);
        assert!(!run.result.complete && run.digests.is_empty(), "{fault:?}");
        assert!(run.result.error.unwrap().contains("left-alone"));
        assert_eq!(run.retry_helps, matches!(fault, Some(Fault::Throttled | Fault::LostBefore)), "{fault:?}");
    }
}

#[test]
fn members_of_the_exemption_group_are_left_alone() {
    let world = world_of(2);
    world.account().groups.insert("left-alone".to_owned(), ["user00".parse().unwrap()].into());
    let mut exempting = night();
    exempting.settings.exemption_group = Some("left-alone".to_owned());
    let run = exempting.on(&world).run();
    assert_eq!(published(&world), ["user01"]);
    assert_eq!(with_reason(&run, Reason::ExemptGroup), 1);
}

#[test]
fn a_user_that_a_tag_exempts_during_the_run_gets_no_key() {
    let calm = world_with("alice", 90);
    let _ = night().on(&calm);
    let calls = calm.calls();
    let made = calls.iter().position(|call| call.operation == Operation::CreateAccessKey).unwrap();
    let looked = calls[..made].iter().rposition(|call| call.operation == Operation::GetUser).unwrap();
    // Right before the key is made, the user is looked at once more.
    assert!(made - looked <= 3, "{calls:?}");
    for again in [false, true] {
        for (moment, call) in calls[..=looked].iter().enumerate() {
            let world = world_with("alice", 90);
            let mut begun = 0;
            world.person(move |_, account| {
                if begun == moment && again {
                    let key = account.add_user_with_key("alice", 1);
                    assert_eq!(account.user("alice").keys[0].id, key);
                } else if begun == moment {
                    let tags = &mut account.user_mut("alice").tags;
                    tags.insert("KeyRotation:EXEMPT_UNTIL".to_owned(), "2026-12-31".to_owned());
                }
                begun += 1;
            });
            let _ = night().on(&world);
            assert_eq!(world.count(Operation::CreateAccessKey), 0, "before {call:?}");
            let ledger = world.account().ledger();
            assert!(ledger.users.values().all(|user| user.intent.is_none()), "before {call:?}");
        }
    }
}

#[test]
fn a_failed_look_up_of_the_last_use_counts_as_in_use() {
    let world = crate::support::alice();
    night().nights(&world, 11);
    world.fail_every(Operation::GetAccessKeyLastUsed, Fault::Denied);
    let run = night().on(&world).run();
    let held = ("alice".to_owned(), StepKind::Hold, Reason::LastUsedUnknown, StepStatus::Done);
    assert_eq!(rows(&run.result), [held]);
    assert_eq!(world.count(Operation::UpdateAccessKey), 0);
}

#[test]
fn five_failures_open_the_circuit_until_there_are_fifty_changes() {
    let world = world_of(45);
    for nth in 25..30 {
        world.fail(Operation::PutPolicy, nth, Fault::Denied);
    }
    let run = night().on(&world).run();
    assert!(with_reason(&run, Reason::CircuitOpen) > 0, "{:?}", run.result.counts);
    assert!(published(&world).len() >= 25);
}
