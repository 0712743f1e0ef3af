//! The eve of a busy night, in which everything comes due at once, and what a night leaves of an account.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::ledger::ParameterStanding;
use keywheel_core::parameter::parameter_name;

use crate::account::Account;
use crate::call::{Fault, Operation};
use crate::life::Habit;
use crate::night::Night;
use crate::parameter::{PARAMETER_PREFIX, Parameter};
use crate::secret::Secret;
use crate::user::{Key, User};
use crate::world::World;

/// How old each user's key is at the start, so that everything comes due in the sixtieth night.
const USERS: [(&str, u32, Habit); 6] = [
    ("deleted", 77, Habit::Installs),
    ("inactive", 41, Habit::Installs),
    ("pending", 31, Habit::Installs),
    ("retired", 41, Habit::None),
    ("rotated", 30, Habit::Installs),
    ("with,comma", 30, Habit::NeverInstalls),
];

/// What there is of each user, without ids and dates: of each key whether it works, what the secret says of it, and whether
/// the secret hands it out.
pub type Standing = BTreeMap<String, Vec<(bool, Option<Vec<String>>, bool)>>;

impl World {
    /// The eve of a night in which six users' keys are replaced, published, made inactive, deleted and retired.
    #[must_use]
    pub fn busy_eve() -> Self {
        let world = Self::new("2026-11-20T02:00:00Z");
        for (name, age, habit) in USERS {
            let mut account = world.account();
            account.add_user_with_key(name, age);
            let user = account.user_mut(name);
            user.habit = habit;
            if habit == Habit::None {
                user.keys[0].uses.clear();
            }
        }
        Night::default().nights(&world, 59);
        world.fail_every(Operation::Prove, Fault::Denied);
        Night::default().nights(&world, 1);
        world.forget();
        world
    }
}

impl World {
    /// The busy eve where some of the users get a parameter: one that is to be made, one that somebody made by hand, and one that is behind.
    #[must_use]
    pub fn busy_eve_with_parameters() -> Self {
        let world = Self::busy_eve();
        let entry = |user: &str, more: &str| format!(r#"{{"users":["*/{user}"],"layout":"new-old"{more}}}"#);
        let entries = [entry("pending", ""), entry("inactive", ""), entry("rotated", r#","adopt":true"#)].join(",");
        let mut account = world.account();
        account.parameter_list = Some(format!(r#"{{"schema_version":1,"parameters":[{entries}]}}"#));
        let key = account.user("rotated").keys[0].id.to_string();
        let (value, name) = (
            account.value_of("rotated", &key),
            parameter_name(PARAMETER_PREFIX, &account.id, &account.user("rotated").name),
        );
        account.parameters.insert(name, Parameter::by_a_person(&value));
        // Everybody else was found to have none, but for one of whom nothing is known.
        let mut ledger = account.ledger();
        let known = ledger.users.iter_mut().filter(|(user, _)| user.as_str() != "deleted");
        let published = known.flat_map(|(_, user)| user.keys.values_mut()).filter(|key| key.published.is_some());
        published.for_each(|key| key.parameter = Some(ParameterStanding::None));
        account.set_ledger(&ledger);
        drop(account);
        world
    }
}

impl Account {
    /// What there is of each user.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let of_user = |user: &User| {
            let offered = self.offered(user.name.as_str());
            let secret = self.secret(user.name.as_str());
            let key = |key: &Key| {
                let labels = secret.and_then(|secret| secret.labels_of(&key.id));
                let labels = labels.map(|labels| labels.into_iter().map(str::to_owned).collect());
                (key.is_active(), labels, offered.as_ref() == Some(&key.id))
            };
            (user.name.to_string(), user.keys.iter().map(key).collect())
        };
        self.users.values().map(of_user).collect()
    }

    /// What there is of each user, then the labels of each secret, the claim and the intents: two nights that did the same
    /// leave the same.
    #[must_use]
    pub fn left(&self) -> (Standing, Vec<String>) {
        let labelled = |(name, secret): (&String, &Secret)| {
            let labels = secret.versions.values().flat_map(|version| version.stages.iter());
            format!("{name}: {:?}", labels.collect::<BTreeSet<_>>())
        };
        let mut left: Vec<_> = self.secrets.iter().map(labelled).collect();
        left.extend(
            self.parameters.iter().map(|(name, parameter)| format!("{name}: {} pairs", parameter.keys().len())),
        );
        left.extend(self.users.keys().filter_map(|user| self.parameter_out_of_step(user.as_str())));
        let ledger = self.ledger();
        left.push(format!("claim {:?}", ledger.claim));
        let intents = ledger.users.iter().filter(|(_, user)| user.intent.is_some());
        left.extend(intents.map(|(name, _)| format!("intent for {name}")));
        let rollbacks = ledger.users.iter().filter(|(_, user)| user.rollback.is_some());
        left.extend(rollbacks.map(|(name, _)| format!("rollback for {name}")));
        (self.standing(), left)
    }
}
