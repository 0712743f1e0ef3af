//! The report of what a run has stored. It names the keys that had a step; of the others it knows only how many there are, and says so.

use std::collections::BTreeMap;

use keywheel_core::contract::manifest::{FailedAccount, Manifest};
use keywheel_core::contract::result::{AccountResult, StepResult, StepStatus};
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::time::days_until;

use crate::live::{announced, is_not_known};
use crate::model::{About, AccountReport, Compliance, Ended, KeyReport, LastUse, Report, Source, Standing, UserNote};

/// What a run has stored.
#[derive(Clone, Copy, Debug)]
pub struct StoredRun<'a> {
    /// Every account of the run.
    pub manifest: &'a Manifest,
    /// The accounts that could not be invoked, as far as that is stored.
    pub not_invoked: &'a [FailedAccount],
    /// The accounts' results.
    pub results: &'a [AccountResult],
}

/// The report of a stored run.
#[must_use]
pub fn report(about: &About<'_>, run: StoredRun<'_>) -> Report {
    let warned = about.policy.map(|policy| policy.warn_days.iter().max().map_or(0, |days| days.0));
    let mut results: BTreeMap<&AccountId, &AccountResult> =
        run.results.iter().map(|result| (&result.account, result)).collect();
    let listed = run.manifest.accounts.iter().map(|listed| {
        let result = results.remove(&listed.account);
        let unseen = |ended| AccountReport::unseen(listed.account.clone(), &listed.name, &listed.email, ended);
        match result {
            Some(result) => answered(unseen(ended(result)), result, warned),
            None => not_invoked(run.not_invoked, &listed.account, unseen),
        }
    });
    let mut accounts: Vec<AccountReport> = listed.collect();
    accounts.extend(run.manifest.skipped.iter().map(|skipped| AccountReport {
        skip_reason: Some(skipped.reason),
        ..AccountReport::unseen(skipped.account.clone(), "", "", Ended::Skipped)
    }));
    accounts.extend(results.into_values().map(|result| unlisted(result, warned)));
    let source = Source::Run { run_id: run.manifest.run_id.clone(), listed_at: run.manifest.at };
    Report::new(about, source, run.manifest.mode, accounts)
}

fn ended(result: &AccountResult) -> Ended {
    match (result.unreachable, result.complete) {
        (true, _) => Ended::Unreachable,
        (false, true) => Ended::Answered,
        (false, false) => Ended::Incomplete,
    }
}

/// An account without a result: nobody answered, or Lambda did not take its job.
fn not_invoked(
    failed: &[FailedAccount],
    account: &AccountId,
    unseen: impl Fn(Ended) -> AccountReport,
) -> AccountReport {
    match failed.iter().find(|one| one.account == *account) {
        Some(failed) => AccountReport { error: Some(failed.error.clone()), ..unseen(Ended::Failed) },
        None => unseen(Ended::NeverAnswered),
    }
}

/// A result of an account that the manifest does not name is shown, and is not in order.
fn unlisted(result: &AccountResult, warned: Option<u32>) -> AccountReport {
    let report = answered(AccountReport::unseen(result.account.clone(), "", "", Ended::Incomplete), result, warned);
    let why = "it has a result, and the run's manifest does not name it";
    let error = report.error.map_or_else(|| why.to_owned(), |error| format!("{why}; {error}"));
    AccountReport { error: Some(error), ..report }
}

fn answered(account: AccountReport, result: &AccountResult, warned: Option<u32>) -> AccountReport {
    let mut rows: BTreeMap<(&UserName, &AccessKeyId), &StepResult> = BTreeMap::new();
    for step in result.steps.iter().filter(|step| step.reason != Reason::DeletionUntold) {
        let Some(key) = &step.access_key_id else { continue };
        let row = rows.entry((&step.user, key)).or_insert(step);
        if weight(step) < weight(row) {
            *row = step;
        }
    }
    let keys: Vec<_> = rows.into_iter().map(|((_, key), step)| key_report(result, step, key, warned)).collect();
    let is_about_user = |step: &&StepResult| step.access_key_id.is_none() || step.reason == Reason::Quarantined;
    let about_users = result.steps.iter().filter(is_about_user);
    let notes =
        about_users.map(|step| UserNote { user: step.user.clone(), reason: step.reason, error: step.error.clone() });
    AccountReport {
        error: result.error.clone(),
        looked_at: Some(result.at),
        users: result.users,
        keys_without_details: result.keys.saturating_sub(keys.len()),
        notes: notes.collect(),
        keys,
        ..account
    }
    .summed()
}

/// What failed or waits says more of a key than what was done, and that more than what was only told.
fn weight(step: &StepResult) -> u8 {
    match (step.status, step.step) {
        (StepStatus::Failed, _) => 0,
        (StepStatus::Deferred, _) => 1,
        (_, StepKind::Hold) => 2,
        (StepStatus::Planned, StepKind::Warn | StepKind::Skip) => 5,
        (StepStatus::Planned, _) => 3,
        (StepStatus::Done, StepKind::Warn | StepKind::Skip) => 6,
        (StepStatus::Done, _) => 4,
    }
}

fn key_report(result: &AccountResult, step: &StepResult, key: &AccessKeyId, warned: Option<u32>) -> KeyReport {
    let next_step = match step.step {
        StepKind::Skip => None,
        StepKind::Warn => announced(step.reason),
        StepKind::Hold => Some(StepKind::Hold),
        kind => Some(kind).filter(|_| step.status != StepStatus::Done),
    };
    let (status, standing) = as_left(step);
    KeyReport {
        status,
        standing,
        next_step,
        reason: Some(step.reason),
        due: step.due,
        step_status: Some(step.status),
        error: step.error.clone(),
        hosts: step.hosts.clone(),
        last_used: step.last_used.clone().map_or(LastUse::Unknown { error: None }, LastUse::Used),
        compliance: compliance(result, step, warned),
        ..KeyReport::unknown(step.user.clone(), key.clone())
    }
}

/// How the step left the key, where that follows from it.
fn as_left(step: &StepResult) -> (Option<KeyStatus>, Standing) {
    match (step.step, step.status) {
        (StepKind::Hold, _) | (StepKind::Create, StepStatus::Done) => (Some(KeyStatus::Active), Standing::Superseded),
        (StepKind::Publish, StepStatus::Done) => (Some(KeyStatus::Active), Standing::Current),
        (StepKind::Deactivate | StepKind::Retire, StepStatus::Done) => (Some(KeyStatus::Inactive), Standing::Inactive),
        (StepKind::Delete, StepStatus::Done) => (None, Standing::Deleted),
        _ => (None, Standing::Unknown),
    }
}

fn compliance(result: &AccountResult, step: &StepResult, warned: Option<u32>) -> Compliance {
    let is_due = step.due.is_some_and(|due| due <= result.at);
    match (step.step, step.status) {
        (StepKind::Hold, _) => Compliance::Held,
        _ if is_not_known(step.reason) => Compliance::Unknown,
        (StepKind::Skip, _) if step.reason == Reason::PersonInactive => Compliance::Compliant,
        (StepKind::Warn | StepKind::Skip, _) | (_, StepStatus::Planned) => match step.due {
            Some(_) if is_due => Compliance::Overdue,
            Some(due) if warned.is_none_or(|warned| days_until(due, result.at) <= warned) => Compliance::Due,
            Some(_) => Compliance::Compliant,
            None => Compliance::Unknown,
        },
        (_, StepStatus::Done) => Compliance::Compliant,
        (_, StepStatus::Failed | StepStatus::Deferred) => Compliance::Overdue,
    }
}
