//! Every call of the busy night fails in turn.

use std::collections::BTreeSet;

use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_testkit::{Night, World};

use crate::fault::Way;
use crate::judge::{End, judged_night, two_nights_later};
use crate::wire::{Call, Wire};

/// What a sweep was.
pub(crate) struct Swept {
    /// The calls of the undisturbed night, in order.
    pub(crate) calls: Vec<Call>,
    /// Those of them that failed in turn, each with how often it was sent when it failed.
    pub(crate) failed: Vec<(Call, u32)>,
}

/// The busy night without a fault: its calls, and where two further nights bring the account.
pub(crate) fn calm(eve: &World) -> (Vec<Call>, End) {
    let wire = Wire::new(&eve.fork(), None);
    let (ended, wrongs) = judged_night(&wire);
    let run = ended.run.unwrap();
    let done = run.result.steps.iter().filter(|step| step.status == StepStatus::Done);
    let done: BTreeSet<_> = done.map(|step| step.step).collect();
    for kind in [StepKind::Create, StepKind::Publish, StepKind::Deactivate, StepKind::Delete, StepKind::Retire] {
        assert!(done.contains(&kind), "{done:?}");
    }
    assert!(run.result.complete && ended.failures.is_empty() && wrongs.is_empty(), "{wrongs:?} {:?}", run.result);
    let (end, wrongs) = two_nights_later(&wire.world);
    assert_eq!(wrongs, Vec::<String>::new());
    // The wire changes nothing: the same nights at the ports end alike.
    let at_ports = eve.fork();
    Night::with_parameters().nights(&at_ports, 1);
    assert_eq!(two_nights_later(&at_ports).0, end);
    (wire.calls(), end)
}

/// Lets every call of the night fail in this way in turn; two further nights must bring the account where it would have been.
pub(crate) fn sweep(way: Way) -> Swept {
    let eve = World::busy_eve_with_parameters();
    eve.account().replica_regions.insert("eu-west-1".to_owned());
    let (calls, calm) = calm(&eve);
    let fails = |(_, call): &(usize, &Call)| call.is_write || !way.is_of_writes();
    let one = |(nth, call): (usize, &Call)| (call.clone(), one_case(&eve, nth, way, &calm));
    let failed = calls.iter().enumerate().filter(fails).map(one).collect();
    Swept { calls, failed }
}

fn one_case(eve: &World, nth: usize, way: Way, calm: &End) -> u32 {
    let wire = Wire::new(&eve.fork(), Some((nth, way)));
    let (ended, wrongs) = judged_night(&wire);
    let failed = wire.calls().get(nth).cloned().unwrap_or_else(|| panic!("{way:?}: there is no call {nth}"));
    let context = format!("{way:?} at call {nth}, {}", failed.told);
    assert_eq!(wrongs, Vec::<String>::new(), "{context}: {ended:?}");
    let (end, wrongs) = two_nights_later(&wire.world);
    assert_eq!(wrongs, Vec::<String>::new(), "{context}");
    if let Some(difference) = end.differs(calm) {
        panic!("{context}: {difference}");
    }
    failed.attempts
}
