//! What most tests need.

use jiff::SignedDuration;
use keywheel_core::contract::action::{ActionKind, ExplicitAction, Guard};
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::id::AccessKeyId;
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

/// The world in the evening before the first night in which a step of this kind is done.
pub(crate) fn eve_of(mut world: World, night: &Night, kind: StepKind) -> World {
    for _ in 0..400 {
        let tomorrow = world.fork();
        let begun = tomorrow.account().now;
        let run = night.on(&tomorrow).run();
        if run.result.steps.iter().any(|step| step.step == kind && step.status == StepStatus::Done) {
            return world;
        }
        next_night(&tomorrow, begun);
        world = tomorrow;
    }
    panic!("no {kind:?} in 400 nights");
}

/// Alice's world: her hosts install each new key at once.
pub(crate) fn alice() -> World {
    let world = world_with("alice", 90);
    world.account().user_mut("alice").habit = keywheel_testkit::Habit::Installs;
    world
}

/// What a person does, by its name.
pub(crate) type Act = (&'static str, fn(&mut keywheel_testkit::Account));

/// Lets the person act right before each call of a run in turn, up to the last time that the run looks at the user before
/// this change: whenever it was, the change must not be made.
pub(crate) fn assert_deferred_whenever(eve: &World, change: Operation, acts: &[Act]) {
    let calm = eve.fork();
    let _ = night().on(&calm);
    let calls = calm.calls();
    let made = calls.iter().position(|call| call.operation == change).unwrap();
    let looked = calls[..made].iter().rposition(|call| call.operation == Operation::GetUser).unwrap();
    assert!(calls[looked..made].iter().all(|call| !call.operation.is_write()), "{:?}", &calls[looked..made]);
    for &(name, act) in acts {
        for (moment, call) in calls[..=looked].iter().enumerate() {
            let world = eve.fork();
            let mut made = 0;
            world.person(move |_, account| {
                if made == moment {
                    act(account);
                }
                made += 1;
            });
            let _ = night().on(&world);
            assert_eq!(world.count(change), 0, "{name}, right before {call:?}");
        }
    }
}

/// The action on alice, as a schedule asks for it, with these guards lifted.
pub(crate) fn asked(action: ActionKind, overrides: &[Guard]) -> ExplicitAction {
    ExplicitAction {
        action,
        username: "alice".parse().unwrap(),
        account: None,
        name: String::new(),
        email: String::new(),
        access_key_id: None,
        replace: false,
        reviewed: [].into(),
        overrides: overrides.iter().copied().collect(),
        run_id: None,
        mode: None,
    }
}

/// A run that does what is asked for.
pub(crate) fn asking(action: ExplicitAction) -> Night {
    Night { explicit: Some(action), ..night() }
}

/// The one step of the result, without dates and errors.
pub(crate) fn only_row(result: &AccountResult) -> (StepKind, Reason, StepStatus) {
    let [row] = result.steps.as_slice() else { panic!("not one row: {:?}", result.steps) };
    (row.step, row.reason, row.status)
}

/// Alice's keys: the old one, and the one that took over from it.
pub(crate) fn old_and_new(world: &World) -> [AccessKeyId; 2] {
    let account = world.account();
    let [old, new] = account.user("alice").keys.as_slice() else { panic!("alice has not two keys") };
    [old.id.clone(), new.id.clone()]
}

/// Whether each of alice's keys works.
pub(crate) fn working(world: &World) -> Vec<bool> {
    world.account().user("alice").keys.iter().map(keywheel_testkit::Key::is_active).collect()
}

/// The clock goes on, and nobody does anything.
pub(crate) fn later(world: &World, by: SignedDuration) {
    let now = world.account().now;
    world.at(now + by);
}

pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);
