//! What needs a person first.

use std::collections::BTreeMap;

use keywheel_core::reason::Reason;
use serde::Serialize;

use crate::Report;
use crate::model::{Compliance, Ended};
use crate::text::{counted, number};

/// Something that somebody should do.
#[derive(Debug, Serialize)]
pub(super) struct Need {
    count: String,
    what: String,
    why: String,
    /// What the table of keys is searched for to show them; empty where it does not show them.
    search: String,
    compliance: &'static str,
}

/// All of it, the most pressing first.
pub(super) fn of(report: &Report) -> Vec<Need> {
    let mut needs = of_keys(report, Compliance::Overdue);
    needs.extend(of_accounts(report));
    needs.extend(of_keys(report, Compliance::Held));
    needs.extend(of_keys(report, Compliance::Unknown));
    needs.extend(without_details(report));
    needs
}

fn of_keys(report: &Report, compliance: Compliance) -> Vec<Need> {
    let mut counts: BTreeMap<Option<Reason>, usize> = BTreeMap::new();
    for (_, key) in report.keys().filter(|(_, key)| key.compliance == compliance) {
        *counts.entry(key.reason).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let needs = counts.into_iter().map(|(reason, count)| Need {
        count: number(count),
        what: format!(
            "{compliance}: {}",
            reason.map_or("no reason is known", Reason::code),
            compliance = compliance.as_str()
        ),
        why: reason.map_or("The key is past its day and no step is planned for it.", Reason::meaning).to_owned(),
        search: reason.map_or(String::new(), |reason| reason.code().to_owned()),
        compliance: compliance.as_str(),
    });
    needs.collect()
}

fn without_details(report: &Report) -> Option<Need> {
    let count = report.accounts.iter().map(|account| account.keys_without_details).sum();
    (count > 0).then(|| Need {
        count: number(count),
        what: "unknown: no details".to_owned(),
        why: "Only their number is known: their users were passed over, or a stored run has no step for them."
            .to_owned(),
        search: String::new(),
        compliance: "",
    })
}

fn of_accounts(report: &Report) -> impl Iterator<Item = Need> {
    let accounts = report.totals.accounts.clone();
    let endings = [Ended::Unreachable, Ended::NeverAnswered, Ended::Failed, Ended::Incomplete];
    endings.into_iter().filter_map(move |ended| {
        let count = accounts.ended(ended);
        (count > 0).then(|| Need {
            count: number(count),
            what: format!("{} {}", counted(count, "account").split(' ').next_back().unwrap_or_default(), ended.words()),
            why: todo(ended).to_owned(),
            search: String::new(),
            compliance: "",
        })
    })
}

fn todo(ended: Ended) -> &'static str {
    match ended {
        Ended::Unreachable => "Keywheel cannot assume its role there: the role is missing, or does not trust the hub.",
        Ended::NeverAnswered => "Invoked, and no result: look at the log of key-rotation.",
        Ended::Failed => "Not looked at, or never invoked: see the error below.",
        Ended::Incomplete => "Something was left undone, or could not be seen: see the error below.",
        Ended::Answered | Ended::Skipped => "",
    }
}
