//! Which accounts take part in a run: a pure decision.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::contract::manifest::{SkipReason, SkippedAccount};
use keywheel_core::id::AccountId;

use super::rollout::rollout_rank;
use crate::ports::ListedAccount;

/// What decides whether an account takes part. Everything narrows: an account must pass every one of these, so exclusion wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The management account, where it is left out.
    pub management_account: Option<AccountId>,
    /// `EXCLUDE_ACCOUNTS`.
    pub exclude_accounts: BTreeSet<AccountId>,
    /// The accounts below `EXCLUDE_OUS`, at any depth.
    pub below_excluded: BTreeSet<AccountId>,
    /// `INCLUDE_ACCOUNTS`; none means all.
    pub include_accounts: Option<BTreeSet<AccountId>>,
    /// The accounts that the event asks for; none means all.
    pub asked_for: Option<BTreeSet<AccountId>>,
    /// The accounts below `INCLUDE_OUS`, at any depth; none means all.
    pub below_included: Option<BTreeSet<AccountId>>,
    /// `ROLLOUT_PERCENT`.
    pub rollout_percent: u32,
}

/// Every account of the organization, once: in scope or out of it. Both in the order of their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Division {
    /// The accounts to be invoked.
    pub invoke: Vec<ListedAccount>,
    /// The accounts left out, with the reason.
    pub skipped: Vec<SkippedAccount>,
}

impl Scope {
    /// Puts every account on one of two lists. An account that was listed twice counts once.
    #[must_use]
    pub fn divide(&self, accounts: Vec<ListedAccount>) -> Division {
        let unique: BTreeMap<_, _> = accounts.into_iter().map(|account| (account.id.clone(), account)).collect();
        let mut division = Division::default();
        for (id, account) in unique {
            match self.skips(&account) {
                Some(reason) => division.skipped.push(SkippedAccount { account: id, reason }),
                None => division.invoke.push(account),
            }
        }
        division
    }

    /// Why the account is left out; none when it takes part. The first reason counts: what the account is comes before what was
    /// configured, and the roll-out comes last.
    #[must_use]
    fn skips(&self, account: &ListedAccount) -> Option<SkipReason> {
        let id = &account.id;
        let not_among =
            |accounts: &Option<BTreeSet<AccountId>>| accounts.as_ref().is_some_and(|some| !some.contains(id));
        let checks = [
            (self.management_account.as_ref() == Some(id), SkipReason::ManagementAccount),
            (self.exclude_accounts.contains(id), SkipReason::ExcludedAccount),
            (self.below_excluded.contains(id), SkipReason::ExcludedOu),
            (not_among(&self.include_accounts) || not_among(&self.asked_for), SkipReason::NotIncludedAccount),
            (not_among(&self.below_included), SkipReason::NotIncludedOu),
            (rollout_rank(id) >= self.rollout_percent, SkipReason::Rollout),
        ];
        let configured = checks.into_iter().find_map(|(skipped, reason)| skipped.then_some(reason));
        unserved_state(&account.state).or(configured)
    }
}

/// States of accounts in which nothing can be done (Organizations API, `Account`, `State`).
fn unserved_state(state: &str) -> Option<SkipReason> {
    match state {
        "ACTIVE" => None,
        "SUSPENDED" => Some(SkipReason::Suspended),
        "PENDING_ACTIVATION" => Some(SkipReason::PendingActivation),
        "PENDING_CLOSURE" => Some(SkipReason::PendingClosure),
        "CLOSED" => Some(SkipReason::Closed),
        _ => Some(SkipReason::UnknownState),
    }
}

impl Division {
    /// Every account listed.
    #[must_use]
    pub fn listed(&self) -> BTreeSet<AccountId> {
        let invoke = self.invoke.iter().map(|account| &account.id);
        invoke.chain(self.skipped.iter().map(|account| &account.account)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_set, vec};
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    fn id(number: u32) -> AccountId {
        format!("{number:012}").parse().unwrap()
    }

    fn account(number: u32, state: &str) -> ListedAccount {
        ListedAccount {
            id: id(number),
            name: format!("account {number}"),
            email: String::new(),
            state: state.to_owned(),
        }
    }

    fn everybody() -> Scope {
        Scope { rollout_percent: 100, ..Scope::default() }
    }

    #[test]
    fn only_active_accounts_take_part() {
        for (state, reason) in [
            ("ACTIVE", None),
            ("SUSPENDED", Some(SkipReason::Suspended)),
            ("PENDING_ACTIVATION", Some(SkipReason::PendingActivation)),
            ("PENDING_CLOSURE", Some(SkipReason::PendingClosure)),
            ("CLOSED", Some(SkipReason::Closed)),
            ("active", Some(SkipReason::UnknownState)),
            ("", Some(SkipReason::UnknownState)),
            ("<script>", Some(SkipReason::UnknownState)),
        ] {
            assert_eq!(everybody().skips(&account(1, state)), reason, "{state:?}");
        }
    }

    #[test]
    fn each_setting_leaves_accounts_out_with_its_own_reason() {
        let one = || BTreeSet::from([id(1)]);
        let two = || Some(BTreeSet::from([id(2)]));
        for (scope, reason) in [
            (Scope { management_account: Some(id(1)), ..everybody() }, SkipReason::ManagementAccount),
            (Scope { exclude_accounts: one(), ..everybody() }, SkipReason::ExcludedAccount),
            (Scope { below_excluded: one(), ..everybody() }, SkipReason::ExcludedOu),
            (Scope { include_accounts: two(), ..everybody() }, SkipReason::NotIncludedAccount),
            (Scope { asked_for: two(), ..everybody() }, SkipReason::NotIncludedAccount),
            (Scope { below_included: two(), ..everybody() }, SkipReason::NotIncludedOu),
            (Scope { rollout_percent: 0, ..everybody() }, SkipReason::Rollout),
        ] {
            assert_eq!(scope.skips(&account(1, "ACTIVE")), Some(reason));
            assert_eq!(scope.skips(&account(1, "SUSPENDED")), Some(SkipReason::Suspended));
        }
    }

    #[test]
    fn exclusion_wins_over_inclusion() {
        let some = BTreeSet::from([id(1)]);
        let included =
            Scope { include_accounts: Some(some.clone()), below_included: Some(some.clone()), ..everybody() };
        assert_eq!(included.skips(&account(1, "ACTIVE")), None);
        let by_account = Scope { exclude_accounts: some.clone(), ..included.clone() };
        assert_eq!(by_account.skips(&account(1, "ACTIVE")), Some(SkipReason::ExcludedAccount));
        let by_ou = Scope { below_excluded: some, ..included };
        assert_eq!(by_ou.skips(&account(1, "ACTIVE")), Some(SkipReason::ExcludedOu));
    }

    fn ids() -> impl Strategy<Value = BTreeSet<AccountId>> {
        btree_set((0..40_u32).prop_map(id), 0..20)
    }

    prop_compose! {
        fn scopes()(
            management_account in option::of((0..40_u32).prop_map(id)),
            exclude_accounts in ids(),
            below_excluded in ids(),
            include_accounts in option::of(ids()),
            asked_for in option::of(ids()),
            below_included in option::of(ids()),
            rollout_percent in 0..=100_u32,
        ) -> Scope {
            Scope { management_account, exclude_accounts, below_excluded, include_accounts, asked_for, below_included, rollout_percent }
        }
    }

    fn listings() -> impl Strategy<Value = Vec<ListedAccount>> {
        let state = prop_oneof![4 => Just("ACTIVE"), 1 => Just("SUSPENDED"), 1 => Just("NEW")];
        vec((0..40_u32, state).prop_map(|(number, state)| account(number, state)), 0..60)
    }

    proptest! {
        #[test]
        fn every_account_listed_is_invoked_or_skipped_and_never_both(scope in scopes(), accounts in listings()) {
            let listed: BTreeSet<_> = accounts.iter().map(|account| account.id.clone()).collect();
            let division = scope.divide(accounts);
            prop_assert_eq!(division.invoke.len() + division.skipped.len(), listed.len());
            prop_assert_eq!(division.listed(), listed);
        }

        #[test]
        fn no_account_takes_part_against_any_setting(scope in scopes(), accounts in listings()) {
            for account in scope.divide(accounts).invoke {
                let id = &account.id;
                prop_assert_eq!(account.state, "ACTIVE");
                prop_assert!(scope.management_account.as_ref() != Some(id));
                prop_assert!(!scope.exclude_accounts.contains(id) && !scope.below_excluded.contains(id));
                for only in [&scope.include_accounts, &scope.asked_for, &scope.below_included] {
                    prop_assert!(only.as_ref().is_none_or(|only| only.contains(id)));
                }
            }
        }

        #[test]
        fn raising_the_percentage_only_adds_accounts(scope in scopes(), accounts in listings(), more in 0..=100_u32) {
            let wider = Scope { rollout_percent: scope.rollout_percent.max(more), ..scope.clone() };
            let ids = |scope: &Scope| -> BTreeSet<AccountId> {
                scope.divide(accounts.clone()).invoke.into_iter().map(|account| account.id).collect()
            };
            prop_assert!(ids(&scope).is_subset(&ids(&wider)));
        }
    }
}
