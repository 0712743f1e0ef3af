//! What the status says, whatever it is printed as.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use keywheel_core::contract::result::{AccountResult, StepResult, StepStatus};
use keywheel_core::id::{AccessKeyId, AccountId, RunId, UserName};
use keywheel_core::observed::KeyUse;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_core::time::days_since;
use keywheel_report::failures::{Failure, Subject, grouped};
use keywheel_report::model::{About, Ended};
use keywheel_report::stored;
use serde::Serialize;

use crate::runs::StoredRun;

/// The version of the JSON document's shape.
const SCHEMA: u32 = 1;

/// The last runs, and what the last of them left.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    schema_version: u32,
    generated: Timestamp,
    /// The newest first.
    pub(super) runs: Vec<RunLine>,
    /// Of the accounts that did not answer the last run, the one that has been silent for longest.
    pub(super) oldest_unanswered: Option<Unanswered>,
    /// Accounts that the last run could not look after, wholly or in part; equal errors together, most of a kind first.
    pub(super) failing: Vec<Failing>,
    /// Steps that failed, for good too: of an account that is complete, no retry mends them.
    pub(super) failed: Vec<Waiting>,
    /// Keys that wait for a step that was due more than a week ago.
    pub(super) overdue: Vec<Waiting>,
    /// Keys that are held though their day has come.
    pub(super) held: Vec<Waiting>,
    /// Users with an owner whom no mail reaches.
    pub(super) unreachable_owners: Vec<Waiting>,
}

/// One run.
#[derive(Debug, Serialize)]
pub(super) struct RunLine {
    pub(super) run_id: RunId,
    pub(super) at: Timestamp,
    pub(super) mode: Mode,
    pub(super) state: State,
    pub(super) listed: usize,
    pub(super) skipped: usize,
    /// With a result.
    pub(super) answered: usize,
    /// Of those, not wholly looked after, or not reached; none where nobody has added it up.
    pub(super) incomplete: Option<usize>,
    pub(super) unanswered: usize,
    /// Lambda did not take their jobs, or the fan-out broke off before.
    pub(super) not_invoked: usize,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// Accounts may still answer.
    Going,
    /// Every account answered, and was wholly looked after.
    Complete,
    /// Every account answered; whether each was wholly looked after, nobody has added up.
    Answered,
    /// It has ended, and not every account was wholly looked after.
    Incomplete,
}

/// An account that does not answer.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Unanswered {
    pub(super) account: AccountId,
    pub(super) name: String,
    /// The first of the runs in a row that it did not answer; there may be earlier ones than those that were looked at.
    pub(super) since: Timestamp,
    pub(super) runs: usize,
}

/// Accounts that fail alike.
#[derive(Debug, Serialize)]
pub(super) struct Failing {
    /// How the look at them ended.
    pub(super) ended: Ended,
    /// What went wrong; `<account>` stands for the account's own id.
    pub(super) error: String,
    pub(super) accounts: Vec<Subject>,
}

/// A key or a user that waits.
#[derive(Debug, Serialize)]
pub(super) struct Waiting {
    pub(super) account: AccountId,
    #[serde(rename = "account_name")]
    pub(super) name: String,
    pub(super) user: UserName,
    pub(super) access_key_id: Option<AccessKeyId>,
    pub(super) step: StepKind,
    pub(super) reason: Reason,
    pub(super) status: StepStatus,
    pub(super) due: Option<Timestamp>,
    /// Days since then; none where it is not past.
    #[serde(rename = "days_waiting")]
    pub(super) days: Option<u32>,
    /// What used the key last, of a key that is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_used: Option<KeyUse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

impl Status {
    /// The status by the last runs, newest first, and the results of the newest.
    pub(super) fn of(runs: &[StoredRun], results: &BTreeMap<AccountId, AccountResult>, now: Timestamp) -> Self {
        let last = runs.first();
        let names: BTreeMap<_, _> = last
            .into_iter()
            .flat_map(|run| &run.manifest.accounts)
            .map(|listed| (&listed.account, listed.name.as_str()))
            .collect();
        let waiting = |which: &dyn Fn(&AccountResult) -> Vec<StepResult>| -> Vec<Waiting> {
            let of_account = |result: &AccountResult| {
                let name = names.get(&result.account).copied().unwrap_or_default();
                which(result).into_iter().map(|step| Waiting::of(result, name, step)).collect::<Vec<_>>()
            };
            results.values().flat_map(of_account).collect()
        };
        let steps = |of: fn(&StepResult) -> bool| {
            move |result: &AccountResult| result.steps.iter().filter(|step| of(step)).cloned().collect()
        };
        Self {
            schema_version: SCHEMA,
            generated: now,
            runs: runs.iter().map(RunLine::of).collect(),
            oldest_unanswered: oldest_unanswered(runs),
            failing: last.map(|run| failing(run, results, now)).unwrap_or_default(),
            failed: waiting(&steps(|step| step.status == StepStatus::Failed)),
            overdue: waiting(&|result| result.overdue_steps().cloned().collect()),
            held: waiting(&steps(|step| step.step == StepKind::Hold)),
            unreachable_owners: waiting(&steps(|step| step.reason == Reason::OwnerUnreachable)),
        }
    }

    /// Whether somebody should look.
    pub(super) fn has_findings(&self) -> bool {
        let is_incomplete = self.runs.iter().find(|run| run.state != State::Going).map(|run| run.state);
        is_incomplete == Some(State::Incomplete)
            || !self.failing.is_empty()
            || !self.failed.is_empty()
            || !self.overdue.is_empty()
            || !self.unreachable_owners.is_empty()
    }
}

impl RunLine {
    fn of(run: &StoredRun) -> Self {
        let (not_invoked, unanswered) = (run.not_invoked().len(), run.unanswered().len());
        let accounts = run.finish.as_ref().map(|record| &record.accounts);
        let incomplete = accounts.map(|of| of.scanned.incomplete.len() + of.unreachable.role.len());
        let all_answered = unanswered == 0 && not_invoked == 0;
        let state = match incomplete {
            _ if run.is_going() => State::Going,
            Some(0) if all_answered => State::Complete,
            None if all_answered => State::Answered,
            _ => State::Incomplete,
        };
        Self {
            run_id: run.manifest.run_id.clone(),
            at: run.manifest.at,
            mode: run.manifest.mode,
            state,
            listed: run.manifest.accounts.len() + run.manifest.skipped.len(),
            skipped: run.manifest.skipped.len(),
            answered: run.answered(),
            incomplete,
            unanswered,
            not_invoked,
        }
    }
}

impl Waiting {
    fn of(result: &AccountResult, name: &str, step: StepResult) -> Self {
        Self {
            account: result.account.clone(),
            name: name.to_owned(),
            user: step.user,
            access_key_id: step.access_key_id,
            step: step.step,
            reason: step.reason,
            status: step.status,
            due: step.due,
            days: step.due.filter(|due| *due <= result.at).map(|due| days_since(due, result.at)),
            last_used: step.last_used,
            error: step.error,
        }
    }
}

/// Of the accounts that the last run that has ended left unanswered, the one that has not answered the most runs in a row.
fn oldest_unanswered(runs: &[StoredRun]) -> Option<Unanswered> {
    let ended = runs.iter().filter(|run| !run.is_going());
    let ended: Vec<_> = ended.map(|run| (run, run.unanswered().into_iter().collect::<BTreeSet<_>>())).collect();
    let since = |account: &AccountId| {
        let row: Vec<_> = ended.iter().take_while(|(_, silent)| silent.contains(account)).collect();
        let (first, _) = row.last()?;
        let listed = first.manifest.accounts.iter().find(|listed| listed.account == *account)?;
        let (since, name) = (first.manifest.at, listed.name.clone());
        Some(Unanswered { account: account.clone(), name, since, runs: row.len() })
    };
    let (_, silent) = ended.first()?;
    silent.iter().filter_map(|account| since(account)).min_by_key(|unanswered| unanswered.since)
}

/// While accounts may still answer, those that have not, or not as a whole, are not failing.
fn failing(run: &StoredRun, results: &BTreeMap<AccountId, AccountResult>, now: Timestamp) -> Vec<Failing> {
    let awaited = if run.is_going() { run.unanswered() } else { Vec::new() };
    let results: Vec<_> = results.values().filter(|result| !awaited.contains(&&result.account)).cloned().collect();
    let about = About { generated: now, policy: None, organization: None };
    let not_invoked = run.not_invoked();
    let stored = stored::StoredRun { manifest: &run.manifest, not_invoked, results: &results };
    let failures = grouped(&stored::report(&about, stored)).into_iter();
    let shown = failures.filter(|failure| !(run.is_going() && failure.kind == Ended::NeverAnswered));
    shown.map(|Failure { kind, error, subjects }| Failing { ended: kind, error, accounts: subjects }).collect()
}

#[cfg(test)]
mod tests;
