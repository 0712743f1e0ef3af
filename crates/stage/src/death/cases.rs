//! Where processes are killed: chosen from the calls of a night that met no fault.

use std::collections::BTreeMap;
use std::fmt;

use super::call::Spot;
use super::proxy::Kill;

/// One account and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    /// None for the second account that meets no fault.
    pub(super) kill: Option<Kill>,
    /// Whether Lambda tries the event again after two minutes; else the next night goes on.
    pub(super) is_retried: bool,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(kill) = &self.kill else { return f.write_str("no death at all") };
        let when = if kill.after { "after" } else { "before" };
        let then = if self.is_retried { "tried again" } else { "left to the next night" };
        write!(f, "death {when} {}, {then}", kill.at)
    }
}

/// The calls by kind, in the order in which they came.
pub(super) fn kinds(calls: &[Spot]) -> BTreeMap<&str, Vec<&Spot>> {
    let mut kinds: BTreeMap<&str, Vec<&Spot>> = BTreeMap::new();
    for call in calls {
        kinds.entry(&call.label.kind).or_default().push(call);
    }
    kinds
}

/// Every case: a death before and one after each call, or each kind of call; and one case without.
pub(super) fn cases(calls: &[Spot], every_call: bool) -> Vec<Case> {
    let mut kills = Vec::new();
    if every_call {
        kills.extend(calls.iter().flat_map(|call| [(call, false), (call, true)]));
    } else {
        for (number, calls) in kinds(calls).into_values().enumerate() {
            // Not the first call every time: so that the steps of different users are hit.
            let call = |number: usize| calls[number % calls.len()];
            kills.extend([(call(number), false), (call(number + 1), true)]);
        }
    }
    let cases = kills.into_iter().enumerate().map(|(number, (call, after))| Case {
        kill: Some(Kill { at: call.clone(), after }),
        is_retried: (number / 2 + number).is_multiple_of(2),
    });
    cases.chain([Case { kill: None, is_retried: false }]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::call::Label;
    use super::*;

    fn calls() -> Vec<Spot> {
        let spot = |kind: &str, user: &str, number| Spot {
            label: Label { kind: kind.to_owned(), user: user.to_owned() },
            number,
        };
        vec![spot("a", "alice", 1), spot("b", "", 1), spot("a", "bob", 1), spot("a", "bob", 2)]
    }

    #[test]
    fn every_call_is_met_by_a_death_before_and_one_after_it() {
        let cases = cases(&calls(), true);
        for (call, after) in calls().into_iter().flat_map(|call| [(call.clone(), false), (call, true)]) {
            let kill = Some(Kill { at: call, after });
            assert_eq!(cases.iter().filter(|case| case.kill == kill).count(), 1, "{kill:?}");
        }
    }

    #[test]
    fn every_kind_is_met_by_a_death_before_and_one_after_a_call_of_it_and_half_are_tried_again() {
        let cases = cases(&calls(), false);
        assert_eq!(cases.len(), 5);
        for (kind, after) in [("a", false), ("a", true), ("b", false), ("b", true)] {
            let fits = |kill: &Kill| kill.at.label.kind == kind && kill.after == after;
            assert!(cases.iter().filter_map(|case| case.kill.as_ref()).any(fits), "{kind} {after}");
        }
        assert_eq!(cases.iter().filter(|case| case.is_retried).count(), 2);
    }
}
