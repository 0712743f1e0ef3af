//! Every case of `decisions.json`, against the planner. The file is written by hand, from the rules.

#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

mod support;

use std::collections::BTreeSet;

use keywheel_core::plan::{Action, StepKind};
use keywheel_core::planner::needs_secret;
use keywheel_core::reason::Reason;
use support::decision_file::{Case, DecisionFile};
use support::decision_step::Decided;

fn cases() -> Vec<Case> {
    let file: Result<DecisionFile, _> = serde_json::from_str(include_str!("decisions.json"));
    file.unwrap().cases
}

fn planned(case: &Case) -> Vec<Decided> {
    let mut decided: Vec<_> = case.plan().iter().map(Decided::of).collect();
    decided.sort();
    decided
}

#[test]
fn every_case_is_decided_as_written() {
    let mut wrong = Vec::new();
    for case in cases() {
        let mut expected = case.steps.clone();
        expected.sort();
        let planned = planned(&case);
        if planned != expected {
            wrong.push(format!("{}\n  written: {expected:#?}\n  planned: {planned:#?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_step_changes_something_exactly_when_its_name_says_so() {
    let changing = [
        StepKind::Create,
        StepKind::Publish,
        StepKind::Deactivate,
        StepKind::Delete,
        StepKind::Retire,
        StepKind::Reconcile,
        StepKind::Rollback,
    ];
    for case in cases() {
        for step in case.plan() {
            let is_refused = matches!(step.action, Action::Refuse { .. });
            let changes = changing.contains(&step.kind) && !is_refused;
            assert_eq!(step.action.is_change(), changes, "{}: {step:?}", case.name);
        }
    }
}

#[test]
fn the_secret_is_looked_at_wherever_a_case_rests_on_it() {
    for case in cases().iter().filter(|case| case.rests_on_the_secret()) {
        let world = case.world();
        let user = &world.users[0];
        assert!(needs_secret(user, world.ledger.users.get(&user.name)), "{}", case.name);
    }
}

/// Reasons that only the executor gives, or the run before there is a plan or after it; and that of users who are gone, who have no case.
const NOT_THE_PLANNERS: [Reason; 13] = [
    Reason::SecretMoved,
    Reason::UserGone,
    Reason::OwnerUnreachable,
    Reason::UserNotFound,
    Reason::ReplacementUnproven,
    Reason::KeysUnknown,
    Reason::MaxChanges,
    Reason::CircuitOpen,
    Reason::PreconditionChanged,
    Reason::PlanChanged,
    Reason::ClaimLost,
    Reason::OutOfTime,
    Reason::ClockOff,
];

#[test]
fn every_reason_of_the_planner_has_a_case() {
    let told: BTreeSet<String> = cases().iter().flat_map(|case| &case.steps).map(|step| step.reason.clone()).collect();
    let all = Reason::ALL.iter().filter(|reason| !NOT_THE_PLANNERS.contains(reason));
    let missing: Vec<_> = all.map(|reason| reason.code()).filter(|code| !told.contains(*code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn names_are_unique_and_there_are_cases_of_one_two_and_three_keys() {
    let cases = cases();
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len());
    for (keys, at_least) in [(1, 40), (2, 40), (3, 5)] {
        let found = cases.iter().filter(|case| case.keys.len() == keys).count();
        assert!(found >= at_least, "{found} cases of {keys} keys");
    }
}
