//! A reviewed plan is carried out as far as just the same is planned anew, and nothing else is done.

mod turns;

use std::collections::BTreeSet;

use keywheel_core::contract::result::StepStatus::{Deferred, Done, Failed, Planned};
use keywheel_core::contract::reviewed::{Change, ReviewedPlan, ReviewedStep};
use keywheel_core::id::UserId;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_engine::account::AccountError;
use keywheel_testkit::{Account, Ended, Fault, Night, Operation, World};

use crate::support::{alice, changes, eve_of, night, only_row, rows, working, world_with};

/// What a night would do now, as somebody reviews it.
fn planned(world: &World) -> Vec<ReviewedStep> {
    let survey = Night { sweep: true, ..night() }.survey(&world.fork()).unwrap();
    survey.plan.steps.iter().filter_map(ReviewedStep::of).collect()
}

/// A run that carries these steps out.
fn applying(world: &World, steps: Vec<ReviewedStep>) -> Night {
    let reviewed = ReviewedPlan::new(&world.account().id, steps);
    Night { reviewed: Some(reviewed), run_id: Some("apply-1".to_owned()), ..night() }
}

/// Alice and bob have keys that are due.
fn two_due() -> World {
    let world = world_with("alice", 95);
    world.account().add_user_with_key("bob", 200);
    world
}

fn of(steps: &[ReviewedStep], user: &str) -> Vec<ReviewedStep> {
    steps.iter().filter(|step| step.user.as_str() == user).cloned().collect()
}

#[test]
fn only_what_was_reviewed_is_done_and_its_owners_are_told() {
    let world = two_due();
    let alices = of(&planned(&world), "alice");
    let run = applying(&world, alices).on(&world).run();
    let row = |step| ("alice".to_owned(), step, Reason::RotationDue, Done);
    assert_eq!(rows(&run.result), [row(StepKind::Create), row(StepKind::Publish)]);
    assert!(run.result.complete && !run.result.swept && !run.digests.is_empty());
    let account = world.account();
    assert_eq!((account.user("alice").keys.len(), account.user("bob").keys.len()), (2, 1));
    let ledger = account.ledger();
    assert!(ledger.plan.is_none() && ledger.claim.is_none(), "a night that is tried again finds its own journal");
    assert_eq!(ledger.action.unwrap().run_id.as_str(), "apply-1");
}

#[test]
fn nobody_else_is_looked_at_or_forgotten() {
    let world = two_due();
    night().nights(&world, 1);
    world.account().add_user_with_key("carol", 95);
    world.forget();
    let before = world.account().ledger().users;
    let _ = applying(&world, planned(&world)).on(&world).run();
    let looked_at: BTreeSet<_> = world
        .calls()
        .into_iter()
        .filter(|call| call.operation == Operation::ListAccessKeys)
        .map(|call| call.subject)
        .collect();
    assert_eq!(looked_at, BTreeSet::from(["carol".to_owned()]));
    assert_eq!(world.count(Operation::GetCredentialReport), 0);
    let after = world.account().ledger().users;
    for (user, record) in before {
        let now = &after[&user];
        assert!(now.keys.keys().eq(record.keys.keys()) && !now.look_again, "{user}: {now:?}");
    }
}

#[test]
fn the_same_plan_again_does_nothing_more_and_says_that_it_changed() {
    let world = alice();
    let plan = planned(&world);
    let _ = applying(&world, plan.clone()).on(&world).run();
    let (keys, calls) = (world.account().user("alice").keys.len(), changes(&world).len());
    let again = applying(&world, plan).on(&world).run();
    assert_eq!(only_row(&again.result), (StepKind::Create, Reason::PlanChanged, Deferred));
    let error = again.result.steps[0].error.clone().unwrap();
    assert!(error.contains("reviewed was create (rotation-due)"), "{error}");
    assert_eq!((world.account().user("alice").keys.len(), changes(&world).len()), (keys, calls));
    assert!(again.result.complete && !again.retry_helps && again.digests.is_empty());
}

/// What happened between the review and the run, and what the refusal says of it.
type Meanwhile = (&'static str, fn(&mut Account), &'static str);

#[test]
fn what_changed_since_the_review_is_deferred_and_nothing_takes_its_place() {
    let meanwhile: [Meanwhile; 5] = [
        ("used", |account| use_old(account), "planned for the user is now hold (still-in-use)"),
        ("exempt", |account| exempt(account), "planned for the user is now skip (exempt-tag)"),
        ("made again", |account| _ = account.add_user("alice"), "the user was deleted and made again"),
        ("gone", |account| drop(account.users.remove(&"alice".parse().unwrap())), "the user is not there"),
        ("inactive", |account| set_old(account), "planned for the user is now skip (person-inactive)"),
    ];
    let eve = eve_of(alice(), &night(), StepKind::Deactivate);
    let plan = planned(&eve);
    assert_eq!((plan.len(), plan[0].step), (1, StepKind::Deactivate));
    for (name, act, said) in meanwhile {
        let world = eve.fork();
        act(&mut world.account());
        let run = applying(&world, plan.clone()).on(&world).run();
        assert_eq!(only_row(&run.result), (StepKind::Deactivate, Reason::PlanChanged, Deferred), "{name}");
        let error = run.result.steps[0].error.clone().unwrap();
        assert!(error.contains(said), "{name}: {error}");
        assert_eq!(changes(&world), [], "{name}");
    }
}

fn use_old(account: &mut Account) {
    let (old, now) = (account.user("alice").keys[0].id.clone(), account.now);
    account.use_key("alice", &old, now);
}

fn exempt(account: &mut Account) {
    let tag = ("KeyRotation:EXEMPT_UNTIL".to_owned(), "2099-12-31".to_owned());
    account.user_mut("alice").tags.extend([tag]);
}

fn set_old(account: &mut Account) {
    let old = account.user("alice").keys[0].id.clone();
    account.set_status("alice", &old, KeyStatus::Inactive);
}

#[test]
fn a_use_that_comes_as_a_surprise_right_before_the_call_defers_the_step() {
    let world = eve_of(alice(), &night(), StepKind::Deactivate);
    let plan = planned(&world);
    let mut calls = 0;
    world.person(move |call, account| {
        calls += usize::from(call.operation == Operation::GetUser);
        if calls == 1 {
            use_old(account);
        }
    });
    let run = applying(&world, plan).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Deactivate, Reason::PreconditionChanged, Deferred));
    assert_eq!(working(&world), [true, true]);
}

#[test]
fn what_became_due_since_the_review_waits_for_a_night() {
    let world = alice();
    let plan = planned(&world);
    night().nights(&world, 1);
    (0..12).for_each(|_| world.day());
    world.forget();
    assert_eq!(planned(&world)[0].step, StepKind::Deactivate);
    let run = applying(&world, plan).on(&world).run();
    assert_eq!((only_row(&run.result).1, changes(&world)), (Reason::PlanChanged, vec![]));
}

#[test]
fn another_reason_is_another_step() {
    let world = eve_of(alice(), &night(), StepKind::Deactivate);
    let mut plan = planned(&world);
    plan[0].reason = Reason::MaxHoldOver;
    let run = applying(&world, plan).on(&world).run();
    assert_eq!((only_row(&run.result).1, changes(&world)), (Reason::PlanChanged, vec![]));
}

fn made_up(user: &str, user_id: UserId, step: StepKind, change: Change) -> ReviewedStep {
    let (user, reason) = (user.parse().unwrap(), Reason::RecoveryGraceOver);
    ReviewedStep { user, user_id, step, reason, change, access_key_ids: Vec::new() }
}

#[test]
fn a_step_that_is_done_in_no_night_is_never_done() {
    let world = world_with("alice", 20);
    let key = world.account().user("alice").keys[0].id.clone();
    for (step, change) in [(StepKind::Delete, Change::Delete), (StepKind::Deactivate, Change::Deactivate)] {
        let user_id = world.account().user("alice").user_id.clone();
        let step = ReviewedStep { access_key_ids: vec![key.clone()], ..made_up("alice", user_id, step, change) };
        let run = applying(&world, vec![step]).on(&world).run();
        assert_eq!((only_row(&run.result).1, changes(&world)), (Reason::PlanChanged, vec![]));
    }
}

#[test]
fn an_audit_says_what_would_be_done_and_changes_nothing() {
    let world = two_due();
    let plan = planned(&world);
    let audit = Night { mode: Mode::Audit, ..applying(&world, of(&plan, "bob")) };
    let run = audit.on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Create, Reason::RotationDue, Planned));
    assert!(changes(&world).is_empty() && world.account().ledger_is_absent() && run.digests.is_empty());
}

#[test]
fn it_and_a_night_exclude_each_other() {
    for lead in 0..12 {
        let world = two_due();
        let plan = applying(&world, planned(&world));
        let ends = night().beside_on(&plan, lead, &world);
        let is_refused =
            |end: &&Ended| matches!(end, Ended::Refused(AccountError::Busy { .. } | AccountError::Overtaken { .. }));
        assert_eq!(ends.iter().filter(is_refused).count(), 1, "{lead}: {ends:?}");
        for user in ["alice", "bob"] {
            assert!(world.account().user(user).keys.len() <= 2, "{lead}");
        }
        assert!(world.count(Operation::CreateAccessKey) <= 2, "{lead}");
        assert_eq!(world.account().broken_rules(), Vec::<String>::new(), "{lead}");
    }
}

#[test]
fn a_user_who_cannot_be_looked_at_for_now_is_said_and_a_retry_helps() {
    let world = alice();
    let plan = planned(&world);
    world.fail(Operation::ListAccessKeys, 0, Fault::Throttled);
    let run = applying(&world, plan).on(&world).run();
    let said: Vec<_> = rows(&run.result).into_iter().map(|(_, _, reason, status)| (reason, status)).collect();
    assert_eq!(said, [(Reason::PlanChanged, Deferred), (Reason::KeysUnknown, Failed)]);
    assert!(run.retry_helps && !run.result.complete && changes(&world).is_empty());
}

#[test]
fn a_retry_makes_no_second_key_whatever_became_of_the_first() {
    for fault in [Fault::LostAfter, Fault::LostBefore, Fault::Death] {
        let world = alice();
        let apply = applying(&world, planned(&world));
        world.fail(Operation::CreateAccessKey, 0, fault);
        let _ = apply.on(&world);
        let _ = apply.on(&world);
        assert!(working(&world).len() <= 2 && world.count(Operation::CreateAccessKey) <= 1, "{fault:?}");
    }
}

#[test]
fn whoever_was_looked_at_is_looked_at_again_and_nobody_else_s_memory_is_touched() {
    let world = two_due();
    night().nights(&world, 1);
    let mut plan = planned(&world.fork());
    assert!(plan.is_empty());
    for (user, id) in [("alice", None), ("bob", Some("AIDA0000000000009999")), ("zoe", Some("AIDA0000000000009998"))] {
        let user_id = id.map_or_else(|| world.account().user(user).user_id.clone(), |id| id.parse().unwrap());
        plan.push(made_up(user, user_id, StepKind::Delete, Change::Delete));
    }
    let run = applying(&world, plan).on(&world).run();
    assert!(
        rows(&run.result).iter().all(|(_, _, reason, status)| (*reason, *status) == (Reason::PlanChanged, Deferred))
    );
    let account = world.account();
    let ledger = account.ledger();
    for user in ["alice", "bob"] {
        let record = &ledger.users[&user.parse().unwrap()];
        assert!(record.look_again && record.user_id == account.user(user).user_id, "{user}: {record:?}");
    }
    assert_eq!(ledger.users.len(), 2);
}
