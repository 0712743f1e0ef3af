//! Exception (c): a key that leaked is made inactive at once, once per key; a replacement only where it is asked for.

use keywheel_core::contract::action::{ActionKind, ExplicitAction};
use keywheel_core::contract::result::StepStatus::{Deferred, Done};
use keywheel_core::id::AccessKeyId;
use keywheel_core::ledger::InactiveBecause;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, after};
use keywheel_testkit::{Night, Operation, World};

use crate::support::{DAY, asked, asking, changes, later, next_night, night, only_row, rows, working, world_with};

fn emergency(key: &AccessKeyId, replace: bool) -> Night {
    let named = ExplicitAction { access_key_id: Some(key.clone()), replace, ..asked(ActionKind::Emergency, &[]) };
    asking(named)
}

fn leaked() -> (World, AccessKeyId) {
    let world = world_with("alice", 20);
    let key = world.account().user("alice").keys[0].id.clone();
    (world, key)
}

#[test]
fn exception_c_the_named_key_is_made_inactive_at_once_though_it_is_in_use_and_nothing_replaces_it() {
    let (world, key) = leaked();
    let run = emergency(&key, false).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Deactivate, Reason::Emergency, Done));
    assert_eq!((working(&world), world.count(Operation::CreateAccessKey)), (vec![false], 0));
    assert!(run.digests.iter().all(|digest| digest.entries[0].reason == Reason::Emergency) && !run.digests.is_empty());
}

#[test]
fn exception_c_a_replacement_comes_after_the_key_is_inactive_and_only_where_it_is_asked_for() {
    let (world, key) = leaked();
    let run = emergency(&key, true).on(&world).run();
    let of = |kind| ("alice".to_owned(), kind, Reason::Emergency, Done);
    assert_eq!(rows(&run.result), [of(StepKind::Deactivate), of(StepKind::Create), of(StepKind::Publish)]);
    let made = world.calls();
    let place = |operation| made.iter().position(|call| call.operation == operation).unwrap();
    assert!(place(Operation::UpdateAccessKey) < place(Operation::CreateAccessKey));
    assert_eq!(working(&world), [false, true]);
    let again = emergency(&key, true).on(&world).run();
    assert_eq!(only_row(&again.result), (StepKind::Skip, Reason::NothingToDo, Done));
    assert_eq!(world.count(Operation::CreateAccessKey), 1);
}

#[test]
fn exception_c_an_emergency_acts_once_per_key() {
    let (world, key) = leaked();
    let _ = emergency(&key, false).on(&world);
    let again = emergency(&key, false).on(&world).run();
    assert_eq!(only_row(&again.result), (StepKind::Skip, Reason::NothingToDo, Done));
    world.account().set_status("alice", &key, KeyStatus::Active);
    world.forget();
    for _ in 0..3 {
        let late = emergency(&key, true).on(&world).run();
        assert_eq!(only_row(&late.result), (StepKind::Deactivate, Reason::EmergencyPast, Deferred));
        later(&world, 1 * DAY);
    }
    assert_eq!((changes(&world), working(&world)), (vec![], vec![true]));
}

#[test]
fn a_leaked_key_is_kept_inactive_for_the_recovery_grace_and_then_deleted() {
    let (world, key) = leaked();
    let begun = world.account().now;
    let _ = emergency(&key, false).on(&world);
    world.at(after(begun, Days(34)));
    let _ = night().on(&world);
    assert_eq!(working(&world), [false]);
    world.at(after(begun, Days(36)));
    let run = night().on(&world).run();
    assert!(run.result.steps.iter().any(|step| step.reason == Reason::EmergencyGraceOver && step.status == Done));
    assert!(working(&world).is_empty());
}

#[test]
fn a_key_that_a_person_made_inactive_stays_the_persons() {
    let (world, key) = leaked();
    world.account().set_status("alice", &key, KeyStatus::Inactive);
    let run = emergency(&key, false).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Skip, Reason::NothingToDo, Done));
    assert_eq!(changes(&world), vec![]);
}

#[test]
fn a_key_that_the_user_does_not_have_is_said() {
    let (world, _) = leaked();
    let run = emergency(&"AKIAEXAMPLENEVER0001".parse().unwrap(), true).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Deactivate, Reason::KeyNotFound, Deferred));
    assert_eq!(changes(&world), vec![]);
}

#[test]
fn a_leaked_key_that_keywheel_made_inactive_before_is_remembered_as_leaked() {
    let world = crate::rolling_back::hosts_stand_still();
    let old = world.account().user("alice").keys[0].id.clone();
    let run = emergency(&old, false).on(&world).run();
    assert_eq!(only_row(&run.result), (StepKind::Deactivate, Reason::Emergency, Done));
    let inactive = world.account().ledger().users[&"alice".parse().unwrap()].key(&old).made_inactive.unwrap();
    assert_eq!(inactive.why, Some(InactiveBecause::Emergency));
    assert_eq!(working(&world), [false, true]);
}

#[test]
fn owners_hear_of_a_leak_also_where_the_key_was_inactive_before() {
    let world = crate::rolling_back::hosts_stand_still();
    let old = world.account().user("alice").keys[0].id.clone();
    let _ = emergency(&old, false).on(&world);
    let account = world.account();
    let told: Vec<_> = account.mails.iter().filter(|mail| mail.entry.reason == Reason::Emergency).collect();
    assert_eq!(told.len(), 1);
}

#[test]
fn where_nobody_was_told_of_an_emergency_the_next_night_tells_of_the_key_and_of_its_replacement() {
    let (world, key) = leaked();
    let begun = world.account().now;
    let _ = emergency(&key, true).without_mail(&world);
    for _ in 0..3 {
        next_night(&world, begun);
        let _ = night().on(&world);
    }
    let account = world.account();
    let of = |reason| account.mails.iter().filter(move |mail| mail.entry.reason == reason).collect::<Vec<_>>();
    assert_eq!((account.mails.len(), of(Reason::Emergency).len()), (2, 1), "each once");
    let repeated = &of(Reason::NoticeRepeated)[0].entry;
    assert!(repeated.replacement.is_some() && repeated.secret_name.is_some());
}
