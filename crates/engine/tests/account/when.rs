//! When owners are told: each step, each warning once, a hold at once and then weekly, and nothing twice because of a retry.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use keywheel_core::id::NoticeId;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, days_since};
use keywheel_testkit::{Fault, Habit, Night, World};

use crate::support::{START, empty_world, eve_of, later, next_night, night};

/// A user of this habit with a key of that age.
fn world_of(habit: Habit, age: u32) -> World {
    let world = empty_world();
    world.account().add_user_with_key("alice", age);
    world.account().user_mut("alice").habit = habit;
    world
}

/// What was told, and on which day.
fn told(world: &World) -> Vec<(u32, StepKind, Reason)> {
    let start = START.parse().unwrap();
    let account = world.account();
    account.mails.iter().map(|mail| (days_since(start, mail.at), mail.entry.step, mail.entry.reason)).collect()
}

fn days_of(world: &World, reason: Reason) -> Vec<u32> {
    told(world).into_iter().filter(|(.., said)| *said == reason).map(|(day, ..)| day).collect()
}

const HABITS: [Habit; 4] = [Habit::Installs, Habit::NeverInstalls, Habit::Every(30), Habit::None];

#[test]
fn a_run_that_is_retried_tells_what_one_that_is_not_tells() {
    for habit in HABITS {
        let (calm, retried) = (world_of(habit, 80), world_of(habit, 80));
        for _ in 0..100 {
            let begun = calm.account().now;
            let _ = night().on(&calm).run();
            next_night(&calm, begun);
            let run_id = Some(format!("run-{}", begun.as_second()));
            let tried = Night { run_id, ..night() };
            for minutes in [0, 1, 60, 240] {
                later(&retried, SignedDuration::from_mins(minutes));
                let _ = tried.on(&retried).run();
            }
            next_night(&retried, begun);
        }
        // A retry hours later may find that something has become due, so days are not compared.
        let said = |world| told(world).into_iter().map(|(_, step, reason)| (step, reason)).collect::<Vec<_>>();
        assert_eq!(said(&retried), said(&calm), "{habit:?}");
        assert!(told(&calm).len() >= 5, "{habit:?}: {:?}", told(&calm));
    }
}

#[test]
fn what_was_sent_is_not_asked_for_in_a_later_night() {
    for habit in HABITS {
        let world = world_of(habit, 80);
        let mut asked: BTreeSet<NoticeId> = BTreeSet::new();
        for number in 0..100 {
            let begun = world.account().now;
            let run = night().on(&world).run();
            for entry in run.digests.iter().flat_map(|digest| &digest.entries) {
                assert!(asked.insert(entry.notice_id.clone()), "{habit:?}, night {number}: {entry:?}");
            }
            next_night(&world, begun);
        }
        assert!(asked.len() >= 5, "{habit:?}: {asked:?}");
    }
}

#[test]
fn a_notice_whose_asking_was_forgotten_is_not_sent_twice() {
    for kind in [StepKind::Warn, StepKind::Hold] {
        let world = eve_of(world_of(Habit::NeverInstalls, 80), &night(), kind);
        let before = told(&world).len();
        let begun = world.account().now;
        let known = world.account().ledger_text();
        let _ = night().on(&world).run();
        assert_eq!(told(&world).len(), before + 1, "{kind:?}");
        world.account().set_ledger_text((!known.is_empty()).then_some(known.as_str()));
        later(&world, SignedDuration::from_mins(5));
        let _ = night().on(&world).run();
        next_night(&world, begun);
        let _ = night().on(&world).run();
        assert_eq!(told(&world).len(), before + 1, "{kind:?}: {:?}", told(&world));
    }
}

#[test]
fn a_warning_or_a_hold_of_a_run_that_died_at_any_call_is_told_once_by_its_retry() {
    for kind in [StepKind::Warn, StepKind::Hold] {
        let eve = eve_of(world_of(Habit::NeverInstalls, 80), &night(), kind);
        let calm = eve.fork();
        let _ = night().on(&calm);
        let before = told(&eve).len();
        for nth in 0..calm.calls().len() {
            let world = eve.fork();
            world.fail_call(nth, Fault::Death);
            let _ = night().without_mail(&world);
            world.forget();
            // Past a claim that the dead run may hold.
            later(&world, SignedDuration::from_mins(5));
            let _ = night().on(&world).run();
            assert_eq!(told(&world)[before..], told(&calm)[before..], "{kind:?}: death at call {nth}");
        }
        assert_eq!(told(&calm).len(), before + 1, "{kind:?}");
    }
}

#[test]
fn warnings_come_on_the_days_that_are_set_once_each_and_not_at_all_where_none_is() {
    let days = |warn_days: &[u32]| {
        let world = world_of(Habit::Installs, 60);
        let mut telling = night();
        telling.settings.policy.warn_days = warn_days.iter().copied().map(Days).collect();
        telling.nights(&world, 100);
        [Reason::RotationAhead, Reason::DeactivationAhead, Reason::DeletionAhead].map(|reason| days_of(&world, reason))
    };
    // Replaced on day 30. The install grace is shorter than the 14 days.
    let [rotation, deactivation, deletion] = days(&[14, 2]);
    assert_eq!((rotation, deactivation, deletion.len()), (vec![16, 28], vec![31, 38], 2));
    assert_eq!(days(&[]), [const { Vec::<u32>::new() }; 3]);
}

#[test]
fn after_nights_that_did_not_run_there_is_one_warning_and_not_one_for_each_day_that_was_missed() {
    let world = world_of(Habit::Installs, 80);
    for _ in 0..8 {
        let begun = world.account().now;
        next_night(&world, begun);
    }
    night().nights(&world, 2);
    assert_eq!(days_of(&world, Reason::RotationAhead), [8, 9]);
}

#[test]
fn a_hold_is_told_on_its_first_day_and_then_every_week_also_where_nights_did_not_run() {
    let world = eve_of(world_of(Habit::NeverInstalls, 80), &night(), StepKind::Hold);
    let first = days_since(START.parse().unwrap(), world.account().now);
    for day in 0..30 {
        let begun = world.account().now;
        if !(8..=15).contains(&day) {
            let _ = night().on(&world).run();
        }
        next_night(&world, begun);
    }
    let held = days_of(&world, Reason::StillInUse);
    assert_eq!(
        held,
        [0, 7, 16, 21, 23, 27, 28, 29].map(|day| first + day),
        "the week that was missed is told when the nights go on, and the end of the hold three times"
    );
}

#[test]
fn the_row_of_a_held_key_says_what_used_it_last_and_no_other_row_does() {
    let world = eve_of(world_of(Habit::NeverInstalls, 80), &night(), StepKind::Hold);
    let last = world.account().user("alice").keys[0].uses.iter().copied().max();
    let run = night().on(&world).run();
    let held = run.result.steps.iter().find(|step| step.step == StepKind::Hold).unwrap();
    let used = held.last_used.as_ref().unwrap();
    assert_eq!((Some(used.at), used.service.as_str()), (last, "s3"));
    let created = eve_of(world_of(Habit::NeverInstalls, 80), &night(), StepKind::Create);
    let rows = night().on(&created).run().result.steps;
    assert!(rows.iter().any(|row| row.step == StepKind::Create) && rows.iter().all(|row| row.last_used.is_none()));
}
