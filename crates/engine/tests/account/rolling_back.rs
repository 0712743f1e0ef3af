//! Back to the old key: at every moment one of the two works, and nobody who uses a key loses it.

use std::sync::{Arc, Mutex};

use keywheel_core::contract::action::{ActionKind, ExplicitAction, Guard, ReviewedChange};
use keywheel_core::contract::result::StepStatus::{Deferred, Done};
use keywheel_core::ledger::{Actor, InactiveBecause};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::{AWSCURRENT, AWSPREVIOUS, KeyStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Habit, Night, Operation, World};

use crate::support::{
    alice, asked, asking, changes, eve_of, next_night, night, old_and_new, only_row, rows, working, world_with,
};

/// The old key was made inactive after the longest hold: alice's hosts never installed the new one, and stand still.
pub(crate) fn hosts_stand_still() -> World {
    let world = world_with("alice", 90);
    world.account().user_mut("alice").habit = Habit::NeverInstalls;
    let world = eve_of(world, &night(), StepKind::Deactivate);
    night().nights(&world, 1);
    world.forget();
    assert_eq!(working(&world), [false, true]);
    world
}

/// The old key was made inactive, and the hosts use the new one.
pub(crate) fn hosts_have_followed() -> World {
    let world = eve_of(alice(), &night(), StepKind::Deactivate);
    night().nights(&world, 1);
    world.forget();
    world
}

#[test]
fn the_old_key_works_again_and_the_secret_hands_it_out_and_the_new_one_is_kept_inactive() {
    let world = hosts_stand_still();
    let [old, new] = old_and_new(&world);
    let run = asking(asked(ActionKind::Rollback, &[])).on(&world).run();
    let row = |kind| ("alice".to_owned(), kind, Reason::RolledBack, Done);
    assert_eq!(rows(&run.result), [row(StepKind::Rollback), row(StepKind::Deactivate)]);
    assert_eq!(working(&world), [true, false]);
    let account = world.account();
    let secret = account.secret("alice").unwrap();
    assert_eq!(secret.labelled(AWSCURRENT).unwrap().1.key(), Some(old.clone()));
    assert_eq!(secret.labels_of(&new), Some(vec![AWSPREVIOUS]), "kept, so that it can be called back");
    let user = account.ledger().users[&"alice".parse().unwrap()].clone();
    let inactive = user.key(&new).made_inactive.unwrap();
    assert_eq!((inactive.by, inactive.why), (Actor::Keywheel, Some(InactiveBecause::RolledBack)));
    assert!(user.rollback.is_none() && user.key(&old).rolled_back.is_some() && user.key(&old).made_inactive.is_none());
    assert!(user.key(&old).asked(&NoticeKind::RolledBack).is_some());
    assert!(run.digests.iter().any(|digest| digest.entries.iter().any(|entry| entry.step == StepKind::Rollback)));
}

#[test]
fn what_was_reviewed_is_done_and_where_something_else_is_planned_by_now_nothing_is() {
    let world = hosts_stand_still();
    let audit = Night { mode: Mode::Audit, ..asking(asked(ActionKind::Rollback, &[])) };
    let reviewed = ReviewedChange::of(&audit.on(&world).run().result.steps);
    assert_eq!(
        reviewed.iter().map(|change| change.step).collect::<Vec<_>>(),
        [StepKind::Deactivate, StepKind::Rollback]
    );
    let bound = |reviewed| asking(ExplicitAction { reviewed, ..asked(ActionKind::Rollback, &[]) });
    // As if the new key had been in use when somebody looked: it would have stayed.
    let other = reviewed.iter().filter(|change| change.step == StepKind::Rollback).cloned().collect();
    world.forget();
    let refused = bound(other).on(&world).run();
    assert_eq!(only_row(&refused.result), (StepKind::Rollback, Reason::PlanChanged, Deferred));
    assert_eq!((changes(&world), working(&world)), (vec![], vec![false, true]));
    let done = bound(reviewed).on(&world).run();
    let row = |kind| ("alice".to_owned(), kind, Reason::RolledBack, Done);
    assert_eq!(rows(&done.result), [row(StepKind::Rollback), row(StepKind::Deactivate)]);
}

/// The pair of a key that Keywheel itself made is in the secret: it is handed out again, secret half and all.
#[test]
fn the_pair_of_a_key_of_keywheels_own_making_is_handed_out_again() {
    let world = alice();
    night().nights(&world, 140);
    world.account().user_mut("alice").habit = Habit::NeverInstalls;
    let world = eve_of(world, &night(), StepKind::Deactivate);
    night().nights(&world, 1);
    let [old, _] = old_and_new(&world);
    let _ = asking(asked(ActionKind::Rollback, &[])).on(&world);
    let account = world.account();
    let (_, current) = account.secret("alice").unwrap().labelled(AWSCURRENT).unwrap();
    assert_eq!((current.key(), current.has_half()), (Some(old.clone()), true));
    assert_eq!(account.offered("alice"), Some(old));
}

#[test]
fn at_every_moment_of_a_rollback_one_key_works() {
    let world = hosts_stand_still();
    let standing = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&standing);
    world.person(move |_, account| {
        let working = account.user("alice").keys.iter().filter(|key| key.is_active()).count();
        seen.lock().unwrap().push(working);
    });
    let _ = asking(asked(ActionKind::Rollback, &[])).on(&world);
    let standing = standing.lock().unwrap();
    assert!(standing.contains(&2) && standing.iter().all(|working| *working >= 1), "{standing:?}");
}

#[test]
fn a_new_key_that_somebody_uses_stays_and_both_work() {
    let world = hosts_have_followed();
    let [old, new] = old_and_new(&world);
    let run = asking(asked(ActionKind::Rollback, &[])).on(&world).run();
    let of = |kind, reason, status| ("alice".to_owned(), kind, reason, status);
    let kept = of(StepKind::Deactivate, Reason::StillInUse, Deferred);
    assert_eq!(rows(&run.result), [of(StepKind::Rollback, Reason::RolledBack, Done), kept]);
    assert_eq!(working(&world), [true, true]);
    assert_eq!(world.account().offered("alice"), Some(new), "its users go on fetching it");
    assert_eq!(world.count(Operation::MoveCurrent), 0);
    let error = run.result.steps[1].error.clone().unwrap();
    assert!(error.contains("\"override\":[\"last-used\"]"), "{error}");
    assert!(world.account().ledger().users[&"alice".parse().unwrap()].key(&old).rolled_back.is_some());
}

#[test]
fn a_new_key_that_somebody_uses_gives_way_where_that_guard_is_lifted() {
    let world = hosts_have_followed();
    let run = asking(asked(ActionKind::Rollback, &[Guard::LastUsed])).on(&world).run();
    assert_eq!(run.result.steps[0].overridden, [Guard::LastUsed].into());
    assert_eq!(working(&world), [true, false]);
}

#[test]
fn a_replacement_of_last_night_is_rolled_back_before_anybody_installed_it() {
    let world = world_with("alice", 90);
    let _ = night().on(&world);
    let [old, _] = old_and_new(&world);
    let _ = asking(asked(ActionKind::Rollback, &[])).on(&world);
    assert_eq!(working(&world), [true, false]);
    let account = world.account();
    assert_eq!(account.secret("alice").unwrap().labelled(AWSCURRENT).unwrap().1.key(), Some(old));
}

#[test]
fn rolled_back_twice_is_rolled_back_once() {
    let world = hosts_stand_still();
    let rollback = asking(asked(ActionKind::Rollback, &[]));
    let _ = rollback.on(&world);
    world.forget();
    let run = rollback.on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Skip, Reason::NothingToDo, Done));
    assert_eq!(changes(&world), vec![]);
}

#[test]
fn the_nights_after_a_rollback_leave_the_old_key_alone_until_the_new_one_is_gone_and_then_rotate_it() {
    let world = hosts_stand_still();
    let [old, new] = old_and_new(&world);
    let _ = asking(asked(ActionKind::Rollback, &[])).on(&world);
    let rolled_back = world.account().now;
    for _ in 0..34 {
        let begun = world.account().now;
        let run = night().on(&world).run();
        assert!(run.result.steps.iter().all(|step| step.reason != Reason::ConflictTwoActive), "{:?}", run.result.steps);
        assert_eq!(working(&world), [true, false]);
        next_night(&world, begun);
    }
    let world = eve_of(world, &night(), StepKind::Create);
    let account = world.account();
    let user = account.user("alice");
    assert!(user.key(&new).is_none() && user.key(&old).is_some_and(keywheel_testkit::Key::is_active));
    assert!(account.now >= keywheel_core::time::after(rolled_back, keywheel_core::time::Days(35)));
}

#[test]
fn a_key_that_a_person_made_inactive_is_not_revived_and_one_that_leaked_neither() {
    let world = hosts_stand_still();
    let [old, new] = old_and_new(&world);
    world.account().set_status("alice", &old, KeyStatus::Active);
    let _ = night().on(&world);
    world.account().set_status("alice", &old, KeyStatus::Inactive);
    world.forget();
    let run = asking(asked(ActionKind::Rollback, &[Guard::LastUsed])).on(&world).run();
    assert_eq!(run.result.steps[0].reason, Reason::PersonInactive);
    assert_eq!(changes(&world), vec![]);

    let world = hosts_stand_still();
    let mut emergency = asked(ActionKind::Emergency, &[]);
    emergency.access_key_id = Some(old);
    let _ = asking(emergency).on(&world);
    let run = asking(asked(ActionKind::Rollback, &[Guard::LastUsed])).on(&world).run();
    assert_eq!(run.result.steps[0].reason, Reason::Emergency);
    assert!(!working(&world)[0] && world.account().user("alice").key(&new).unwrap().is_active());
}

#[test]
fn what_a_person_put_into_the_secret_stays_there() {
    let world = hosts_stand_still();
    let name = world.account().secret_name("alice");
    let now = world.account().now;
    let id = keywheel_core::secret::VersionId::of(
        &"999999999999".parse().unwrap(),
        &"AIDAPERSONPERSON0001".parse().unwrap(),
        &"AKIAPERSONPERSON0001".parse().unwrap(),
    );
    world.account().secrets.get_mut(&name).unwrap().put(id, "{}", AWSCURRENT, now);
    let _ = asking(asked(ActionKind::Rollback, &[Guard::LastUsed])).on(&world);
    assert_eq!((world.count(Operation::MoveCurrent), working(&world)[0]), (0, true));
}

#[test]
fn whose_rollback_could_not_be_told_is_told_the_next_nights() {
    let world = hosts_stand_still();
    let _ = asking(asked(ActionKind::Rollback, &[])).without_mail(&world);
    let run = night().on(&world).run();
    let untold = run.result.steps.iter().filter(|step| step.reason == Reason::RollbackUntold).count();
    assert_eq!(untold, 1, "{:?}", run.result.steps);
    let begun = world.account().now;
    next_night(&world, begun);
    let run = night().on(&world).run();
    assert!(run.result.steps.iter().all(|step| step.reason != Reason::RollbackUntold), "told once it is sent");
}
