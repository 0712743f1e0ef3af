//! What was asked for so far, by explicit actions.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::action::{ActionKind, ExplicitAction, Guard};
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::time::{Days, after, plus};

use crate::{Account, Call, Event, What};

/// What was asked for so far.
#[derive(Default)]
pub struct Asked {
    /// By the run that goes on; none for a night.
    pub now: Option<ExplicitAction>,
    /// The users of whom a rollback was asked for, and when last.
    pub rollbacks: BTreeMap<UserName, Timestamp>,
    /// The keys for which an emergency was acted on, and when.
    pub leaked: BTreeMap<AccessKeyId, Timestamp>,
    /// Somebody damaged the ledger: what was asked for before may be forgotten.
    pub may_be_forgotten: bool,
}

impl Asked {
    /// A run begins that asks for this; a night asks for nothing.
    pub fn begin(&mut self, action: Option<ExplicitAction>, now: Timestamp) {
        if let Some(rollback) = action.as_ref().filter(|action| action.action == ActionKind::Rollback) {
            self.rollbacks.insert(rollback.username.clone(), now);
        }
        self.now = action;
    }

    /// Whether the run that goes on asks for this.
    pub(super) fn is(&self, kind: ActionKind) -> bool {
        self.now.as_ref().is_some_and(|action| action.action == kind)
    }

    pub(super) fn lifts(&self, guard: Guard) -> bool {
        self.now.as_ref().is_some_and(|action| action.lifts(guard))
    }

    /// Whether an emergency made the key inactive, so far as the ledger must remember.
    pub(super) fn is_leaked(&self, key: &AccessKeyId, account: &Account) -> bool {
        let Some(acted) = self.leaked.get(key).filter(|_| !self.may_be_forgotten) else { return false };
        // A call that was refused made nothing inactive, and what made the key inactive later was something else.
        let soon = plus(*acted, SignedDuration::from_mins(1));
        let took_effect =
            |event: &Event| event.key == *key && event.what == What::MadeInactive && (*acted..soon).contains(&event.at);
        account.history.iter().any(took_effect)
    }

    /// Whether a rollback of the user's keys may be under way: asked for now, or within three days.
    pub(super) fn may_roll_back(&self, user: &str, call: &Call) -> bool {
        let asked = self.rollbacks.iter().find(|(name, _)| name.as_str() == user).map(|(_, at)| *at);
        // Whether it is remembered is decided when a run begins.
        let forgotten = |at| plus(after(at, Days(4)), SignedDuration::from_hours(1));
        asked.is_some_and(|at| call.at < forgotten(at))
    }
}
