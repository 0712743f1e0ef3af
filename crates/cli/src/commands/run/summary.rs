//! What became of a run, for people and as the exit code.

use keywheel_core::contract::finish::FinishRecord;
use keywheel_core::id::AccountId;
use keywheel_report::failures::{Failure, Failures, Subject};
use keywheel_report::text::{counted, number};

use super::follow::Followed;
use crate::exit::Ended;
use crate::printer::Printer;

/// Prints it. Whatever account is not scanned, or not wholly, makes it a failure.
pub(super) fn say(printer: &Printer, followed: &Followed) -> anyhow::Result<Ended> {
    let record = &followed.record;
    printer.data(&sums(record))?;
    let failures = failures(record);
    printer.failures(&failures);
    if !record.accounts.unreachable.unanswered.is_empty() || !record.fan_out_finished {
        printer.hint(&format!(
            "the run may go on in Lambda; send {{\"finish\":\"{}\"}} to account-inventory later",
            record.run_id
        ));
    }
    if followed.interrupted {
        printer.failure(&format!("interrupted: run {} is not followed any more, and goes on in Lambda", record.run_id));
        return Ok(Ended::Interrupted);
    }
    let failed_steps = record.sums.steps.iter().any(|(step, count)| step.ends_with(".failed") && *count > 0);
    Ok(if failures.is_empty() && !failed_steps && record.fan_out_finished { Ended::Done } else { Ended::Failed })
}

/// `listed` = `scanned` + `skipped` + `unreachable` + `failed`.
fn sums(record: &FinishRecord) -> String {
    let short = record.in_short();
    let (accounts, sums) = (short.accounts, &record.sums);
    let accounts = format!(
        "accounts  {} listed = {} scanned + {} skipped + {} unreachable + {} failed",
        number(accounts.listed),
        number(accounts.scanned),
        number(accounts.skipped),
        number(accounts.unreachable),
        number(accounts.failed)
    );
    let seen = format!("seen      {}, {}", counted(sums.users, "user"), counted(sums.keys, "key"));
    let steps =
        sums.steps.iter().map(|(step, count)| format!("steps     {} {}", number(*count), step.replace('.', " ")));
    let lines = [format!("run       {}", record.run_id), accounts, seen].into_iter().chain(steps);
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn failures(record: &FinishRecord) -> Vec<Failure<&'static str>> {
    let accounts = &record.accounts;
    let mut failures = Failures::default();
    let mut add = |what, error: &str, id: &AccountId| failures.add(what, error, Subject::of(id, ""));
    for one in &accounts.scanned.incomplete {
        add("not complete", one.error.as_deref().unwrap_or_default(), &one.account);
    }
    for one in &accounts.unreachable.role {
        add("not reached", &one.error, &one.account);
    }
    for one in &accounts.failed {
        add("not invoked", &one.error, &one.account);
    }
    for one in &accounts.unreachable.unanswered {
        add("without an answer", "", one);
    }
    failures.grouped()
}
