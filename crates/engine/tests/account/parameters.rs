//! Parameters that are kept in step with secrets.

use keywheel_core::contract::action::ActionKind;
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Fault, Habit, Night, Operation, Parameter, World};

use crate::support::{asked, changes, next_night, night, row, world_with};

const NAME: &str = "/keywheel/111122223333/alice";

/// A list with one entry for everybody.
fn list(layout: &str, more: &str) -> String {
    format!(r#"{{"schema_version":1,"parameters":[{{"users":["*/*"],"layout":"{layout}"{more}}}]}}"#)
}

/// Alice's key is due, and the list gives everybody a parameter.
fn listed(more: &str) -> World {
    let world = world_with("alice", 90);
    {
        let mut account = world.account();
        account.parameter_list = Some(list("new-old", more));
        account.user_mut("alice").habit = Habit::Installs;
    }
    world
}

fn delivering() -> Night {
    Night::with_parameters()
}

fn keys(world: &World) -> Vec<String> {
    world.account().user("alice").keys.iter().map(|key| key.id.to_string()).collect()
}

fn in_parameter(world: &World) -> Vec<String> {
    world.account().parameter("alice").map(Parameter::keys).unwrap_or_default()
}

fn behind(result: &AccountResult) -> Option<(StepStatus, String)> {
    let row =
        result.steps.iter().find(|row| row.step == StepKind::Reconcile && row.reason == Reason::ParameterBehind)?;
    Some((row.status, row.error.clone().unwrap_or_default()))
}

fn a_night(world: &World) -> AccountResult {
    let begun = world.account().now;
    let run = delivering().on(world).run();
    next_night(world, begun);
    run.result
}

/// A person gives alice's present key to a parameter of this name.
fn by_a_person(world: &World, name: &str) -> String {
    let mut account = world.account();
    let key = account.user("alice").keys[0].id.to_string();
    let value = account.value_of("alice", &key);
    account.parameters.insert(name.to_owned(), Parameter::by_a_person(&value));
    value
}

#[test]
fn a_replacement_comes_into_the_parameter_after_the_secret() {
    let world = listed("");
    let run = delivering().on(&world).run();
    assert_eq!((row(&run.result, StepKind::Publish).1, behind(&run.result)), (StepStatus::Done, None));
    let [_, new] = keys(&world).try_into().unwrap();
    // Nobody knows the pair of the first key.
    assert_eq!(in_parameter(&world), std::slice::from_ref(&new));
    assert!(world.account().hands_out(NAME, "alice", &new));
    let made = changes(&world);
    let place = |operation| made.iter().position(|made| *made == operation).unwrap();
    assert!(place(Operation::MoveCurrent) < place(Operation::CreateParameter));
    let ledger = world.account().ledger_text();
    assert!(!world.leaks(&format!("{run:?}{ledger}")));
}

#[test]
fn the_pair_before_stands_beside_the_new_one() {
    let world = listed("");
    for _ in 0..95 {
        a_night(&world);
    }
    let [second, third] = keys(&world).try_into().unwrap();
    assert_eq!(in_parameter(&world), [third.clone(), second]);
    assert!(world.account().hands_out(NAME, "alice", &third));
    assert_eq!(world.account().broken_rules(), Vec::<String>::new());
}

#[test]
fn users_whom_the_list_does_not_name_have_none_and_nights_with_nothing_due_read_no_list() {
    let world = listed("");
    world.account().parameter_list = Some(list("new-old", r#","tagged":true"#));
    let run = delivering().on(&world).run();
    assert_eq!((row(&run.result, StepKind::Publish).1, in_parameter(&world).len()), (StepStatus::Done, 0));
    let called =
        |world: &World| [Operation::FindParameter, Operation::CreateParameter].map(|operation| world.count(operation));
    assert_eq!(called(&world), [0, 0]);
    let begun = world.account().now;
    world.forget();
    next_night(&world, begun);
    let _ = delivering().on(&world).run();
    assert_eq!(world.count(Operation::ReadParameterList), 0);
    // Switched off, nothing is read at all, whatever is due.
    let off = listed("");
    let _ = night().on(&off).run();
    assert_eq!((off.count(Operation::ReadParameterList), in_parameter(&off).len()), (0, 0));
}

#[test]
fn a_tag_opts_in() {
    let world = listed("");
    world.account().parameter_list = Some(list("json", r#","tagged":true"#));
    world.account().user_mut("alice").tags.insert("keyrotation:parameter".to_owned(), "on".to_owned());
    let _ = delivering().on(&world).run();
    assert_eq!(in_parameter(&world), keys(&world)[1..]);
}

#[test]
fn a_parameter_of_somebody_else_is_left_as_it_is_and_no_key_is_made() {
    for value in ["something else", ""] {
        let world = listed("");
        let value = if value.is_empty() { by_a_person(&world, NAME) } else { value.to_owned() };
        world.account().parameters.insert(NAME.to_owned(), Parameter::by_a_person(&value));
        let run = delivering().on(&world).run();
        assert_eq!(row(&run.result, StepKind::Create).1, StepStatus::Failed);
        let error = run.result.steps[0].error.clone().unwrap();
        assert!(error.contains(NAME) && error.contains("left as it is") && !world.leaks(&error), "{error}");
        assert_eq!((keys(&world).len(), world.count(Operation::CreateAccessKey)), (1, 0));
        assert!(world.account().parameter("alice").unwrap().value() == value);
    }
}

#[test]
fn a_parameter_is_adopted_where_the_list_says_so_and_its_pair_becomes_the_old_one() {
    let world = listed(r#","adopt":true"#);
    by_a_person(&world, NAME);
    let run = delivering().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Publish).1, StepStatus::Done);
    let [old, new] = keys(&world).try_into().unwrap();
    assert_eq!(in_parameter(&world), [new, old]);
}

#[test]
fn what_holds_no_pair_or_is_not_encrypted_is_not_adopted() {
    let odd = listed(r#","adopt":true"#);
    odd.account().parameters.insert(NAME.to_owned(), Parameter::by_a_person("a connection string"));
    let plain = listed(r#","adopt":true"#);
    by_a_person(&plain, NAME);
    plain.account().parameters.get_mut(NAME).unwrap().is_secure = false;
    for (world, says) in [(odd, "holds no pair"), (plain, "is not encrypted")] {
        let run = delivering().on(&world).run();
        let error = run.result.steps[0].error.clone().unwrap();
        assert!(error.contains(says) && keys(&world).len() == 1, "{error}");
        assert_eq!(world.account().parameter("alice").unwrap().version, 1);
    }
}

#[test]
fn a_list_that_cannot_be_read_makes_no_key() {
    let broken = listed("");
    broken.account().parameter_list = Some("[".to_owned());
    let denied = listed("");
    denied.fail_every(Operation::ReadParameterList, Fault::Denied);
    for world in [broken, denied] {
        let run = delivering().on(&world).run();
        assert_eq!((row(&run.result, StepKind::Create).1, keys(&world).len()), (StepStatus::Failed, 1));
    }
}

#[test]
fn a_parameter_that_could_not_be_written_is_reported_and_brought_into_step_the_next_night() {
    for fault in [Fault::Denied, Fault::Throttled, Fault::LostBefore] {
        let world = listed("");
        world.fail(Operation::CreateParameter, 0, fault);
        let first = a_night(&world);
        assert_eq!(row(&first, StepKind::Publish).1, StepStatus::Done, "{fault:?}");
        let (status, error) = behind(&first).unwrap();
        assert!(status == StepStatus::Failed && error.contains("ssm:PutParameter"), "{fault:?}: {error}");
        let new = keys(&world)[1].clone();
        let second = a_night(&world);
        assert_eq!(behind(&second), Some((StepStatus::Done, String::new())), "{fault:?}");
        assert!(world.account().hands_out(NAME, "alice", &new));
        assert_eq!(behind(&a_night(&world)), None);
    }
}

#[test]
fn an_answer_that_is_lost_leaves_nothing_behind() {
    let world = listed("");
    world.fail(Operation::CreateParameter, 0, Fault::LostAfter);
    assert_eq!(behind(&a_night(&world)), None);
    assert_eq!(world.account().parameter("alice").unwrap().version, 1);
}

#[test]
fn the_old_key_is_held_for_as_long_as_the_parameter_is_behind() {
    let world = listed("");
    world.fail_every(Operation::CreateParameter, Fault::Denied);
    for night in 0..60 {
        let result = a_night(&world);
        assert!(world.account().user("alice").keys[0].is_active(), "night {night}");
        let hold = result.steps.iter().find(|row| row.step == StepKind::Hold);
        assert!(night < 11 || hold.is_some_and(|row| row.reason == Reason::ParameterBehind), "{night}: {result:?}");
    }
    world.forget();
    // From the night on in which the parameter has it, its hosts have the whole install grace.
    let active: Vec<_> =
        (0..12).map(|_| a_night(&world)).map(|_| world.account().user("alice").keys[0].is_active()).collect();
    assert_eq!(active.iter().position(|active| !active), Some(11), "{active:?}");
}

#[test]
fn a_lost_ledger_makes_nobodys_parameter_forgotten() {
    let world = listed("");
    world.fail_every(Operation::CreateParameter, Fault::Denied);
    a_night(&world);
    world.forget();
    world.account().set_ledger_text(None);
    a_night(&world);
    assert_eq!(in_parameter(&world), keys(&world)[1..]);
}

#[test]
fn an_audit_writes_no_parameter() {
    let world = listed("");
    let audit = Night { mode: Mode::Audit, ..delivering() };
    let _ = audit.on(&world).run();
    assert_eq!((changes(&world), world.count(Operation::ReadParameterList)), (Vec::new(), 0));
}

fn roll_back(world: &World) -> AccountResult {
    let rollback = Night { explicit: Some(asked(ActionKind::Rollback, &[])), ..delivering() };
    rollback.on(world).run().result
}

#[test]
fn a_rollback_has_the_parameter_hand_out_the_old_key_again() {
    let world = listed(r#","adopt":true"#);
    world.account().user_mut("alice").habit = Habit::NeverInstalls;
    by_a_person(&world, NAME);
    a_night(&world);
    let [old, new] = keys(&world).try_into().unwrap();
    assert_eq!(in_parameter(&world), [new.clone(), old.clone()]);
    let result = roll_back(&world);
    assert_eq!((row(&result, StepKind::Rollback).1, behind(&result)), (StepStatus::Done, None));
    assert_eq!(in_parameter(&world), [old.clone(), new]);
    assert!(world.account().hands_out(NAME, "alice", &old));
}

#[test]
fn a_rollback_to_a_key_whose_pair_nobody_has_says_so() {
    let world = listed("");
    world.account().user_mut("alice").habit = Habit::NeverInstalls;
    a_night(&world);
    let result = roll_back(&world);
    assert_eq!(row(&result, StepKind::Rollback).1, StepStatus::Done);
    let (status, error) = behind(&result).unwrap();
    assert!(status == StepStatus::Deferred && error.contains("is neither in the secret nor in parameter"), "{error}");
    assert_eq!(behind(&a_night(&world)), None, "nothing is left to be tried again");
}
