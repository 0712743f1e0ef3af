//! A survey sees and plans what a night would, and leaves no trace.

use keywheel_core::contract::result::StepStatus;
use keywheel_core::policy::Mode;
use keywheel_testkit::{Fault, Night, Operation, World};

use crate::support::{alice, empty_world, next_night, night};

/// Every user is looked at, as a survey does.
fn sweep() -> Night {
    Night { sweep: true, run_id: Some("look".to_owned()), ..night() }
}

/// Alice, whose hosts install keys, and two whose hosts do not.
fn household() -> World {
    let world = alice();
    world.account().add_user_with_key("bob", 95);
    world.account().add_user_with_key("carol", 10);
    world
}

#[test]
fn a_survey_is_what_an_audit_stores_and_a_night_does_and_changes_nothing() {
    let mut done = 0;
    let world = household();
    for _ in 0..120 {
        let begun = world.account().now;
        let ledger = world.account().ledger_text();
        let looked_at = world.fork();
        looked_at.forget();
        let survey = sweep().survey(&looked_at).unwrap();
        assert_eq!(looked_at.account().ledger_text(), ledger);
        assert!(looked_at.calls().iter().all(|call| !call.operation.is_write()));

        let audit = Night { mode: Mode::Audit, ..sweep() }.on(&world.fork()).run();
        assert_eq!(survey.result, audit.result);
        let planned: Vec<_> =
            survey.plan.steps.iter().filter(|step| step.action.is_change()).map(|step| step.kind).collect();
        let run = night().on(&world).run();
        let made = run.result.steps.iter().filter(|step| step.status == StepStatus::Done);
        let made: Vec<_> = made.filter(|step| planned.contains(&step.step)).map(|step| step.step).collect();
        assert!(planned.iter().all(|kind| made.contains(kind)), "{planned:?} {made:?}");
        done += made.len();
        next_night(&world, begun);
    }
    assert!(done > 6, "there was something to do: {done}");
}

#[test]
fn an_account_without_a_ledger_says_so() {
    let world = household();
    assert!(!sweep().survey(&world).unwrap().has_memory());
    let _ = night().on(&world);
    assert!(sweep().survey(&world).unwrap().has_memory());
    assert!(sweep().survey(&empty_world()).unwrap().plan.steps.is_empty());
}

#[test]
fn users_who_cannot_be_seen_are_part_of_the_survey() {
    let world = household();
    world.fail(Operation::ListAccessKeys, 1, Fault::Denied);
    let survey = sweep().survey(&world).unwrap();
    assert_eq!((survey.users.len(), survey.unseen.len()), (2, 1));
    assert!(survey.left.is_empty() && survey.quiet.is_empty() && !survey.result.complete);
}
