//! Parameters of users who are gone, deleted when the secret cannot be restored any more.

use keywheel_core::Timestamp;
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Fault, Night, Operation, Parameter, World};

use crate::support::{alice, next_night, night};

const SECRET: &str = "Account_111122223333_User_alice_AccessKey";
const NAME: &str = "/keywheel/111122223333/alice";
const LIST: &str = r#"{"schema_version":1,"parameters":[{"users":["*/*"],"layout":"new-old"}]}"#;

fn delivering() -> Night {
    Night::with_parameters()
}

pub(crate) fn a_night(world: &World, night: &Night) -> AccountResult {
    let begun = world.account().now;
    let run = night.on(world).run();
    next_night(world, begun);
    run.result
}

/// Alice had a parameter, and is gone; the list does not name her any more.
fn gone() -> World {
    let world = alice();
    world.account().parameter_list = Some(LIST.to_owned());
    a_night(&world, &delivering());
    assert!(is_there(&world));
    let mut account = world.account();
    account.users.clear();
    account.parameter_list = Some(r#"{"schema_version":1,"parameters":[]}"#.to_owned());
    drop(account);
    world
}

fn is_there(world: &World) -> bool {
    world.account().parameters.contains_key(NAME)
}

fn told(result: &AccountResult) -> Option<(StepStatus, String)> {
    let mut rows = result.steps.iter().filter(|row| row.reason == Reason::UserGone);
    rows.next().map(|row| (row.status, row.error.clone().unwrap_or_default()))
}

/// The evening before the sweep in which it is due.
fn eve() -> World {
    let mut world = gone();
    for _ in 0..120 {
        let tomorrow = world.fork();
        a_night(&tomorrow, &delivering());
        if !is_there(&tomorrow) {
            return world;
        }
        world = tomorrow;
    }
    panic!("the parameter is there for ever");
}

/// Whether the parameter outlives so many nights.
fn outlives(world: &World, night: &Night, nights: usize) -> bool {
    (0..nights).all(|_| {
        a_night(world, night);
        is_there(world)
    })
}

fn refused(world: &World) -> String {
    let (status, error) = told(&a_night(world, &delivering())).unwrap();
    assert_eq!((status, is_there(world)), (StepStatus::Deferred, true), "{error}");
    error
}

#[test]
fn a_parameter_goes_when_the_secret_cannot_be_restored_any_more_and_once() {
    let world = gone();
    let gone_at = world.account().now;
    let mut scheduled: Option<Timestamp> = None;
    while is_there(&world) {
        let begun = world.account().now;
        a_night(&world, &delivering());
        if scheduled.is_none() && world.account().secrets[SECRET].is_scheduled_for_deletion {
            scheduled = Some(begun);
        }
        assert!(begun.duration_since(gone_at).as_hours() < 24 * 100, "it is there for ever");
        let waited = scheduled.map_or(0, |scheduled| begun.duration_since(scheduled).as_hours() / 24);
        assert!(if is_there(&world) { waited < 38 } else { waited >= 30 }, "{waited}");
    }
    world.forget();
    for _ in 0..30 {
        assert_eq!(told(&a_night(&world, &delivering())), None);
    }
    assert_eq!(world.count(Operation::DeleteParameter) + world.count(Operation::FindParameter), 0);
    assert_eq!(world.account().ledger().users.len(), 1);
}

#[test]
fn in_an_audit_without_the_setting_and_without_parameters_nothing_is_deleted() {
    let audit = Night { mode: Mode::Audit, ..delivering() };
    let mut never = delivering();
    never.settings.policy.housekeeping_after = None;
    for other in [audit, never, night()] {
        let world = eve();
        world.forget();
        assert!(outlives(&world, &other, 20));
        assert_eq!(world.count(Operation::DeleteParameter), 0);
    }
}

#[test]
fn a_user_who_is_made_again_keeps_the_parameter_of_that_name() {
    let world = eve();
    world.account().add_user("alice");
    assert!(outlives(&world, &delivering(), 100));
    // Right before the call it is looked at again.
    let world = eve();
    world.person(|call, account| {
        if call.operation == Operation::GetUser {
            account.add_user("alice");
        }
    });
    let result = a_night(&world, &delivering());
    let changed = result.steps.iter().any(|row| row.reason == Reason::PreconditionChanged);
    assert!(changed && is_there(&world), "{result:?}");
}

#[test]
fn a_parameter_that_hands_out_anything_else_stays() {
    let world = eve();
    for value in ["something else", "NEW\naws_access_key_id = AKIA00000000000OTHER\naws_secret_access_key = half"] {
        let world = world.fork();
        world.account().parameters.insert(NAME.to_owned(), Parameter::by_a_person(value));
        let error = refused(&world);
        assert!(error.contains(NAME) && error.contains("does not hand out a key that Keywheel made"), "{error}");
    }
    // Nobody wrote down that this one is hers.
    let mut ledger = world.account().ledger();
    ledger.users.get_mut(&"alice".parse().unwrap()).unwrap().parameter = None;
    world.account().set_ledger(&ledger);
    assert!(outlives(&world, &delivering(), 20));
}

#[test]
fn whoever_restores_the_secret_keeps_the_parameter() {
    let world = eve();
    world.account().secrets.get_mut(SECRET).unwrap().is_scheduled_for_deletion = false;
    let error = refused(&world);
    assert!(error.contains("restored") && error.contains(SECRET), "{error}");
}

#[test]
fn when_the_secret_is_gone_for_good_the_parameter_goes_all_the_same() {
    let world = eve();
    world.account().secrets.clear();
    a_night(&world, &delivering());
    assert!(!is_there(&world));
}

#[test]
fn whatever_call_fails_the_parameter_is_deleted_by_a_later_sweep() {
    let eve = eve();
    let calm = eve.fork();
    a_night(&calm, &delivering());
    for fault in [Fault::Denied, Fault::Throttled, Fault::Refused, Fault::LostBefore, Fault::LostAfter, Fault::Death] {
        for (nth, call) in calm.calls().iter().enumerate() {
            let world = eve.fork();
            world.fail_call(nth, fault);
            let begun = world.account().now;
            let _ = delivering().on(&world);
            next_night(&world, begun);
            let is_look = matches!(
                call.operation,
                Operation::GetUser | Operation::DescribeSecret | Operation::FindParameter | Operation::ListUsers
            );
            let was_answered = matches!(fault, Fault::LostAfter);
            assert!(!is_look || was_answered || is_there(&world), "{fault:?} at {call:?}");
            assert!(!is_there(&world) || !outlives(&world, &delivering(), 16), "{fault:?} at {call:?}");
        }
    }
}
