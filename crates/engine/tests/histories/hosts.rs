//! Hosts that acknowledge in a history: they follow, lag, fall silent, forge, and say what they like about the time.

use keywheel_core::time::Days;
use keywheel_testkit::Account;
use proptest::prelude::*;
use serde_json::Value;

/// The hosts of a history.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    /// After how long a silent one is forgotten; none where hosts do not acknowledge.
    pub(crate) forget_after: Option<Days>,
    /// How many each user has at the beginning. They say daily which key they use.
    pub(crate) of_users: [usize; 3],
}

/// What becomes of a host.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turn {
    /// It says daily, from now on, which key it uses.
    Joins,
    /// It says nothing any more.
    FallsSilent,
    /// An administrator forgets it.
    IsForgotten,
    /// It says once that it has one of the user's keys: the first or the last.
    Has(bool),
    /// The same, with a date that never comes.
    WillHave(bool),
    /// It writes what nobody can believe.
    Forges,
}

pub(crate) fn hosts(weight: u32) -> BoxedStrategy<Hosts> {
    if weight == 0 {
        return Just(Hosts::default()).boxed();
    }
    let forget_after = prop::sample::select(vec![Some(Days(5)), Some(Days(15)), Some(Days(90)), Some(Days(90)), None]);
    let of_users = prop::array::uniform3(0..3_usize);
    (forget_after, of_users).prop_map(|(forget_after, of_users)| Hosts { forget_after, of_users }).boxed()
}

impl Hosts {
    /// The names of a user's hosts at the beginning.
    pub(crate) fn of(&self, user: usize) -> Vec<String> {
        (0..self.of_users[user]).map(name_of).collect()
    }
}

fn name_of(host: usize) -> String {
    format!("host-{host}")
}

impl Turn {
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            2 => Just(Turn::Joins),
            1 => Just(Turn::FallsSilent),
            1 => Just(Turn::IsForgotten),
            3 => any::<bool>().prop_map(Turn::Has),
            1 => any::<bool>().prop_map(Turn::WillHave),
            1 => Just(Turn::Forges),
        ]
    }

    pub(crate) fn taken_by(self, account: &mut Account, user: &str, host: usize) {
        let host = name_of(host);
        let place = account.place(user, &host).key();
        let known = &mut account.user_mut(user).hosts;
        match self {
            Turn::Joins if !known.contains(&host) => known.push(host),
            Turn::Joins => {}
            Turn::FallsSilent => known.retain(|name| *name != host),
            Turn::IsForgotten => drop(account.acknowledgements.remove(&place)),
            Turn::Has(last) => says(account, user, &host, last),
            Turn::WillHave(last) => {
                says(account, user, &host, last);
                let Some(said) = account.acknowledgements.get_mut(&place) else { return };
                let mut forged: Value = serde_json::from_slice(said).unwrap();
                forged["time"] = "9999-01-01T00:00:00Z".into();
                *said = forged.to_string().into_bytes();
            }
            Turn::Forges => {
                let now = account.now;
                account.acknowledgements_written.insert(place.clone(), now);
                account.acknowledgements.insert(place, b"{\"schema_version\":1}".to_vec());
            }
        }
    }
}

fn says(account: &mut Account, user: &str, host: &str, last: bool) {
    let keys = &account.user(user).keys;
    let key = if last { keys.last() } else { keys.first() };
    if let Some(key) = key.map(|key| key.id.clone()) {
        account.acknowledge(user, host, &key);
    }
}
