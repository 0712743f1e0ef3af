//! Faults by which other rotators lost keys, or left their owners without one; docs/safety.md lists them.

use std::collections::BTreeMap;

use keywheel_core::contract::result::StepStatus;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Behaviour, Fault, Habit, Operation, What, Who, World};

use crate::support::{alice, changes, empty_world, eve_of, night, row, world_with};

/// What Keywheel did to keys, by the user and the number of the night, counted from 0.
fn deeds(world: &World) -> Vec<(String, u32, What)> {
    let account = world.account();
    let own = account.history.iter().filter(|event| event.who == Who::Keywheel);
    own.map(|event| (event.user.to_string(), event.night, event.what)).collect()
}

fn done_to(world: &World, what: What) -> usize {
    deeds(world).iter().filter(|(_, _, done)| *done == what).count()
}

#[test]
fn a_user_whose_only_key_was_made_inactive_and_never_used_gets_no_new_one() {
    let world = empty_world();
    {
        let mut account = world.account();
        account.add_user("alice");
        let key = account.add_key("alice", 400);
        account.set_status("alice", &key, KeyStatus::Inactive);
    }
    night().nights(&world, 200);
    assert_eq!(deeds(&world), []);
    assert_eq!(world.account().user("alice").keys.len(), 1);
}

#[test]
fn two_old_keys_that_are_both_in_use_are_left_alone_for_as_long_as_they_are() {
    let world = world_with("alice", 300);
    let second = world.account().add_key("alice", 200);
    for _ in 0..120 {
        {
            let mut account = world.account();
            let first = account.user("alice").keys[0].id.clone();
            let hour_ago = keywheel_core::time::minus(account.now, jiff::SignedDuration::from_hours(1));
            account.use_key("alice", &first, hour_ago);
            account.use_key("alice", &second, hour_ago);
        }
        night().nights(&world, 1);
    }
    assert_eq!(deeds(&world), []);
}

#[test]
fn a_night_that_was_missed_is_made_up_for() {
    let world = world_with("alice", 97);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Create), (Reason::RotationDue, StepStatus::Done));
}

#[test]
fn users_named_like_mail_addresses_or_with_commas_get_their_pair_stored() {
    for name in ["first.last@example.com", "a,b", "a+b=c@d.example", "x_y-z"] {
        let world = world_with(name, 90);
        let run = night().on(&world).run();
        assert_eq!(row(&run.result, StepKind::Create).1, StepStatus::Done, "{name}");
        let account = world.account();
        assert_eq!(account.offered(name), Some(account.user(name).keys[1].id.clone()), "{name}");
    }
}

#[test]
fn one_users_malformed_tags_stop_nobody() {
    let world = world_with("alice", 90);
    world.account().add_user_with_key("bob", 90);
    let tags = [("INSTRUCTION_x", "do this"), ("ROTATE_AFTER_DAYS", "soon"), ("EMAIL", "nobody")];
    let tags = tags.map(|(tag, value)| (format!("KeyRotation:{tag}"), value.to_owned()));
    world.account().user_mut("alice").tags = BTreeMap::from(tags);
    let run = night().on(&world).run();
    assert!(world.account().offered("bob").is_some(), "{:?}", run.result.steps);
    assert!(run.result.steps.iter().any(|step| step.reason == Reason::MalformedTag && step.user.as_str() == "alice"));
}

#[test]
fn every_one_of_hundreds_of_users_is_looked_at() {
    let world = empty_world();
    for number in 0..230 {
        world.account().add_user_with_key(&format!("user{number:03}"), 20);
    }
    world.account().add_user_with_key("zoe", 90);
    let run = night().on(&world).run();
    assert_eq!(run.result.users, 231);
    assert!(world.account().offered("zoe").is_some());
}

#[test]
fn those_whose_key_was_replaced_are_told_though_another_user_failed() {
    let world = world_with("alice", 90);
    world.account().add_user_with_key("bob", 90);
    world.fail(Operation::PutPolicy, 0, Fault::Denied);
    night().nights(&world, 1);
    let account = world.account();
    let served: Vec<_> = ["alice", "bob"].into_iter().filter(|user| account.offered(user).is_some()).collect();
    assert_eq!(served.len(), 1);
    let told =
        |mail: &&keywheel_testkit::Mail| mail.entry.user.as_str() == served[0] && mail.entry.status == StepStatus::Done;
    assert!(account.mails.iter().any(|mail| told(&mail)), "{:?}", account.mails);
}

#[test]
fn while_no_mail_can_be_sent_the_old_key_works_and_the_new_pair_can_be_fetched() {
    let world = alice();
    world.account().behaviour = Behaviour { mail_is_down: true, ..Behaviour::default() };
    night().nights(&world, 120);
    assert_eq!((done_to(&world, What::Made), done_to(&world, What::MadeInactive)), (1, 0));
    let account = world.account();
    assert!(account.user("alice").keys.iter().all(keywheel_testkit::Key::is_active));
    assert_eq!(account.offered("alice"), Some(account.user("alice").keys[1].id.clone()));
}

#[test]
fn a_key_that_was_held_for_long_can_be_called_back_for_the_whole_recovery_grace() {
    let world = world_with("alice", 90);
    world.account().user_mut("alice").habit = Habit::NeverInstalls;
    night().nights(&world, 120);
    let night_of = |what| deeds(&world).iter().find(|(_, _, done)| *done == what).map(|(_, night, _)| *night);
    let inactive = night_of(What::MadeInactive).unwrap();
    let deleted = night_of(What::Deleted).unwrap();
    assert!(inactive >= 10 + 30 && deleted >= inactive + 35, "{inactive} {deleted}");
}

#[test]
fn the_new_pair_can_be_fetched_after_the_old_key_is_gone() {
    let world = alice();
    night().nights(&world, 60);
    assert_eq!(done_to(&world, What::Deleted), 1);
    let account = world.account();
    assert_eq!(account.offered("alice"), Some(account.user("alice").keys[0].id.clone()));
}

#[test]
fn an_event_that_comes_again_right_after_takes_no_key_away() {
    let world = alice();
    let _ = night().on(&world);
    world.forget();
    for _ in 0..3 {
        let _ = night().on(&world);
    }
    assert_eq!(changes(&world), []);
    let account = world.account();
    assert_eq!(account.user("alice").keys.len(), 2);
    assert!(account.user("alice").keys.iter().all(keywheel_testkit::Key::is_active));
}

#[test]
fn an_inactive_key_in_the_second_slot_is_said_and_nothing_is_tried() {
    let world = world_with("alice", 90);
    let second = world.account().add_key("alice", 40);
    world.account().set_status("alice", &second, KeyStatus::Inactive);
    let run = night().on(&world).run();
    assert!(run.result.steps.iter().any(|step| step.reason == Reason::SlotBlocked), "{:?}", run.result.steps);
    assert_eq!(world.count(Operation::CreateAccessKey), 0);
}

#[test]
fn a_user_who_is_gone_when_its_turn_comes_is_no_failure() {
    let world = world_with("alice", 90);
    world.person(|call, account| {
        if call.operation == Operation::GetUser {
            account.users.clear();
        }
    });
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Create), (Reason::PreconditionChanged, StepStatus::Deferred));
    assert_eq!(world.count(Operation::CreateAccessKey), 0);
    assert!(run.result.complete, "{:?}", run.result);
}

#[test]
fn a_last_use_that_cannot_be_looked_up_right_before_the_call_defers_it() {
    for kind in [StepKind::Deactivate, StepKind::Delete] {
        let eve = eve_of(alice(), &night(), kind);
        eve.forget();
        let calm = eve.fork();
        let _ = night().on(&calm);
        let looks = calm.count(Operation::GetAccessKeyLastUsed);
        for fault in [Fault::Denied, Fault::Throttled] {
            let world = eve.fork();
            world.fail(Operation::GetAccessKeyLastUsed, looks - 1, fault);
            let run = night().on(&world).run();
            assert_eq!(row(&run.result, kind), (Reason::PreconditionChanged, StepStatus::Deferred), "{fault:?}");
            assert_eq!((world.count(Operation::UpdateAccessKey), world.count(Operation::DeleteAccessKey)), (0, 0));
        }
    }
}
