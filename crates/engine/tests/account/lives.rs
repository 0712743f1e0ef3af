//! Whole lives of keys, night by night.

use keywheel_core::time::days_since;
use keywheel_core::{Timestamp, reason::Reason};
use keywheel_testkit::{Habit, What, Who, World};

use crate::support::{START, empty_world, night};

/// What Keywheel did, by the day on which it was done.
fn deeds(world: &World) -> Vec<(u32, What)> {
    let start: Timestamp = START.parse().unwrap();
    let account = world.account();
    let done = account.history.iter().filter(|event| event.who == Who::Keywheel);
    done.map(|event| (days_since(start, event.at), event.what)).collect()
}

fn world_of(habit: Habit, age: u32) -> World {
    let world = empty_world();
    {
        let mut account = world.account();
        account.add_user_with_key("alice", age);
        account.user_mut("alice").habit = habit;
    }
    world
}

/// The days on which a mail of this reason was sent.
fn told(world: &World, reason: Reason) -> Vec<u32> {
    let start: Timestamp = START.parse().unwrap();
    let account = world.account();
    let mails = account.mails.iter().filter(|mail| mail.entry.reason == reason);
    mails.map(|mail| days_since(start, mail.at)).collect()
}

// Notices are sent, and calls made, seconds after a run began. What is due so many days later is thus due seconds after the run
// of that night began, and done the night after, where every night begins at the same time. Warnings reckon with nights that begin later.

#[test]
fn a_key_whose_hosts_follow_is_rotated_at_90_inactive_after_10_days_and_deleted_after_35() {
    let world = world_of(Habit::Installs, 0);
    night().nights(&world, 150);
    assert_eq!(deeds(&world), [(90, What::Made), (90 + 11, What::MadeInactive), (101 + 36, What::Deleted)]);
    assert_eq!(told(&world, Reason::RotationAhead), [83, 87, 89]);
    assert_eq!(told(&world, Reason::DeactivationAhead), [93, 97, 99]);
    assert_eq!(told(&world, Reason::DeletionAhead), [129, 133, 135]);
    assert_eq!(world.account().mails.len(), 3 * 3 + 3);
}

#[test]
fn a_key_whose_hosts_never_follow_is_held_for_30_days_and_then_made_inactive() {
    let world = world_of(Habit::NeverInstalls, 0);
    night().nights(&world, 170);
    assert_eq!(deeds(&world), [(90, What::Made), (101 + 30, What::MadeInactive), (131 + 36, What::Deleted)]);
    assert_eq!(told(&world, Reason::StillInUse), [101, 108, 115, 122, 124, 128, 129, 130]);
}

#[test]
fn a_key_whose_hosts_never_follow_is_held_for_good_where_no_hold_ends() {
    let world = world_of(Habit::NeverInstalls, 0);
    let mut patient = night();
    patient.settings.policy.max_hold = None;
    patient.nights(&world, 175);
    assert_eq!(deeds(&world), [(90, What::Made)]);
}

#[test]
fn a_monthly_users_old_key_is_made_inactive_only_after_the_new_one_was_used() {
    // Whatever day of the month it is.
    for start in 0..30 {
        let world = world_of(Habit::Every(30), start);
        night().nights(&world, 200);
        let account = world.account();
        let made = account.history.iter().find(|event| event.who == Who::Keywheel && event.what == What::Made).unwrap();
        let inactive = account.history.iter().find(|event| event.what == What::MadeInactive).unwrap();
        let taken_up = account.user("alice").key(&made.key).unwrap().uses.iter().copied();
        // The first use is Keywheel's own proof.
        let taken_up =
            taken_up.filter(|used| *used > made.at.checked_add(jiff::SignedDuration::from_mins(15)).unwrap());
        let taken_up = taken_up.min().unwrap();
        assert!(inactive.at > taken_up, "{start}: inactive {}, taken up {taken_up}", inactive.at);
        assert_ne!(inactive.key, made.key);
    }
}

#[test]
fn an_unused_key_is_announced_made_inactive_and_deleted_90_days_later_without_a_replacement() {
    let world = empty_world();
    world.account().add_user("idle");
    world.account().add_key("idle", 200);
    night().nights(&world, 150);
    assert_eq!(deeds(&world), [(11, What::MadeInactive), (11 + 91, What::Deleted)]);
    assert_eq!(told(&world, Reason::RetirementAhead), [0, 3, 7, 9]);
    assert!(world.account().secrets.is_empty());
}

#[test]
fn an_unused_key_that_is_used_after_the_announcement_is_replaced_like_any_other() {
    let world = world_of(Habit::None, 0);
    night().nights(&world, 95);
    assert_eq!(told(&world, Reason::RetirementAhead)[0], 90);
    world.account().user_mut("alice").habit = Habit::Installs;
    night().nights(&world, 20);
    assert_eq!(deeds(&world), [(96, What::Made), (96 + 11, What::MadeInactive)]);
}

#[test]
fn a_user_that_was_made_again_begins_anew() {
    let world = world_of(Habit::Installs, 90);
    night().nights(&world, 5);
    assert_eq!(deeds(&world), [(0, What::Made)]);
    {
        let mut account = world.account();
        account.add_user_with_key("alice", 0);
        account.user_mut("alice").habit = Habit::Installs;
        // The former user's secret must not give the new one its key.
        assert!(account.offered("alice").is_some());
    }
    world.account().user_mut("alice").habit = Habit::NeverInstalls;
    night().nights(&world, 89);
    assert_eq!(deeds(&world).len(), 1);
    world.account().user_mut("alice").habit = Habit::Installs;
    night().nights(&world, 60);
    assert_eq!(
        deeds(&world),
        [(0, What::Made), (95, What::Made), (95 + 11, What::MadeInactive), (106 + 36, What::Deleted)]
    );
    let account = world.account();
    assert_eq!(account.offered("alice"), Some(account.user("alice").keys[0].id.clone()));
}

#[test]
fn a_lost_ledger_delays_everything_and_hastens_nothing() {
    let world = world_of(Habit::Installs, 0);
    night().nights(&world, 96);
    world.account().set_ledger_text(None);
    night().nights(&world, 60);
    // Who took over from whom is read from the secret. The first night asks for the notice again and hears in the second that
    // it was sent before, on days that the ledger has lost: the owners are told the new dates, and get the whole grace anew.
    assert_eq!(deeds(&world), [(90, What::Made), (97 + 11, What::MadeInactive), (108 + 36, What::Deleted)]);
    let announced = |mail: &&keywheel_testkit::Mail| mail.entry.reason == Reason::NoticeRepeated;
    assert_eq!(world.account().mails.iter().filter(announced).count(), 1);
}

#[test]
fn an_inactive_key_of_which_the_ledger_was_lost_is_a_persons() {
    let world = world_of(Habit::Installs, 0);
    night().nights(&world, 105);
    world.account().set_ledger_text(None);
    night().nights(&world, 70);
    assert_eq!(deeds(&world), [(90, What::Made), (101, What::MadeInactive)]);
}

#[test]
fn a_person_who_makes_the_old_key_active_again_gets_the_whole_grace_anew() {
    let world = world_of(Habit::Installs, 0);
    night().nights(&world, 103);
    {
        let mut account = world.account();
        let old = account.user("alice").keys[0].id.clone();
        account.set_status("alice", &old, keywheel_core::observed::KeyStatus::Active);
    }
    night().nights(&world, 60);
    assert_eq!(
        deeds(&world),
        [(90, What::Made), (101, What::MadeInactive), (103 + 11, What::MadeInactive), (114 + 36, What::Deleted)]
    );
}
