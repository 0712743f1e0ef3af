//! Users to whom AWS attached its quarantine policy, because it found a key of theirs in a public place.

use keywheel_core::contract::result::StepStatus;
use keywheel_core::observed::KeyStatus;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Night, World};

use crate::support::{changes, next_night, night, world_with};

const POLICY: &str = "AWSCompromisedKeyQuarantineV3";

fn exposed() -> World {
    let world = world_with("alice", 20);
    world.account().add_user_with_key("bob", 20);
    world.account().user_mut("alice").quarantine = Some(POLICY.to_owned());
    world
}

/// To how many addresses the quarantine was told so far, and what the mails say of it.
fn told(world: &World) -> (usize, Option<String>) {
    let account = world.account();
    let mails = account.mails.iter().filter(|mail| mail.entry.reason == Reason::Quarantined);
    let details: Vec<_> = mails.map(|mail| mail.entry.detail.clone()).collect();
    (details.len(), details.into_iter().next().flatten())
}

#[test]
fn exception_c_a_quarantine_is_reported_and_told_once_a_week_and_changes_nothing() {
    let world = exposed();
    let run = night().on(&world).run();
    let rows: Vec<_> = run.result.steps.iter().map(|row| (row.user.as_str(), row.reason, row.status)).collect();
    assert_eq!(rows, [("alice", Reason::Quarantined, StepStatus::Done)]);
    let first = told(&world);
    assert!(first.0 > 0 && first.1.as_deref() == Some(POLICY), "{first:?}");

    let again = Night { sweep: true, ..night() }.on(&world).run();
    assert_eq!((again.result.steps.len(), told(&world).0), (1, first.0));

    for _ in 0..7 {
        let begun = world.account().now;
        next_night(&world, begun);
        let _ = night().on(&world).run();
    }
    assert_eq!((told(&world).0, changes(&world)), (2 * first.0, Vec::new()));
    assert_eq!(world.account().user("alice").keys[0].status, KeyStatus::Active);
}

#[test]
fn exception_c_whoever_is_quarantined_is_never_passed_over() {
    let world = exposed();
    // A day that is not the account's for a sweep.
    world.day();
    let night = Night { mode: Mode::Audit, ..night() };
    let run = night.on(&world).run();
    let row = run.result.steps.iter().find(|row| row.reason == Reason::Quarantined).unwrap();
    assert_eq!((run.result.swept, row.status), (false, StepStatus::Planned));
}
