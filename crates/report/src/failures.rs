//! Accounts that were not wholly looked at, equal failures together.

use std::collections::BTreeMap;

use keywheel_core::id::AccountId;

use crate::Report;
use crate::model::{AccountReport, Ended};

/// Accounts that failed alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the look at them ended.
    pub ended: Ended,
    /// Why, with `<account>` in the place of each account's own id.
    pub error: String,
    /// The accounts' ids and names.
    pub accounts: Vec<(AccountId, Option<String>)>,
}

/// Every account that was neither wholly looked at nor left out on purpose, most of a kind first.
#[must_use]
pub fn grouped(report: &Report) -> Vec<Failure> {
    let mut groups: BTreeMap<(Ended, String), Vec<&AccountReport>> = BTreeMap::new();
    for account in &report.accounts {
        if !matches!(account.ended, Ended::Answered | Ended::Skipped) {
            groups.entry((account.ended, why(account))).or_default().push(account);
        }
    }
    let failures = groups.into_iter().map(|((ended, error), accounts)| {
        let accounts = accounts.into_iter().map(|account| (account.account.clone(), account.name.clone()));
        Failure { ended, error, accounts: accounts.collect() }
    });
    let mut failures: Vec<_> = failures.collect();
    failures.sort_by_key(|failure| std::cmp::Reverse(failure.accounts.len()));
    failures
}

fn why(account: &AccountReport) -> String {
    let of_users = || {
        account.notes.iter().find_map(|note| note.error.as_ref().map(|error| format!("user {}: {error}", note.user)))
    };
    let none_told = || match account.ended {
        Ended::NeverAnswered => "it was invoked, and there is no result".to_owned(),
        _ => "something was left undone; its result has the steps".to_owned(),
    };
    let error = account.error.clone().or_else(of_users).unwrap_or_else(none_told);
    error.replace(account.account.as_str(), "<account>")
}
