//! Random explicit actions, and what is planned for them.

use std::collections::BTreeSet;

use keywheel_core::contract::action::{ActionKind, ExplicitAction};
use keywheel_core::plan::Step;
use keywheel_core::planner::{AccountView, plan_explicit};
use proptest::prelude::*;

use super::dice::Dice;
use super::{World, account, key_id, user_name};

/// Any action on alice, with any of the overrides that go with it.
pub(crate) fn actions() -> impl Strategy<Value = ExplicitAction> {
    any::<u64>().prop_map(asked)
}

pub(crate) fn asked(seed: u64) -> ExplicitAction {
    use ActionKind::{Create, Deactivate, Delete, Emergency, Rollback};
    // The world of the same seed is made of other rolls.
    let mut dice = Dice(!seed);
    let action = dice.pick(&[Create, Deactivate, Deactivate, Delete, Rollback, Rollback, Emergency]);
    let overrides: BTreeSet<_> = action.liftable().iter().copied().filter(|_| dice.percent(40)).collect();
    let must_be_named = action == Emergency;
    let named = dice.maybe(if must_be_named { 100 } else { 15 }, |dice| key_id(dice.pick(&["K1", "K2", "K2", "K3"])));
    ExplicitAction {
        access_key_id: named.filter(|_| action != Create),
        replace: must_be_named && dice.percent(50),
        overrides,
        ..action_on_alice(action)
    }
}

/// The action as a schedule asks for it.
pub(crate) fn action_on_alice(action: ActionKind) -> ExplicitAction {
    ExplicitAction {
        action,
        username: user_name("alice"),
        account: None,
        name: String::new(),
        email: String::new(),
        access_key_id: None,
        replace: false,
        reviewed: BTreeSet::new(),
        overrides: BTreeSet::new(),
        run_id: None,
        mode: None,
    }
}

impl World {
    /// What is planned for an action, on what is remembered tonight.
    pub(crate) fn asked(&self, action: &ExplicitAction) -> Vec<Step> {
        let (account, ledger) = (account(), self.remembered());
        let view = AccountView { ledger: &ledger, ..self.view(&account, &ledger) };
        plan_explicit(&view, action).steps
    }
}
