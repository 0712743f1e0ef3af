//! What a history is made of, and how it is thought up.

use keywheel_core::policy::{ForeignInactiveKeys, Periods, Policy, UnusedKeys};
use keywheel_core::time::Days;
use keywheel_testkit::{Fault, Habit, Operation};
use proptest::prelude::*;

use crate::asking::{Asking, asking};
use crate::hosts::{Hosts, Turn, hosts};
use crate::ledgers::Damage;
use crate::people::Deed;
use crate::switches::Switch;

/// How often what happens.
#[derive(Clone, Copy)]
pub(crate) struct Weights {
    pub(crate) faults: u32,
    pub(crate) people: u32,
    pub(crate) ledgers: u32,
    pub(crate) races: u32,
    pub(crate) asked: u32,
    pub(crate) hosts: u32,
}

/// One history.
#[derive(Clone)]
pub(crate) struct History {
    pub(crate) policy: Policy,
    pub(crate) users: Vec<Beginning>,
    pub(crate) acts: Vec<Act>,
    pub(crate) hosts: Hosts,
}

/// A user at the beginning.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    pub(crate) ages: Vec<u32>,
    pub(crate) habit: Habit,
    pub(crate) exempt: bool,
}

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Run(RunAct),
    Ask(Asking),
    /// So many days pass without a run.
    Days(u32),
    Person(usize, Deed),
    Ledger(Damage),
    Model(Switch),
    /// Of a user, a host.
    Host(usize, usize, Turn),
}

/// A run, and what happens while it goes.
#[derive(Clone)]
pub(crate) struct RunAct {
    /// The calls that fail, and how.
    pub(crate) faults: Vec<(usize, Fault)>,
    /// Every call of this kind fails, the first time that it runs.
    pub(crate) outage: Option<(Operation, Fault)>,
    /// Somebody acts right before this call.
    pub(crate) intrusion: Option<(usize, usize, Deed)>,
    /// When each of the runs begins, in turns of the first.
    pub(crate) leads: Vec<usize>,
    /// After so many minutes it is tried again, under the same id.
    pub(crate) retries: Vec<u32>,
    pub(crate) audit: bool,
    pub(crate) clock_is_off: bool,
    pub(crate) forced: bool,
    pub(crate) seconds: i64,
}

pub(crate) fn histories(weights: Weights) -> impl Strategy<Value = History> {
    let users = prop::collection::vec(beginning(), 1..=3);
    let acts = prop::collection::vec(act(weights), 8..30);
    (policy(), users, acts, hosts(weights.hosts)).prop_map(|(policy, users, acts, hosts)| {
        let policy = Policy { ack_forget_after: hosts.forget_after, ..policy };
        History { policy, users, acts, hosts }
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    let periods = prop::sample::select(vec![(10, 12, 15), (20, 23, 33), (10, 11, 12), (90, 100, 135), (30, 37, 50)]);
    let max_hold = prop::sample::select(vec![None, Some(Days(0)), Some(Days(5)), Some(Days(30))]);
    let freeze = prop::sample::select(vec!["", "", "", "2026-12-20/2027-01-05"]);
    let limits = (prop::sample::select(vec![0_u32, 2, 7]), prop::sample::select(vec![5_u32, 15, 90]), 1..50_usize);
    (periods, max_hold, freeze, limits, any::<[bool; 3]>()).prop_map(|(periods, max_hold, freeze, limits, flags)| {
        Policy {
            periods: Periods::new(Days(periods.0), Days(periods.1), Days(periods.2)).unwrap(),
            last_used_threshold: Days(limits.0),
            max_hold,
            unused_after: Days(limits.1),
            unused_keys: if flags[0] { UnusedKeys::Retire } else { UnusedKeys::Rotate },
            foreign_inactive_keys: if flags[1] { ForeignInactiveKeys::Keep } else { ForeignInactiveKeys::Delete },
            require_notice: flags[2] || limits.2 > 10,
            max_changes: limits.2,
            freeze: freeze.parse().unwrap(),
            ..Policy::default()
        }
    })
}

pub(crate) fn habit() -> impl Strategy<Value = Habit> {
    prop::sample::select(vec![Habit::Installs, Habit::Installs, Habit::None, Habit::NeverInstalls, Habit::Every(4)])
}

pub(crate) fn beginning() -> impl Strategy<Value = Beginning> {
    let ages = prop::collection::vec(0..120_u32, 1..=2);
    (ages, habit(), prop::bool::weighted(0.1)).prop_map(|(ages, habit, exempt)| Beginning { ages, habit, exempt })
}

fn act(weights: Weights) -> impl Strategy<Value = Act> {
    prop_oneof![
        20 => run(weights).prop_map(Act::Run),
        8 => (1..12_u32).prop_map(Act::Days),
        weights.people * 2 => (0..3_usize, deed(habit())).prop_map(|(user, deed)| Act::Person(user, deed)),
        weights.ledgers * 2 => Damage::any().prop_map(Act::Ledger),
        weights.asked => asking(weights).prop_map(Act::Ask),
        weights.faults => Switch::any().prop_map(Act::Model),
        // The last one: where hosts do not acknowledge, the histories are those without it.
        weights.hosts * 2 => (0..3_usize, 0..3_usize, Turn::any()).prop_map(|(user, host, turn)| Act::Host(user, host, turn)),
    ]
}

fn deed(habit: impl Strategy<Value = Habit> + 'static) -> impl Strategy<Value = Deed> {
    Deed::any(habit)
}

pub(crate) fn run(weights: Weights) -> impl Strategy<Value = RunAct> {
    // Proptest takes no chance of zero.
    let share = |weight: u32| (f64::from(weight) / 10.0).max(0.001);
    let fault = (0..60_usize, prop::sample::select(Fault::ALL.to_vec()));
    let faults = prop::option::weighted(share(weights.faults), prop::collection::vec(fault, 1..=3));
    let intrusion = prop::option::weighted(share(weights.people), (0..60_usize, 0..3_usize, deed(habit())));
    let leads = prop::option::weighted(
        share(weights.races),
        prop_oneof![prop::collection::vec(0..80_usize, 1..=1), prop::collection::vec(0..80_usize, 7..=7)],
    );
    let retries = prop::option::weighted(share(weights.races.max(3)), prop::collection::vec(1..370_u32, 1..=2));
    let rare = (0..12_u32, 0..12_u32, 0..6_u32, prop::sample::select(vec![900_i64, 900, 900, 170, 70]));
    (faults, intrusion, leads, retries, rare).prop_map(|(faults, intrusion, leads, retries, rare)| RunAct {
        faults: faults.unwrap_or_default(),
        outage: None,
        intrusion,
        leads: std::iter::once(0).chain(leads.unwrap_or_default()).collect(),
        retries: retries.unwrap_or_default(),
        audit: rare.0 == 11,
        clock_is_off: rare.1 == 11,
        forced: rare.2 == 5,
        seconds: rare.3,
    })
}

impl RunAct {
    /// A run to which nothing happens.
    pub(crate) fn calm() -> Self {
        Self {
            faults: Vec::new(),
            outage: None,
            intrusion: None,
            leads: vec![0],
            retries: Vec::new(),
            audit: false,
            clock_is_off: false,
            forced: false,
            seconds: 900,
        }
    }

    /// Whether none of its calls fails.
    pub(crate) fn is_faultless(&self) -> bool {
        self.faults.is_empty() && self.outage.is_none()
    }

    /// Takes away what may leave a key of which nobody knows who made it.
    pub(crate) fn loses_no_answer(&mut self) {
        let loses = |fault: Fault| matches!(fault, Fault::LostAfter | Fault::ConflictAfter | Fault::Death);
        self.faults.retain(|(_, fault)| !loses(*fault));
        self.outage = self.outage.filter(|(_, fault)| !loses(*fault));
        (self.seconds, self.leads) = (900, vec![0]);
    }
}
