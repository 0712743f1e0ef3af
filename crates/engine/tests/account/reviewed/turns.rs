//! The same, whatever happens between the review and the run, and while it runs.

use std::collections::BTreeSet;

use keywheel_core::contract::result::StepStatus::{self, Done};
use keywheel_core::contract::reviewed::{Change, ReviewedStep};
use keywheel_core::observed::KeyStatus;
use keywheel_testkit::{Account, Event, Habit, What, Who, World};
use proptest::prelude::*;

use crate::support::{night, world_with};

use super::{applying, planned};

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
