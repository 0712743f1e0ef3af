//! The policy in words, and the keys that it bends for: held and exempt ones.

use keywheel_core::reason::Reason;
use serde::Serialize;

use super::page::{List, SHOWN};
use crate::Report;
use crate::model::{AccountReport, Compliance, ExemptionBy, KeyReport, LastUse, Source};
use crate::text::{counted, day, tame};

#[derive(Debug, Serialize)]
pub(super) struct HoldRow {
    account: String,
    account_id: String,
    user: String,
    key: String,
    since: String,
    used_by: String,
    reason: &'static str,
    meaning: &'static str,
    ends: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ExemptionRow {
    account: String,
    account_id: String,
    user: String,
    keys: String,
    by: &'static str,
    until: String,
    why: String,
}

/// The periods as sentences; none where the policy is not known.
pub(super) fn sentences(report: &Report) -> Vec<String> {
    let Some(policy) = &report.policy else { return Vec::new() };
    let mut sentences = vec![
        format!("A key is replaced at {} days.", policy.rotation_period.0),
        format!(
            "The old one is made inactive at {} days and deleted at {}.",
            policy.inactive_period.0, policy.inactive_buffer.0
        ),
    ];
    if policy.last_used_threshold.0 > 0 {
        let end = policy.max_hold.map_or("without end".to_owned(), |days| format!("for {days} at most"));
        sentences.push(format!("One used within {} is held, {end}.", policy.last_used_threshold));
    }
    sentences.push(format!("A key nobody uses for {} is retired.", policy.unused_after));
    sentences
}

/// The keys that are held, the longest held first.
pub(super) fn holds(report: &Report) -> List<HoldRow> {
    let mut keys: Vec<_> = report.keys().filter(|(_, key)| key.compliance == Compliance::Held).collect();
    keys.sort_by_key(|(_, key)| (key.held_since.is_none(), key.held_since, key.due));
    List::of(keys.into_iter().map(|(account, key)| hold(report, account, key)).collect(), SHOWN)
}

fn hold(report: &Report, account: &AccountReport, key: &KeyReport) -> HoldRow {
    // A stored run does not say since when, nor until when; a look that does not say so sees the first day, or a hold without end.
    let (since, ends) = match report.source {
        Source::LiveAudit => ("today", "not by itself"),
        Source::Run { .. } => ("not known", "not known"),
    };
    HoldRow {
        account: tame(account.title()),
        account_id: account.account.to_string(),
        user: key.user.to_string(),
        key: key.access_key_id.shortened(),
        since: key.held_since.map_or(since.to_owned(), day),
        used_by: used_by(key),
        reason: key.reason.map_or("", Reason::code),
        meaning: key.reason.map_or("", Reason::meaning),
        ends: key.hold_ends.map_or(ends.to_owned(), day),
    }
}

/// What used the key last, and the hosts that may still have it.
fn used_by(key: &KeyReport) -> String {
    let used = last_use(key);
    if key.hosts.is_empty() { used } else { format!("{used}; still on {}", key.hosts) }
}

fn last_use(key: &KeyReport) -> String {
    match &key.last_used {
        LastUse::Never => "never used".to_owned(),
        LastUse::Used(used) if used.region == "N/A" => format!("{}, {}", tame(&used.service), day(used.at)),
        LastUse::Used(used) => format!("{} in {}, {}", tame(&used.service), tame(&used.region), day(used.at)),
        LastUse::Unknown { .. } => "not known".to_owned(),
    }
}

/// The exempt users, those first whose exemption ends first.
pub(super) fn exemptions(report: &Report) -> List<ExemptionRow> {
    let mut rows: Vec<(&AccountReport, &KeyReport, usize)> = Vec::new();
    for (account, key) in report.keys().filter(|(_, key)| key.exemption.is_some()) {
        match rows.last_mut() {
            Some((last, of, count)) if last.account == account.account && of.user == key.user => *count += 1,
            _ => rows.push((account, key, 1)),
        }
    }
    let until = |key: &KeyReport| key.exemption.as_ref().and_then(|exemption| exemption.until);
    rows.sort_by_key(|(_, key, _)| (until(key).is_none(), until(key)));
    List::of(rows.into_iter().map(|(account, key, count)| exemption(account, key, count)).collect(), SHOWN)
}

fn exemption(account: &AccountReport, key: &KeyReport, count: usize) -> ExemptionRow {
    let exemption = key.exemption.as_ref();
    let by = match exemption.map(|exemption| exemption.by) {
        Some(ExemptionBy::Group) => "the exemption group",
        Some(ExemptionBy::Tag) => "a tag",
        Some(ExemptionBy::UnreadableTag) => "a tag that cannot be read",
        None => "",
    };
    let until = exemption.and_then(|exemption| exemption.until);
    ExemptionRow {
        account: tame(account.title()),
        account_id: account.account.to_string(),
        user: key.user.to_string(),
        keys: counted(count, "key"),
        by,
        until: until.map_or("no end".to_owned(), |date| date.to_string()),
        why: tame(exemption.and_then(|exemption| exemption.why.as_deref()).unwrap_or_default()),
    }
}
