//! The last run: it shows whether what the other checks look at works together.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use keywheel_aws::S3State;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::AccountId;
use keywheel_engine::inventory::FinishError;
use keywheel_report::failures::{Failures, Subject};
use keywheel_report::text::{counted, shortened, tame};

use super::finding::{Finding, Verdict};
use super::ground::Ground;
use crate::runs::{self, StoredRun};

const GROUP: &str = "last run";

/// How many accounts are named.
const SHOWN: usize = 3;

/// Runs are a day apart; the scheduler may begin one half an hour late, and listing an organization takes a while.
const LATE: SignedDuration = SignedDuration::from_hours(26);

pub(super) async fn findings(ground: &Ground) -> Vec<Finding> {
    let Some((bucket, prefix)) = ground.state_location() else {
        return vec![Verdict::not_checked("no state bucket is known", "see the functions").of(GROUP, "begun")];
    };
    let state = S3State::new(&ground.hub.config, bucket, prefix);
    let last = match runs::last(&state, 1).await {
        Ok(runs) => runs.into_iter().next(),
        Err(FinishError::Unreadable(error)) => {
            return vec![Verdict::of_error(&error, "see the state bucket").of(GROUP, "begun")];
        }
        Err(error) => return vec![Verdict::fail(error.to_string(), "see the state bucket").of(GROUP, "begun")],
    };
    let Some(run) = last else {
        let to_do = "wait for the schedule, or invoke account-inventory once by hand";
        return vec![Verdict::warn("there was none yet", to_do).of(GROUP, "begun")];
    };
    let mut findings = vec![begun(ground, &run).of(GROUP, "begun"), answers(&run).of(GROUP, "answers")];
    match runs::results(&state, &run, || ()).await {
        Ok(results) => {
            findings.push(reached(&results).of(GROUP, "roles and trust"));
            findings.push(complete(&results).of(GROUP, "complete"));
        }
        Err(error) => findings.push(Verdict::of_error(&error, "see the state bucket").of(GROUP, "complete")),
    }
    findings
}

fn begun(ground: &Ground, run: &StoredRun) -> Verdict {
    let age = ground.now.duration_since(run.manifest.at);
    let (id, listed) = (&run.manifest.run_id, run.manifest.accounts.len() + run.manifest.skipped.len());
    let found = format!("{id}, {} hours ago, {} listed", age.as_hours(), counted(listed, "account"));
    if age <= LATE {
        return Verdict::ok(found);
    }
    Verdict::fail(found, "see the schedule, and the log of account-inventory")
}

fn answers(run: &StoredRun) -> Verdict {
    let unanswered = run.unanswered();
    let never: Vec<_> = run.not_invoked().iter().map(|failed| &failed.account).collect();
    let invoked = counted(run.manifest.accounts.len(), "account");
    if run.is_going() {
        let found = format!("{} of {invoked} answered so far", run.answered());
        return Verdict::warn(found, "the others still may: look again later");
    }
    let parts = [(&unanswered, "did not answer"), (&never, "were not invoked")].into_iter();
    let parts = parts.filter(|(accounts, _)| !accounts.is_empty());
    let parts: Vec<_> =
        parts.map(|(accounts, what)| format!("{} of {invoked} {what}: {}", accounts.len(), some(accounts))).collect();
    if parts.is_empty() {
        return Verdict::ok(format!("{} of {invoked} answered", run.answered()));
    }
    Verdict::fail(parts.join("; "), "see the logs of key-rotation and account-inventory, failed events and throttling")
}

/// Whether the member roles could be assumed, with the external id that key-rotation sends.
fn reached(results: &BTreeMap<AccountId, AccountResult>) -> Verdict {
    let mut failures = Failures::default();
    for result in results.values().filter(|result| result.unreachable) {
        failures.add((), result.error.as_deref().unwrap_or_default(), Subject::of(&result.account, ""));
    }
    let failures = failures.grouped();
    if failures.is_empty() {
        return Verdict::ok(format!(
            "the member role of every one of {} was assumed",
            counted(results.len(), "account")
        ));
    }
    let told = failures.iter().map(|failure| {
        format!("{}: {} ({})", shortened(&tame(&failure.error), 160), failure.count(), failure.named(SHOWN))
    });
    let to_do = "give --account and --role-name to look at such a role's trust; push the global layer to the account, or leave it out";
    Verdict::fail(told.collect::<Vec<_>>().join("; "), to_do)
}

fn complete(results: &BTreeMap<AccountId, AccountResult>) -> Verdict {
    let is_half = |result: &&AccountResult| !result.complete && !result.unreachable;
    let half: Vec<_> = results.values().filter(is_half).map(|result| &result.account).collect();
    if half.is_empty() {
        return Verdict::ok("nothing was left undone that a retry can mend");
    }
    let found = format!("something was left undone in {}: {}", counted(half.len(), "account"), some(&half));
    Verdict::warn(found, "keywheel status says what")
}

/// The first few of them.
fn some(accounts: &[&AccountId]) -> String {
    let shown: Vec<_> = accounts.iter().take(SHOWN).map(|account| account.as_str()).collect();
    let more = accounts.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
