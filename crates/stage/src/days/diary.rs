//! What happened to a user on a day, in words: the steps of a night, and the notices that were sent.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, bail};
use keywheel_core::Timestamp;
use keywheel_core::contract::result::{StepResult, StepStatus};
use keywheel_core::id::{AccessKeyId, AccountId, NoticeId, UserName};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::notice::NoticeKind;
use keywheel_core::plan::StepKind;
use serde_json::Value;

use super::night::{PATIENCE, POLL};
use crate::stage::Stage;

/// A notice that was asked for.
#[derive(Clone, Debug)]
pub(super) struct AskedNotice {
    pub(super) account: AccountId,
    pub(super) user: UserName,
    pub(super) key: AccessKeyId,
    pub(super) kind: NoticeKind,
    ids: Vec<NoticeId>,
}

/// The step in words; `label` names its key.
pub(super) fn told(step: &StepResult, label: Option<&str>) -> String {
    let verb = match step.step {
        StepKind::Create => "replaced",
        StepKind::Publish => "published",
        StepKind::Deactivate => "inactive",
        StepKind::Delete => "deleted",
        StepKind::Retire => "retired",
        StepKind::Hold => "held",
        StepKind::Warn => "warned",
        StepKind::Reconcile => "reconciled",
        StepKind::Rollback => "rolled back",
        StepKind::Skip => "skipped",
    };
    let status = if step.status == StepStatus::Done { String::new() } else { format!("{} ", step.status.as_str()) };
    // A publication has the reason of the replacement that it ends.
    let reason = if step.step == StepKind::Publish { String::new() } else { format!(" {}", step.reason) };
    format!("{status}{verb} {}{reason}", label.unwrap_or("user"))
}

/// Whether the notice is told once a week.
fn is_weekly(notice: &AskedNotice) -> bool {
    matches!(notice.kind, NoticeKind::Blocked(..) | NoticeKind::Failed(..) | NoticeKind::Planned(..))
}

/// The notice in words. Which week it is of says nothing here: the day on which it is told does.
pub(super) fn mailed(notice: &AskedNotice, label: &str) -> String {
    let kind = notice.kind.to_string();
    let kind = if is_weekly(notice) { kind.rsplit_once(':').map_or(kind.as_str(), |(kind, _)| kind) } else { &kind };
    format!("mailed {label} {kind}")
}

/// The notices that were asked for since a moment and are recorded as sent; waits for those that are on their way.
///
/// # Errors
/// When one is not sent in time.
pub(super) async fn sent_since(stage: &Stage, since: Timestamp) -> anyhow::Result<Vec<AskedNotice>> {
    let asked = asked_since(stage, since).await?;
    let began = Instant::now();
    let mut waiting: Vec<_> =
        asked.iter().flat_map(|notice| notice.ids.iter().map(|id| (&notice.account, id))).collect();
    loop {
        let mut unsent = Vec::new();
        for (account, id) in waiting {
            if !is_sent(stage, account, id).await? {
                unsent.push((account, id));
            }
        }
        if unsent.is_empty() {
            return Ok(asked);
        }
        if began.elapsed() > PATIENCE {
            bail!("{} notices are not sent after {} s, such as {:?}", unsent.len(), PATIENCE.as_secs(), unsent[0]);
        }
        waiting = unsent;
        tokio::time::sleep(POLL).await;
    }
}

async fn is_sent(stage: &Stage, account: &AccountId, id: &NoticeId) -> anyhow::Result<bool> {
    let records = stage.state.values(&format!("notices/{account}/{id}.json")).await?;
    Ok(records.values().any(|record| record["state"] == "sent"))
}

async fn asked_since(stage: &Stage, since: Timestamp) -> anyhow::Result<Vec<AskedNotice>> {
    let mut asked = Vec::new();
    for (key, value) in stage.state.values("ledger/").await? {
        let ledger: AccountLedger = read(value).with_context(|| format!("{key} is no ledger"))?;
        for (user, record) in &ledger.users {
            for (key, record) in &record.keys {
                let new = record.notices.iter().filter(|(_, notice)| notice.asked >= since);
                asked.extend(new.map(|(kind, notice)| AskedNotice {
                    account: ledger.account.clone(),
                    user: user.clone(),
                    key: key.clone(),
                    kind: kind.clone(),
                    ids: notice.ids.clone(),
                }));
            }
        }
    }
    Ok(asked)
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> anyhow::Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// What happened, by user and day.
#[derive(Debug, Default)]
pub(super) struct Diary {
    days: BTreeMap<UserName, BTreeMap<u32, Vec<String>>>,
}

impl Diary {
    /// Notes something.
    pub(super) fn note(&mut self, user: &UserName, day: u32, event: String) {
        self.days.entry(user.clone()).or_default().entry(day).or_default().push(event);
    }

    /// What happened to a user on a day, in alphabetical order.
    pub(super) fn events(&self, user: &UserName, day: u32) -> Vec<String> {
        let mut events = self.days.get(user).and_then(|days| days.get(&day)).cloned().unwrap_or_default();
        events.sort();
        events
    }
}

/// The morning first, the mails last.
pub(super) fn in_order(mut events: Vec<String>) -> Vec<String> {
    events.sort_by_key(|event| match event.split(' ').next() {
        Some("installed" | "refused" | "could") => 0,
        Some("mailed") => 3,
        Some("published") => 2,
        _ => 1,
    });
    events
}
