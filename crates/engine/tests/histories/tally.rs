//! How much was judged: a test in which nothing happens proves nothing.

use std::cell::Cell;
use std::fmt;

use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_testkit::Ended;

/// Counts over all histories of a test.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) histories: Cell<u64>,
    pub(crate) runs: Cell<u64>,
    pub(crate) made: Cell<u64>,
    pub(crate) deactivated: Cell<u64>,
    pub(crate) deleted: Cell<u64>,
    /// Runs that held a key for its hosts.
    pub(crate) held: Cell<u64>,
}

impl Tally {
    pub(crate) fn add(counter: &Cell<u64>) {
        counter.set(counter.get() + 1);
    }

    /// Counts a run that held a key for what hosts have not acknowledged.
    pub(crate) fn add_held(&self, end: &Ended) {
        let Ended::Run(run) = end else { return };
        let waits = |reason| matches!(reason, Reason::NotAcknowledged | Reason::AcknowledgementsUnknown);
        if run.result.steps.iter().any(|row| row.step == StepKind::Hold && waits(row.reason)) {
            Self::add(&self.held);
        }
    }

    /// Every kind of deed must have been judged, in proportion to the number of histories.
    pub(crate) fn assert_not_vacuous(&self, cases: u32, with_hosts: bool) {
        let least = u64::from(cases) / 20;
        for (name, counter) in [("made", &self.made), ("inactive", &self.deactivated), ("deleted", &self.deleted)] {
            assert!(counter.get() >= least, "only {} keys were {name} in {cases} histories", counter.get());
        }
        let held = self.held.get();
        let is_right = if with_hosts { held >= least } else { held == 0 };
        assert!(is_right, "{held} runs held a key for its hosts in {cases} histories");
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
        )?;
        let held = self.held.get();
        if held > 0 { write!(f, "; {held} runs held a key for its hosts") } else { Ok(()) }
    }
}
