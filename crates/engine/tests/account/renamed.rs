//! Users who get another name, and perhaps their first one back: id and keys stay, secret and memory are of a name.

use jiff::SignedDuration;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::observed::KeyStatus::{Active, Inactive};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::time::days_since;
use keywheel_testkit::{Account, Habit, Key, Operation, What, Who, World};

use crate::support::{alice, eve_of, next_night, night};

fn a_night(world: &World) -> Vec<Reason> {
    let begun = world.account().now;
    let result = night().on(world).run().result;
    next_night(world, begun);
    result.steps.iter().map(|step| step.reason).collect()
}

fn nights(world: &World, nights: u32) -> Vec<Reason> {
    (0..nights).flat_map(|_| a_night(world)).collect()
}

/// What Keywheel did to keys.
fn deeds(account: &Account) -> Vec<What> {
    account.history.iter().filter(|event| event.who == Who::Keywheel).map(|event| event.what).collect()
}

/// The first night in which a step of this kind is done is over.
fn after_the(kind: StepKind) -> World {
    let world = eve_of(alice(), &night(), kind);
    a_night(&world);
    world
}

#[test]
fn whoever_is_renamed_while_two_keys_work_keeps_both() {
    let world = after_the(StepKind::Create);
    world.account().rename_user("alice", "alicia");
    world.account().user_mut("alicia").habit = Habit::NeverInstalls;
    let both = world.account().user("alicia").keys.iter().map(|key| key.id.clone()).collect::<Vec<_>>();
    let told: Vec<_> = (0..80)
        .flat_map(|_| {
            let now = world.account().now;
            for key in &both {
                world.account().use_key("alicia", key, now);
            }
            a_night(&world)
        })
        .collect();
    let account = world.account();
    assert!(account.user("alicia").keys.len() == 2 && account.user("alicia").keys.iter().all(Key::is_active));
    assert!(told.contains(&Reason::ConflictTwoActive), "{told:?}");
    assert!(!account.secrets["Account_111122223333_User_alice_AccessKey"].is_scheduled_for_deletion);
}

#[test]
fn a_key_that_keywheel_made_inactive_under_another_name_stays_and_is_reported() {
    let world = after_the(StepKind::Deactivate);
    world.account().rename_user("alice", "alicia");
    let told = nights(&world, 150);
    assert_eq!(deeds(&world.account()), [What::Made, What::MadeInactive]);
    assert!(told.contains(&Reason::SlotBlocked), "{told:?}");
}

#[test]
fn what_happened_under_another_name_counts_when_the_first_one_is_back() {
    let world = after_the(StepKind::Deactivate);
    let old = world.account().user("alice").keys[0].id.clone();
    world.account().rename_user("alice", "alicia");
    world.account().set_status("alicia", &old, Active);
    nights(&world, 8);
    world.account().set_status("alicia", &old, Inactive);
    world.account().rename_user("alicia", "alice");
    nights(&world, 60);
    let account = world.account();
    assert_eq!(deeds(&account), [What::Made, What::MadeInactive], "a person made it inactive since");
    assert!(account.user("alice").key(&old).is_some());
}

#[test]
fn where_nothing_happened_under_another_name_the_way_goes_on() {
    let world = after_the(StepKind::Deactivate);
    world.account().rename_user("alice", "alicia");
    nights(&world, 8);
    world.account().rename_user("alicia", "alice");
    nights(&world, 60);
    assert_eq!(deeds(&world.account()), [What::Made, What::MadeInactive, What::Deleted]);
}

#[test]
fn the_install_grace_begins_anew_when_the_first_name_is_back() {
    let world = after_the(StepKind::Create);
    nights(&world, 3);
    world.account().rename_user("alice", "alicia");
    nights(&world, 3);
    world.account().rename_user("alicia", "alice");
    let back = world.account().now;
    nights(&world, 20);
    let account = world.account();
    let made_inactive = account.deeds(What::MadeInactive).next().unwrap().at;
    // Under the other name nobody could read the secret.
    assert!(days_since(back, made_inactive + SignedDuration::from_mins(1)) >= 10, "{back} {made_inactive}");
}

#[test]
fn nothing_is_done_to_a_user_who_is_renamed_meanwhile() {
    for (kind, change) in [
        (StepKind::Create, Operation::CreateAccessKey),
        (StepKind::Deactivate, Operation::UpdateAccessKey),
        (StepKind::Delete, Operation::DeleteAccessKey),
    ] {
        for nth in 0..2 {
            let world = eve_of(alice(), &night(), kind);
            let mut looks = 0;
            world.person(move |call, account| {
                if call.operation == Operation::GetUser {
                    if looks == nth {
                        account.rename_user("alice", "alicia");
                    }
                    looks += 1;
                }
            });
            let _ = night().on(&world);
            assert!(world.account().users.keys().any(|name| name.as_str() == "alicia"), "{kind:?}");
            assert_eq!(world.count(change), 0, "{kind:?}, look {nth}");
        }
    }
}

#[test]
fn a_key_is_not_taken_for_deleted_because_its_user_is_renamed() {
    let world = eve_of(alice(), &night(), StepKind::Delete);
    world.person(|call, account| {
        if call.operation == Operation::DeleteAccessKey {
            account.rename_user("alice", "alicia");
        }
    });
    let result = night().on(&world).run().result;
    let row = result.steps.iter().find(|row| row.step == StepKind::Delete).map(|row| row.status);
    assert_ne!(row, Some(StepStatus::Done), "{result:?}");
    assert_eq!(world.account().user("alicia").keys.len(), 2);
}
