//! Explicit actions in a history: what is asked for, and of whom.

use std::fmt;

use keywheel_core::contract::action::{ActionKind, ExplicitAction};
use keywheel_core::id::UserName;
use keywheel_testkit::Account;
use proptest::prelude::*;

use crate::story::{RunAct, Weights, run};

/// An action, and the run that carries it out.
#[derive(Clone)]
pub(crate) struct Asking {
    pub(crate) run: RunAct,
    pub(crate) user: usize,
    kind: ActionKind,
    /// Which of the guards that can be lifted are lifted.
    lifted: [bool; 5],
    /// Which of the user's keys is named, where one is.
    key: Option<usize>,
    replace: bool,
}

pub(crate) fn asking(weights: Weights) -> impl Strategy<Value = Asking> {
    use ActionKind::{Create, Deactivate, Delete, Emergency, Rollback};
    let kind = prop::sample::select(vec![Create, Deactivate, Deactivate, Delete, Rollback, Rollback, Emergency]);
    let key = prop::option::weighted(0.2, 0..2_usize);
    (run(weights), 0..3_usize, kind, any::<[bool; 5]>(), key, any::<bool>())
        .prop_map(|(run, user, kind, lifted, key, replace)| Asking { run, user, kind, lifted, key, replace })
}

impl Asking {
    /// The action, on the keys that the user has by now; none where it must name a key and there is none.
    pub(crate) fn action(&self, account: &Account, name: &str) -> Option<ExplicitAction> {
        let user: UserName = name.parse().ok()?;
        let keys = account.users.get(&user).map(|user| user.keys.iter().map(|key| key.id.clone()).collect::<Vec<_>>());
        let keys = keys.unwrap_or_default();
        let is_emergency = self.kind == ActionKind::Emergency;
        let nth = self.key.or(is_emergency.then_some(0));
        let named = nth.and_then(|nth| keys.get(nth % keys.len().max(1)).cloned());
        if is_emergency && named.is_none() {
            return None;
        }
        let guards = self.kind.liftable().iter().zip(self.lifted);
        Some(ExplicitAction {
            action: self.kind,
            username: user,
            account: None,
            name: String::new(),
            email: String::new(),
            access_key_id: named.filter(|_| self.kind != ActionKind::Create),
            replace: is_emergency && self.replace,
            reviewed: [].into(),
            overrides: guards.filter(|(_, lifted)| *lifted).map(|(guard, _)| *guard).collect(),
            run_id: None,
            mode: None,
        })
    }
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, kind, lifted, key, replace, run } = self;
        let guards: Vec<_> = kind.liftable().iter().zip(lifted).filter(|(_, lifted)| **lifted).collect();
        let guards: Vec<_> = guards.iter().map(|(guard, _)| guard.as_str()).collect();
        write!(f, "{} is asked for user {user}", kind.as_str())?;
        if let Some(key) = key {
            write!(f, ", key {key}")?;
        }
        if *replace {
            write!(f, ", with a replacement")?;
        }
        if !guards.is_empty() {
            write!(f, ", lifting {}", guards.join(", "))?;
        }
        write!(f, ", by {run:?}")
    }
}
