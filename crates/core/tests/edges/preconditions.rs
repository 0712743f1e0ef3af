//! What each changing step asks the executor to look at once more, right before its call. A step that asks for less could act
//! on what is no longer so.

use std::collections::BTreeSet;

use keywheel_core::contract::action::Guard;
use keywheel_core::ledger::InactiveBecause;
use keywheel_core::observed::{KeyStatus, LastUsed, ObservedUser};
use keywheel_core::plan::{Action, Preconditions, Step};
use keywheel_core::reason::Reason;

use crate::support::decision_file::{Case, DecisionFile};
use crate::support::{World, key_id};

const ACTIVE: KeyStatus = KeyStatus::Active;
const INACTIVE: KeyStatus = KeyStatus::Inactive;

fn changing_steps() -> Vec<(String, World, Step)> {
    let file: DecisionFile = serde_json::from_str(include_str!("../decisions.json")).unwrap();
    let steps = file.cases.iter().flat_map(|case| {
        let world = case.world();
        let nightly = world.plan().steps.into_iter();
        let steps = nightly.chain(case.plan()).filter(|step| step.action.is_change());
        steps.map(move |step| (case.name.clone(), world.clone(), step)).collect::<Vec<_>>()
    });
    steps.collect()
}

/// What the step must be given, written from the rules.
fn expected(user: &ObservedUser, step: &Step) -> Preconditions {
    let (key, none) = (step.key.clone().unwrap(), Preconditions::default());
    let last_used = Some((key.clone(), user.key(&key).unwrap().last_used.clone()));
    let by = step.replacement.clone();
    match &step.action {
        Action::Replace { .. } => {
            // A key that leaked is inactive by then.
            let status = if step.reason == Reason::Emergency { INACTIVE } else { ACTIVE };
            Preconditions { statuses: vec![(key, status)], keys_at_most: Some(1), ..none }
        }
        Action::Publish { .. } => Preconditions { statuses: vec![(key, ACTIVE)], ..none },
        Action::Deliver { .. } | Action::Replicate { .. } | Action::ScheduleFormerSecret => {
            Preconditions { statuses: vec![(key.clone(), ACTIVE)], published: Some(key), ..none }
        }
        Action::Deactivate { because: InactiveBecause::Superseded, .. } => Preconditions {
            statuses: vec![(key, ACTIVE), (by.clone().unwrap(), ACTIVE)],
            // A hold that ends, or is lifted, goes by what is known to be in use.
            last_used: last_used
                .filter(|_| step.reason != Reason::MaxHoldOver && !step.overridden.contains(&Guard::LastUsed)),
            published: by,
            ..none
        },
        Action::Deactivate { because: InactiveBecause::Emergency, .. } => {
            let status = user.key(&key).unwrap().status;
            Preconditions { statuses: vec![(key, status)], ..none }
        }
        Action::Rollback { old, new, .. } => {
            let new = new.as_ref().map(|new| user.key(new).unwrap());
            let old = user.key(old).unwrap();
            let statuses = [old].into_iter().chain(new).map(|key| (key.id.clone(), key.status)).collect();
            // Of a key that is in use, no use is a surprise.
            let idle = new.filter(|new| !new.is_active() || new.last_used == LastUsed::Never);
            Preconditions { statuses, last_used: idle.map(|new| (new.id.clone(), new.last_used.clone())), ..none }
        }
        Action::Deactivate { .. } | Action::DeleteNeverStored { .. } => {
            Preconditions { statuses: vec![(key, ACTIVE)], last_used, ..none }
        }
        Action::Delete { .. } => {
            let by = by.filter(|_| step.reason == Reason::RecoveryGraceOver).map(|by| (by, ACTIVE));
            let statuses = [(key, INACTIVE)].into_iter().chain(by).collect();
            Preconditions { statuses, last_used, not_before: step.due, ..none }
        }
        Action::Hold | Action::None | Action::ScheduleSecret | Action::DeleteParameter { .. } | Action::ForgetHosts => {
            none
        }
        Action::Refuse { .. } => unreachable!("no change"),
    }
}

#[test]
fn every_changing_step_asks_for_what_it_rests_on() {
    let mut seen = BTreeSet::new();
    for (case, world, step) in changing_steps() {
        assert_eq!(step.preconditions, expected(&world.users[0], &step), "{case}");
        seen.insert((step.kind.as_str(), step.reason.code()));
    }
    let kinds: BTreeSet<_> = seen.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, ["create", "deactivate", "delete", "publish", "reconcile", "retire", "rollback"].into());
    for deletion in ["recovery-grace-over", "retired-grace-over", "orphaned-key", "foreign-inactive"] {
        assert!(seen.contains(&("delete", deletion)), "no case of {deletion}");
    }
}

#[test]
fn a_deletion_after_the_recovery_grace_asks_for_the_replacement_and_no_other_does() {
    for (case, _, step) in changing_steps() {
        if matches!(step.action, Action::Delete { .. }) {
            // One exception: it gave way to a key that leaked.
            let over = step.reason == Reason::RecoveryGraceOver && step.replacement.is_some();
            assert_eq!(step.preconditions.statuses.len(), if over { 2 } else { 1 }, "{case}");
        }
    }
}

fn published(case: &str) -> Option<String> {
    let case: Case = serde_json::from_str(case).unwrap();
    let supersedes = case.plan().into_iter().find_map(|step| match step.action {
        Action::Publish { supersedes, .. } => Some(supersedes),
        _ => None,
    });
    supersedes.unwrap().map(|id| id.to_string())
}

#[test]
fn a_pending_pair_is_published_in_place_of_the_key_that_was_intended() {
    let intended = r#"{"group": "", "name": "", "secret": {"pending": "K2", "stored": {"K2": "1h"}},
        "intent": {"at": "3600s", "until": "3540s", "supersedes": "K1"},
        "keys": {"K1": {"age": "91d", "used": "1h"}, "K2": {"age": "3599s", "ledger": {"created": "3599s"}}}, "steps": []}"#;
    assert_eq!(published(intended), Some(key_id("K1").to_string()));
    let of_itself = intended.replace(r#""supersedes": "K1""#, r#""supersedes": "K2""#);
    assert_eq!(published(&of_itself), None);
}
