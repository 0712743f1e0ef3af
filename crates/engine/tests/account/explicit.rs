//! One thing asked for one user: create, deactivate and delete. Every guard refuses, and an override lifts that one alone.

use keywheel_core::contract::action::{ActionKind, Guard};
use keywheel_core::contract::result::StepStatus::{Deferred, Done, Failed, Planned};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_core::time::Days;
use keywheel_testkit::{Fault, Habit, Night, Operation, World};

use crate::support::{
    DAY, alice, asked, asking, changes, eve_of, later, night, old_and_new, only_row, rows, working, world_with,
};

/// Alice got a replacement last night, and her hosts have installed it.
fn replaced() -> World {
    let world = alice();
    night().nights(&world, 1);
    world.forget();
    world
}

#[test]
fn create_makes_a_replacement_of_a_young_key_and_tells_its_owners() {
    let world = world_with("alice", 20);
    let run = asking(asked(ActionKind::Create, &[])).on(&world).run();
    let create = ("alice".to_owned(), StepKind::Create, Reason::Forced, Done);
    let publish = ("alice".to_owned(), StepKind::Publish, Reason::Forced, Done);
    assert_eq!(rows(&run.result), [create, publish]);
    let [old, new] = old_and_new(&world);
    assert_eq!(world.account().offered("alice"), Some(new));
    let ledger = world.account().ledger();
    let user = &ledger.users[&"alice".parse().unwrap()];
    assert!(user.key(&old).told(&NoticeKind::Rotated).is_none(), "not recorded as sent before the next run reads it");
    assert!(user.key(&old).asked(&NoticeKind::Rotated).is_some() && !run.digests.is_empty());
}

#[test]
fn an_action_looks_at_its_user_alone_and_forgets_no_other() {
    let world = replaced();
    world.account().add_user_with_key("bob", 200);
    let before = world.account().ledger().users;
    let run = asking(asked(ActionKind::Create, &[])).on(&world).run();
    assert_eq!((run.result.users, run.result.keys, world.count(Operation::ListUsers)), (1, 2, 0));
    assert!(world.calls().iter().all(|call| call.subject != "bob"));
    assert_eq!(world.account().ledger().users.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
}

#[test]
fn create_sent_twice_makes_one_key() {
    let world = world_with("alice", 20);
    let create = asking(asked(ActionKind::Create, &[]));
    let _ = create.on(&world);
    let again = create.on(&world).run();
    assert_eq!(only_row(&again.result), (StepKind::Create, Reason::SlotInUse, Deferred));
    assert_eq!(world.count(Operation::CreateAccessKey), 1);
}

#[test]
fn a_retry_of_the_same_create_makes_no_second_key_whatever_became_of_the_first() {
    for fault in [Fault::LostAfter, Fault::LostBefore, Fault::Death] {
        let world = world_with("alice", 20);
        let create = Night { run_id: Some("action-1".to_owned()), ..asking(asked(ActionKind::Create, &[])) };
        world.fail(Operation::CreateAccessKey, 0, fault);
        let _ = create.on(&world);
        let _ = create.on(&world);
        assert!(working(&world).len() <= 2 && world.count(Operation::CreateAccessKey) <= 1, "{fault:?}");
    }
}

#[test]
fn deactivate_refuses_with_every_guard_by_name_and_changes_nothing() {
    let world = replaced();
    let run = asking(asked(ActionKind::Deactivate, &[])).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Deactivate, Reason::StillInUse, Deferred));
    let error = run.result.steps[0].error.clone().unwrap();
    assert!(error.contains("Guards that refuse: last-used, install-grace"), "{error}");
    assert!(error.contains("\"override\":[\"last-used\",\"install-grace\"] lifts them"), "{error}");
    assert_eq!((changes(&world), working(&world)), (vec![], vec![true, true]));
    assert!(run.result.complete && !run.retry_helps && run.digests.is_empty(), "what a guard refuses is no failure");
}

#[test]
fn deactivate_is_done_where_the_guards_that_refuse_are_lifted_and_the_result_records_it() {
    let world = replaced();
    let lifted = [Guard::LastUsed, Guard::InstallGrace];
    for one in lifted {
        let run = asking(asked(ActionKind::Deactivate, &[one])).on(&world).run();
        assert_eq!((run.result.steps[0].status, changes(&world)), (Deferred, vec![]), "{one} alone is not enough");
    }
    let run = asking(asked(ActionKind::Deactivate, &lifted)).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Deactivate, Reason::AskedFor, Done));
    assert_eq!(run.result.steps[0].overridden, lifted.into());
    assert_eq!(world.account().ledger().action.unwrap().steps[0].overridden, lifted.into());
    assert_eq!(working(&world), [false, true]);
    let told = serde_json::to_string(&run.digests).unwrap();
    assert!(told.contains("asked-for") && !world.leaks(&told));
}

#[test]
fn a_key_that_was_made_inactive_by_request_is_deleted_after_the_whole_recovery_grace() {
    let world = replaced();
    let all = [Guard::LastUsed, Guard::TakeUp, Guard::InstallGrace];
    let deactivated = world.account().now;
    let _ = asking(asked(ActionKind::Deactivate, &all)).on(&world);
    for day in 0..35 {
        world.at(keywheel_core::time::after(deactivated, Days(day)));
        let run = asking(asked(ActionKind::Delete, &[Guard::PersonInactive])).on(&world).run();
        assert_eq!(only_row(&run.result), (StepKind::Delete, Reason::NotYetDue, Deferred), "day {day}");
    }
    world.at(keywheel_core::time::after(deactivated, Days(36)));
    let run = asking(asked(ActionKind::Delete, &[])).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Delete, Reason::RecoveryGraceOver, Done));
    assert_eq!(working(&world), [true]);
}

#[test]
fn a_use_that_comes_as_a_surprise_defers_what_was_asked_for() {
    let world = replaced();
    world.account().user_mut("alice").habit = Habit::None;
    later(&world, 9 * DAY);
    let [old, _] = old_and_new(&world);
    let begun = world.account().now;
    let key = old.clone();
    let mut calls = 0;
    world.person(move |_, account| {
        calls += 1;
        if calls == 6 {
            account.use_key("alice", &key, begun);
        }
    });
    let run = asking(asked(ActionKind::Deactivate, &[Guard::InstallGrace])).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Deactivate, Reason::PreconditionChanged, Deferred));
    assert_eq!(working(&world), [true, true]);
}

#[test]
fn a_persons_inactive_key_is_deleted_by_name_after_the_recovery_grace_and_frees_the_slot() {
    let world = world_with("alice", 95);
    let stray = world.account().add_key("alice", 50);
    world.account().set_status("alice", &stray, KeyStatus::Inactive);
    let delete = asking(asked(ActionKind::Delete, &[Guard::PersonInactive]));
    let run = asking(asked(ActionKind::Delete, &[])).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Delete, Reason::PersonInactive, Deferred));
    assert_eq!(only_row(&delete.on(&world).run().result).1, Reason::NotYetDue);
    later(&world, 35 * DAY);
    let run = delete.on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Delete, Reason::AskedFor, Done));
    let run = asking(asked(ActionKind::Create, &[])).on(&world).run();
    assert_eq!((run.result.steps[0].step, run.result.steps[0].status), (StepKind::Create, Done));
}

#[test]
fn nothing_is_deleted_by_an_action_that_is_the_first_run_of_an_account() {
    let eve = eve_of(alice(), &night(), StepKind::Delete);
    let world = eve.fork();
    world.account().set_ledger_text(None);
    let run = asking(asked(ActionKind::Delete, &[Guard::PersonInactive])).on(&world).run();
    assert_eq!((run.result.steps[0].status, world.count(Operation::DeleteAccessKey)), (Deferred, 0));
    let run = asking(asked(ActionKind::Delete, &[])).on(&eve).run();
    assert_eq!(only_row(&run.result), (StepKind::Delete, Reason::RecoveryGraceOver, Done));
}

#[test]
fn a_freeze_is_lifted_by_name_alone() {
    let mut frozen = asking(asked(ActionKind::Create, &[]));
    frozen.settings.policy.freeze = "2026-11-20/2026-11-30".parse().unwrap();
    let world = world_with("alice", 20);
    let run = frozen.on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Create, Reason::Frozen, Deferred));
    assert_eq!(changes(&world), vec![]);
    let lifting = Night { explicit: Some(asked(ActionKind::Create, &[Guard::Freeze])), ..frozen };
    let run = lifting.on(&world).run();
    assert_eq!((run.result.steps[0].status, run.result.steps[0].overridden.clone()), (Done, [Guard::Freeze].into()));
}

#[test]
fn a_freeze_that_begins_during_the_run_stops_what_was_asked_for_unless_it_is_lifted() {
    for (overrides, status) in [(vec![], Deferred), (vec![Guard::Freeze], Done)] {
        let world = World::new("2026-11-20T23:59:58Z");
        world.account().add_user_with_key("alice", 20);
        let mut create = asking(asked(ActionKind::Create, &overrides));
        create.settings.policy.freeze = "2026-11-21".parse().unwrap();
        world.person(|_, account| {
            account.now = keywheel_core::time::plus(account.now, jiff::SignedDuration::from_secs(1));
        });
        let run = create.on(&world).run();
        assert_eq!(run.result.steps[0].status, status, "{overrides:?}: {:?}", run.result.steps);
    }
}

#[test]
fn an_audit_of_an_action_says_what_would_be_done_and_what_would_be_refused() {
    let world = replaced();
    let ledger = world.account().ledger_text();
    let audit = |overrides: &[Guard]| Night { mode: Mode::Audit, ..asking(asked(ActionKind::Deactivate, overrides)) };
    let run = audit(&[Guard::LastUsed, Guard::InstallGrace]).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Deactivate, Reason::AskedFor, Planned));
    assert!(run.digests.is_empty(), "nobody is mailed for a question");
    let run = audit(&[]).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Deactivate, Reason::StillInUse, Deferred));
    assert_eq!((changes(&world), world.account().ledger_text()), (vec![], ledger));
}

#[test]
fn a_user_who_is_not_there_is_said_and_nothing_is_tried_again() {
    let world = world_with("bob", 95);
    let run = asking(asked(ActionKind::Create, &[])).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Skip, Reason::UserNotFound, Failed));
    assert!(!run.result.complete && !run.retry_helps && changes(&world).is_empty());
}

#[test]
fn a_user_who_cannot_be_looked_up_for_now_is_tried_again() {
    let world = world_with("alice", 95);
    world.fail(Operation::GetUser, 0, Fault::Throttled);
    let run = asking(asked(ActionKind::Create, &[])).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Skip, Reason::KeysUnknown, Failed));
    assert!(run.retry_helps && changes(&world).is_empty());
}

#[test]
fn an_exempt_user_is_left_alone_whoever_asks() {
    for action in [ActionKind::Create, ActionKind::Deactivate, ActionKind::Delete, ActionKind::Rollback] {
        let world = replaced();
        let tag = ("KeyRotation:EXEMPT_UNTIL".to_owned(), "2026-12-31".to_owned());
        world.account().user_mut("alice").tags.extend([tag]);
        let run = asking(asked(action, action.liftable())).on(&world).run();
        assert_eq!(
            (run.result.steps[0].reason, run.result.steps[0].status),
            (Reason::ExemptTag, Deferred),
            "{action:?}"
        );
        assert!(changes(&world).is_empty());
    }
}
