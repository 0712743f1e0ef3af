//! How much was judged: a test in which nothing happens proves nothing.

use std::cell::Cell;
use std::fmt;

/// Counts over all histories of a test.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) histories: Cell<u64>,
    pub(crate) runs: Cell<u64>,
    pub(crate) made: Cell<u64>,
    pub(crate) deactivated: Cell<u64>,
    pub(crate) deleted: Cell<u64>,
}

impl Tally {
    pub(crate) fn add(counter: &Cell<u64>) {
        counter.set(counter.get() + 1);
    }

    /// Every kind of deed must have been judged, in proportion to the number of histories.
    pub(crate) fn assert_not_vacuous(&self, cases: u32) {
        let least = u64::from(cases) / 20;
        for (name, counter) in [("made", &self.made), ("inactive", &self.deactivated), ("deleted", &self.deleted)] {
            assert!(counter.get() >= least, "only {} keys were {name} in {cases} histories", counter.get());
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [histories, runs, made, deactivated, deleted] =
            [&self.histories, &self.runs, &self.made, &self.deactivated, &self.deleted].map(Cell::get);
        write!(
            f,
            "{histories} histories with {runs} runs; {made} calls that make keys, {deactivated} that make them inactive and \
             {deleted} that delete them were judged"
        )
    }
}
