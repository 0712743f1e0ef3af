//! How much happened: a half-year in which nothing is tried proves nothing.

use std::collections::BTreeMap;
use std::fmt;

use keywheel_core::contract::result::StepStatus;
use keywheel_testkit::{Ended, Operation};

/// Counts by what is counted.
#[derive(Default)]
pub(crate) struct Sums(BTreeMap<String, u64>);

/// So many of these must have happened in however few accounts.
const ALWAYS: usize = 9;

/// What must have happened at least once in forty accounts.
const TRIED: &[&str] = &[
    "account days",
    "nights",
    "nights in audit",
    "keys made",
    "keys made inactive",
    "keys deleted",
    "visits of hosts who behave",
    "deeds of people",
    "mails",
    "account days not reached by the rollout",
    "runs that died",
    "runs that ended with an error",
    "nights in which every call of a kind failed",
    "nights with faults at single calls",
    "nights of several runs at once",
    "nights tried again",
    "deeds of people amid a run",
    "explicit actions",
    "ledgers damaged",
    "mails that came back",
    "slots freed by hand",
    "create done",
    "publish done",
    "deactivate done",
    "delete done",
    "retire done",
    "hold done",
    "warn done",
    "reconcile done",
    "rollback done",
    "skip done",
    "secrets in the hub",
    "secrets left in the other store",
    "secrets with a replica",
    "secrets of users who are gone, scheduled for deletion",
    "secrets with SMTP passwords",
    "parameters",
    "mails with an encrypted pair",
    "acknowledgements",
    "secrets scheduled for deletion",
    "former secrets scheduled for deletion",
    "parameters deleted",
    "acknowledgements of users who are gone deleted",
];

/// The calls that put away what is left of users who are gone, and in a former store.
pub(crate) const PUT_AWAY: [(Operation, &str); 4] = [
    (Operation::ScheduleDeletion, "secrets scheduled for deletion"),
    (Operation::ScheduleFormerDeletion, "former secrets scheduled for deletion"),
    (Operation::DeleteParameter, "parameters deleted"),
    (Operation::ForgetHosts, "acknowledgements of users who are gone deleted"),
];

impl Sums {
    pub(crate) fn count(&mut self, what: &str) {
        self.many(what, 1);
    }

    pub(crate) fn many(&mut self, what: &str, count: u64) {
        *self.0.entry(what.to_owned()).or_default() += count;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(what, count)| self.many(what, *count));
    }

    /// What a run did.
    pub(crate) fn ended(&mut self, end: &Ended) {
        match end {
            Ended::Run(run) => {
                for step in run.result.steps.iter().filter(|step| step.status == StepStatus::Done) {
                    self.count(&format!("{} done", step.step.as_str()));
                }
            }
            Ended::Refused(_) => self.count("runs that ended with an error"),
            Ended::Died => self.count("runs that died"),
        }
    }

    /// What always must have happened, or everything.
    pub(crate) fn assert_that_it_was_tried(&self, everything: bool) {
        let tried = if everything { TRIED } else { &TRIED[..ALWAYS] };
        let idle: Vec<_> = tried.iter().filter(|what| self.0.get(**what).is_none_or(|count| *count == 0)).collect();
        assert!(idle.is_empty(), "this was never tried: {idle:?}");
    }
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(what, count)| writeln!(f, "{count:>8}  {what}"))
    }
}
