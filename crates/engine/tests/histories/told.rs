//! A history as a story that people can read.

use std::fmt;

use crate::play::name_of;
use crate::story::{Act, History, RunAct};

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The policy: {:?}", self.policy)?;
        for (number, user) in self.users.iter().enumerate() {
            let (name, exempt) = (name_of(number, self.users.len()), if user.exempt { ", exempt" } else { "" });
            writeln!(f, "{name} has keys of {:?} days{exempt}; its hosts: {:?}", user.ages, user.habit)?;
            writeln!(f, "  that acknowledge: {:?}", self.hosts.of(number))?;
        }
        for (number, act) in self.acts.iter().enumerate() {
            write!(f, "{number}. ")?;
            match act {
                Act::Run(run) => writeln!(f, "{run:?}")?,
                Act::Ask(asking) => writeln!(f, "{asking:?}")?,
                Act::Days(days) => writeln!(f, "{days} days pass")?,
                Act::Person(user, deed) => {
                    writeln!(f, "a person, to {}: {deed:?}", name_of(*user, self.users.len()))?;
                }
                Act::Ledger(damage) => writeln!(f, "the ledger: {damage:?}")?,
                Act::Host(user, host, turn) => {
                    writeln!(f, "host {host} of {}: {turn:?}", name_of(*user, self.users.len()))?;
                }
                Act::Model(switch) => writeln!(f, "AWS: {switch:?}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RunAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", if self.audit { "an audit" } else { "a run" })?;
        if self.leads.len() > 1 {
            write!(f, ", {} times at once, begun after turns {:?}", self.leads.len(), self.leads)?;
        }
        if self.seconds != 900 {
            write!(f, ", with {} s", self.seconds)?;
        }
        if self.clock_is_off {
            write!(f, ", with a clock that is off")?;
        }
        if self.forced {
            write!(f, ", that forces the first user's rotation")?;
        }
        for (nth, fault) in &self.faults {
            write!(f, "; call {nth}: {fault:?}")?;
        }
        if let Some((operation, fault)) = self.outage {
            write!(f, "; every {}: {fault:?}", operation.name())?;
        }
        if let Some((nth, user, deed)) = &self.intrusion {
            write!(f, "; right before call {nth} a person, to user {user}: {deed:?}")?;
        }
        for minutes in &self.retries {
            write!(f, "; tried again after {minutes} minutes")?;
        }
        Ok(())
    }
}
