//! Explicit actions in a history: what is asked for, of whom, and what of it the judge must know.

use std::collections::BTreeMap;
use std::fmt;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::action::{ActionKind, ExplicitAction};
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::time::{Days, after, plus};
use keywheel_testkit::{Account, Call, Event, What};
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

/// What was asked for so far.
#[derive(Default)]
pub(crate) struct Asked {
    /// By the run that goes on; none for a night.
    pub(crate) now: Option<ExplicitAction>,
    /// The users of whom a rollback was asked for, and when last.
    pub(crate) rollbacks: BTreeMap<UserName, Timestamp>,
    /// The keys for which an emergency was acted on, and when.
    pub(crate) leaked: BTreeMap<AccessKeyId, Timestamp>,
    /// Somebody damaged the ledger: what was asked for before may be forgotten.
    pub(crate) may_be_forgotten: bool,
}

impl Asked {
    pub(crate) fn begin(&mut self, action: Option<ExplicitAction>, now: Timestamp) {
        if let Some(rollback) = action.as_ref().filter(|action| action.action == ActionKind::Rollback) {
            self.rollbacks.insert(rollback.username.clone(), now);
        }
        self.now = action;
    }

    /// Whether the run that goes on asks for this.
    pub(crate) fn is(&self, kind: ActionKind) -> bool {
        self.now.as_ref().is_some_and(|action| action.action == kind)
    }

    pub(crate) fn lifts(&self, guard: keywheel_core::contract::action::Guard) -> bool {
        self.now.as_ref().is_some_and(|action| action.lifts(guard))
    }

    /// Whether an emergency made the key inactive, so far as the ledger must remember.
    pub(crate) fn is_leaked(&self, key: &AccessKeyId, account: &Account) -> bool {
        let Some(acted) = self.leaked.get(key).filter(|_| !self.may_be_forgotten) else { return false };
        // A call that was refused made nothing inactive, and what made the key inactive later was something else.
        let soon = plus(*acted, SignedDuration::from_mins(1));
        let took_effect =
            |event: &Event| event.key == *key && event.what == What::MadeInactive && (*acted..soon).contains(&event.at);
        account.history.iter().any(took_effect)
    }

    /// Whether a rollback of the user's keys may be under way: asked for now, or within three days.
    pub(crate) fn may_roll_back(&self, user: &str, call: &Call) -> bool {
        let asked = self.rollbacks.iter().find(|(name, _)| name.as_str() == user).map(|(_, at)| *at);
        // Whether it is remembered is decided when a run begins.
        let forgotten = |at| plus(after(at, Days(4)), SignedDuration::from_hours(1));
        asked.is_some_and(|at| call.at < forgotten(at))
    }
}
