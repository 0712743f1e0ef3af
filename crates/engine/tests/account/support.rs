//! What most tests need.

use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Night, Operation, World};

/// Two in the morning.
pub(crate) const START: &str = "2026-11-20T02:00:00Z";

/// An account with one user whose key of that age was used an hour ago.
pub(crate) fn world_with(user: &str, age: u32) -> World {
    let world = World::new(START);
    world.account().add_user_with_key(user, age);
    world
}

/// An account with nobody in it.
pub(crate) fn empty_world() -> World {
    World::new(START)
}

/// A run that enforces the default policy.
pub(crate) fn night() -> Night {
    Night::default()
}

/// The changing calls, in order.
pub(crate) fn changes(world: &World) -> Vec<Operation> {
    world.calls().iter().map(|call| call.operation).filter(|operation| operation.is_change()).collect()
}

/// The rows of a result, without dates and errors.
pub(crate) fn rows(result: &AccountResult) -> Vec<(String, StepKind, Reason, StepStatus)> {
    result.steps.iter().map(|step| (step.user.to_string(), step.step, step.reason, step.status)).collect()
}

/// The one row of this kind.
pub(crate) fn row(result: &AccountResult, kind: StepKind) -> (Reason, StepStatus) {
    let mut found = result.steps.iter().filter(|step| step.step == kind);
    let row = found.next().unwrap_or_else(|| panic!("no {kind:?} in {:?}", result.steps));
    assert!(found.next().is_none(), "more than one {kind:?} in {:?}", result.steps);
    (row.reason, row.status)
}

/// The next night: a day later, with what the hosts do at noon.
pub(crate) fn next_night(world: &World, begun: keywheel_core::Timestamp) {
    world.at(begun);
    world.day();
}
