//! The accounts: what became of each one, and equal failures together.

use std::collections::BTreeMap;

use serde::Serialize;

use super::page::List;
use crate::Report;
use crate::failures;
use crate::model::{AccountReport, Ended};
use crate::text::{counted, number, tame};

/// Rows of the list of accounts, which has no script.
const SHOWN: usize = 1_000;

#[derive(Debug, Serialize)]
pub(super) struct FailureRow {
    count: String,
    ended: &'static str,
    error: String,
    accounts: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct SkippedRow {
    count: String,
    reason: String,
    accounts: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct AccountRow {
    id: String,
    name: String,
    email: String,
    ended: String,
    users: String,
    keys: String,
    overdue: String,
    held: String,
    unknown: String,
    due: String,
    exempt: String,
}

pub(super) fn failures(report: &Report) -> Vec<FailureRow> {
    let rows = failures::grouped(report).into_iter().map(|failure| FailureRow {
        count: failure.count(),
        ended: failure.kind.words(),
        error: tame(&failure.error),
        accounts: failure.subjects.iter().map(ToString::to_string).collect(),
    });
    rows.collect()
}

fn titled(id: &str, name: Option<&str>) -> String {
    name.map_or_else(|| id.to_owned(), |name| format!("{id} {}", tame(name)))
}

pub(super) fn skipped(report: &Report) -> Vec<SkippedRow> {
    let mut reasons: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for account in &report.accounts {
        if let Some(reason) = account.skip_reason {
            reasons.entry(reason).or_default().push(titled(account.account.as_str(), account.name.as_deref()));
        }
    }
    let rows = reasons.into_iter().map(|(reason, accounts)| SkippedRow {
        count: counted(accounts.len(), "account"),
        // The code, as it stands in data.
        reason: serde_json::to_value(reason)
            .ok()
            .and_then(|code| Some(code.as_str()?.replace('-', " ")))
            .unwrap_or_default(),
        accounts,
    });
    rows.collect()
}

/// Every account, those with most to look at first.
pub(super) fn rows(report: &Report) -> List<AccountRow> {
    let mut accounts: Vec<&AccountReport> = report.accounts.iter().collect();
    let pressing = |account: &AccountReport| account.totals.overdue + account.totals.held + account.totals.unknown;
    accounts.sort_by_key(|account| (is_fine(account.ended), std::cmp::Reverse(pressing(account))));
    List::of(accounts.into_iter().map(row).collect(), SHOWN)
}

fn is_fine(ended: Ended) -> bool {
    matches!(ended, Ended::Answered | Ended::Skipped)
}

fn row(account: &AccountReport) -> AccountRow {
    let keys = &account.totals;
    AccountRow {
        id: account.account.to_string(),
        name: tame(account.name.as_deref().unwrap_or_default()),
        email: tame(account.email.as_deref().unwrap_or_default()),
        ended: account.ended.words().to_owned(),
        users: number(account.users),
        keys: number(keys.listed),
        overdue: number(keys.overdue),
        held: number(keys.held),
        unknown: number(keys.unknown),
        due: number(keys.due),
        exempt: number(keys.exempt),
    }
}

/// All accounts in one sentence.
pub(super) fn sums(report: &Report) -> String {
    let accounts = &report.totals.accounts;
    let ended = Ended::ALL.into_iter().filter(|ended| accounts.ended(*ended) > 0);
    let ended: Vec<_> = ended.map(|ended| format!("{} {}", number(accounts.ended(ended)), ended.words())).collect();
    format!("{} listed: {}.", counted(accounts.listed, "account"), ended.join(", "))
}
