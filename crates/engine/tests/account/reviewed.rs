//! A reviewed plan is carried out as far as just the same is planned anew, and nothing else is done.

use std::collections::BTreeSet;

use keywheel_core::contract::result::StepStatus::{self, Deferred, Done, Failed, Planned};
use keywheel_core::contract::reviewed::{Change, ReviewedPlan, ReviewedStep};
use keywheel_core::id::UserId;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_engine::account::AccountError;
use keywheel_testkit::{Account, Ended, Event, Fault, Habit, Night, Operation, What, Who, World};
use proptest::prelude::*;

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

/// What becomes of an account between a review and the run, or while it runs.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Days(u32),
    Night,
    Use(usize),
    Switch(usize),
    Delete(usize),
    Add(usize),
    Exempt(usize),
    Remake(usize),
}

const USERS: [&str; 4] = ["alice", "bob", "carol", "dave"];

fn turns() -> impl Strategy<Value = Turn> {
    let user = 0..USERS.len();
    prop_oneof![
        4 => (8_u32..40).prop_map(Turn::Days),
        4 => Just(Turn::Night),
        1 => user.clone().prop_map(Turn::Use),
        1 => user.clone().prop_map(Turn::Switch),
        1 => user.clone().prop_map(Turn::Delete),
        1 => user.clone().prop_map(Turn::Add),
        1 => user.clone().prop_map(Turn::Exempt),
        1 => user.prop_map(Turn::Remake),
    ]
}

/// What a person does; none where it is no person's doing.
fn act(account: &mut Account, turn: Turn) {
    let (Turn::Use(user)
    | Turn::Switch(user)
    | Turn::Delete(user)
    | Turn::Add(user)
    | Turn::Exempt(user)
    | Turn::Remake(user)) = turn
    else {
        return;
    };
    let (name, now) = (USERS[user], account.now);
    let first = account.user(name).keys.first().map(|key| (key.id.clone(), key.is_active()));
    match (turn, first) {
        (Turn::Use(_), Some((key, true))) => account.use_key(name, &key, now),
        (Turn::Switch(_), Some((key, active))) => {
            let status = if active { KeyStatus::Inactive } else { KeyStatus::Active };
            account.set_status(name, &key, status);
        }
        (Turn::Delete(_), Some((key, _))) => account.delete_key(name, &key),
        (Turn::Add(_), _) if account.user(name).keys.len() < 2 => drop(account.add_key(name, 0)),
        (Turn::Exempt(_), _) => {
            let tag = ("KeyRotation:EXEMPT_UNTIL".to_owned(), "2099-12-31".to_owned());
            account.user_mut(name).tags.extend([tag]);
        }
        (Turn::Remake(_), _) => drop(account.add_user_with_key(name, 0)),
        _ => {}
    }
}

fn take(world: &World, turn: Turn) {
    match turn {
        Turn::Days(days) => (0..days).for_each(|_| world.day()),
        Turn::Night => night().nights(world, 1),
        turn => act(&mut world.account(), turn),
    }
}

/// What Keywheel did since then, in the words of the review.
fn deeds(world: &World, since: usize) -> Vec<(String, Change, Option<String>)> {
    let account = world.account();
    let own = |event: &&Event| event.who == Who::Keywheel;
    let deed = |event: &Event| {
        let (user, key) = (event.user.to_string(), Some(event.key.to_string()));
        match event.what {
            // The key that is made has no id in a review.
            What::Made => (user, Change::Replace, None),
            What::MadeInactive => (user, Change::Deactivate, key),
            What::Deleted | What::DeletedActive => (user, Change::Delete, key),
            What::MadeActive => (user, Change::Rollback, key),
        }
    };
    account.history[since..].iter().filter(own).map(deed).collect()
}

fn reviewed_deeds(plan: &[ReviewedStep]) -> BTreeSet<(String, Change, Option<String>)> {
    let deed = |step: &ReviewedStep| {
        let key = step.access_key_ids.first().filter(|_| step.change != Change::Replace);
        let change = if step.change == Change::DeleteNeverStored { Change::Delete } else { step.change };
        (step.user.to_string(), change, key.map(ToString::to_string))
    };
    plan.iter().map(deed).collect()
}

/// Four users on the eve of a night, so many nights in which something is done.
fn eve_after(nights: u32, ages: [u32; 4]) -> (World, Vec<ReviewedStep>) {
    let world = world_with(USERS[0], ages[0]);
    for (user, age) in USERS.into_iter().zip(ages).skip(1) {
        world.account().add_user_with_key(user, age);
    }
    let habits = [Habit::Installs, Habit::NeverInstalls, Habit::Every(7), Habit::None];
    for (user, habit) in USERS.into_iter().zip(habits) {
        world.account().user_mut(user).habit = habit;
    }
    night().nights(&world, nights);
    for _ in 0..100 {
        let plan = planned(&world);
        if !plan.is_empty() {
            return (world, plan);
        }
        night().nights(&world, 1);
    }
    panic!("nothing is due in a hundred nights");
}

/// Ages at which something is due soon.
fn ages() -> impl Strategy<Value = [u32; 4]> {
    let age = || prop_oneof![60_u32..100, 60_u32..400];
    [age(), age(), age(), age()]
}

fn cases(ours: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|number| number.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(ours), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn nothing_is_done_that_was_not_reviewed_whatever_happens_in_between(
        nights in 0_u32..60,
        ages in ages(),
        kept in any::<[bool; 4]>(),
        between in prop::collection::vec(turns(), 0..6),
        during in (0_usize..60, turns()),
    ) {
        let (world, mut plan) = eve_after(nights, ages);
        let last = plan.last().cloned();
        plan.retain(|step| USERS.into_iter().zip(kept).any(|(user, kept)| kept && step.user.as_str() == user));
        if plan.is_empty() {
            plan.extend(last);
        }
        for turn in between {
            take(&world, turn);
        }
        let since = world.account().history.len();
        let (moment, turn) = during;
        let mut calls = 0;
        world.person(move |_, account| {
            if calls == moment {
                act(account, turn);
            }
            calls += 1;
        });
        let run = applying(&world, plan.clone()).on(&world).run();
        let done = deeds(&world, since);
        let reviewed = reviewed_deeds(&plan);
        for deed in &done {
            prop_assert!(reviewed.contains(deed), "{deed:?} was not reviewed: {plan:?}");
        }
        let rows = run.result.steps.iter();
        let answered = |step: &ReviewedStep| rows.clone().any(|row| row.user == step.user && row.step == step.step);
        prop_assert!(plan.iter().all(answered), "a reviewed step has no row: {:?}", run.result.steps);
        prop_assert_eq!(world.account().broken_rules(), Vec::<String>::new());
    }

    #[test]
    fn where_nothing_happens_in_between_all_that_was_reviewed_is_done(
        nights in 0_u32..60,
        ages in ages(),
    ) {
        let (world, plan) = eve_after(nights, ages);
        let since = world.account().history.len();
        let run = applying(&world, plan.clone()).on(&world).run();
        let done: BTreeSet<_> = deeds(&world, since).into_iter().collect();
        prop_assert_eq!(done, reviewed_deeds(&plan), "{:?}", run.result.steps);
        let statuses: BTreeSet<StepStatus> = run.result.steps.iter().map(|row| row.status).collect();
        prop_assert_eq!(statuses, BTreeSet::from([Done]));
    }
}
