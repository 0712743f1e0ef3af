//! A key whose answer was lost: it leaves a whole day after it was made inactive, and rotation goes on in the same run.

use jiff::SignedDuration;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Fault, Night, Operation, What, Who, World};

use crate::support::{changes, next_night, night, row, world_with};

fn keys_made(world: &World) -> usize {
    world.account().history.iter().filter(|event| event.what == What::Made && event.who == Who::Keywheel).count()
}

fn after_a_night(world: &World) {
    let begun = world.account().now;
    let _ = night().on(world);
    world.forget();
    next_night(world, begun);
}

#[test]
fn a_key_whose_answer_was_lost_is_made_inactive_then_deleted_and_rotation_goes_on() {
    // A run does not begin at the same second every night.
    for delay in [SignedDuration::ZERO, SignedDuration::from_mins(7), SignedDuration::from_hours(30)] {
        let world = world_with("alice", 90);
        world.fail(Operation::CreateAccessKey, 0, Fault::LostAfter);
        after_a_night(&world);
        let later = world.account().now.checked_add(delay).unwrap();
        world.at(later);
        let orphan = world.account().user("alice").keys[1].id.clone();
        let run = night().on(&world).run();
        assert_eq!(row(&run.result, StepKind::Reconcile), (Reason::OrphanedKey, StepStatus::Done), "{delay}");
        assert_eq!(world.account().user("alice").key(&orphan).unwrap().status, KeyStatus::Inactive);
        // The third night begins when it always does, though the second one may have been minutes late.
        world.at(later - delay.min(SignedDuration::from_mins(7)));
        world.day();
        let run = night().on(&world).run();
        assert_eq!(row(&run.result, StepKind::Delete), (Reason::OrphanedKey, StepStatus::Done), "{delay}");
        assert_eq!(row(&run.result, StepKind::Create).1, StepStatus::Done, "{delay}");
        assert_eq!(keys_made(&world), 2);
        let account = world.account();
        assert!(account.user("alice").key(&orphan).is_none());
        assert_eq!(account.offered("alice"), Some(account.user("alice").keys[1].id.clone()));
        let gone = account.history.iter().find(|event| event.key == orphan && event.what == What::Deleted).unwrap();
        let inactive = account.history.iter().find(|event| event.what == What::MadeInactive).unwrap();
        assert!(gone.at.duration_since(inactive.at) >= SignedDuration::from_hours(24));
    }
}

/// Alice's world in the third night after a lost answer, minutes before the orphan has been inactive for a day.
fn eve_of_an_orphans_deletion(minutes: i64) -> World {
    let world = world_with("alice", 90);
    world.fail(Operation::CreateAccessKey, 0, Fault::LostAfter);
    after_a_night(&world);
    let late = world.account().now + SignedDuration::from_mins(minutes);
    world.at(late);
    after_a_night(&world);
    world.at(late + SignedDuration::from_hours(24) - SignedDuration::from_mins(minutes));
    world
}

#[test]
fn an_orphan_is_awaited_for_ten_minutes_and_no_longer() {
    for (minutes, is_awaited) in [(0, true), (9, true), (11, false)] {
        let world = eve_of_an_orphans_deletion(minutes);
        let run = night().on(&world).run();
        assert_eq!(world.count(Operation::DeleteAccessKey) == 1, is_awaited, "{minutes}: {:?}", run.result.steps);
        assert_eq!(world.count(Operation::CreateAccessKey) == 1, is_awaited, "{minutes}");
        assert_eq!(world.account().broken_rules(), Vec::<String>::new());
        assert!(run.result.complete, "{minutes}: {:?}", run.result);
    }
}

#[test]
fn while_one_user_waits_the_others_are_served_and_the_claim_holds() {
    let world = eve_of_an_orphans_deletion(9);
    for number in 0..12 {
        world.account().add_user_with_key(&format!("user{number:02}"), 95);
    }
    world.person(move |call, account| {
        let claim = account.ledger().claim;
        let lapse = claim.filter(|claim| claim.run_id.as_str() == "night-3");
        assert!(call.operation != Operation::SaveLedger || lapse.is_none_or(|claim| claim.until > call.at), "{call:?}");
    });
    let run = night().on(&world).run();
    assert!(run.result.complete, "{:?}", run.result);
    let calls = world.calls();
    let of = |operation, user: &str| {
        calls.iter().position(|call| call.operation == operation && call.subject.starts_with(user))
    };
    let deleted = of(Operation::DeleteAccessKey, "alice").unwrap();
    assert!((0..8).all(|number| of(Operation::CreateAccessKey, &format!("user{number:02}")).unwrap() < deleted));
    assert!(of(Operation::CreateAccessKey, "alice").unwrap() > deleted);
}

#[test]
fn a_wait_that_the_function_has_no_time_for_is_left_to_a_later_run() {
    let world = eve_of_an_orphans_deletion(9);
    let run = Night { seconds: 300, ..night() }.on(&world).run();
    assert_eq!(row(&run.result, StepKind::Delete), (Reason::OutOfTime, StepStatus::Deferred));
    assert!(run.rest_waits && changes(&world).is_empty(), "{:?}", run.result);
}

#[test]
fn what_a_person_does_to_an_orphan_during_the_wait_stands() {
    for revives in [true, false] {
        let world = eve_of_an_orphans_deletion(5);
        let orphan = world.account().user("alice").keys[1].id.clone();
        let mut looks = 0;
        world.person(move |call, account| {
            // The run's first look at the user is for the deletion, after the wait.
            if call.operation == Operation::GetUser && looks == 0 {
                looks += 1;
                account.set_status("alice", &orphan, KeyStatus::Active);
                account.use_key("alice", &orphan, call.at);
                if !revives {
                    account.set_status("alice", &orphan, KeyStatus::Inactive);
                }
            }
        });
        let run = night().on(&world).run();
        assert_eq!(changes(&world), [], "{:?}", run.result.steps);
    }
}
