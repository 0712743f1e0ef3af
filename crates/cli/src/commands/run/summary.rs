//! What became of a run, for people and as the exit code.

use std::collections::BTreeMap;

use keywheel_core::contract::finish::FinishRecord;
use keywheel_core::id::AccountId;
use keywheel_report::text::{counted, number};

use super::follow::Followed;
use crate::exit::Ended;
use crate::printer::Printer;

/// How many accounts a line names.
const NAMED: usize = 5;

/// Prints it. Whatever account is not scanned, or not wholly, makes it a failure.
pub(super) fn say(printer: &Printer, followed: &Followed) -> anyhow::Result<Ended> {
    let record = &followed.record;
    printer.data(&sums(record))?;
    let failures = failures(record);
    for ((what, error), accounts) in &failures {
        let error = if error.is_empty() { String::new() } else { format!(": {error}") };
        printer.failure(&format!("{} {what}{error}\n  {}", counted(accounts.len(), "account"), named(accounts)));
    }
    if !record.accounts.unreachable.unanswered.is_empty() || !record.fan_out_finished {
        printer.hint(&format!(
            "the run may go on in Lambda; send {{\"finish\":\"{}\"}} to account-inventory later",
            record.run_id
        ));
    }
    if followed.interrupted {
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

type Failures = BTreeMap<(&'static str, String), Vec<String>>;

/// Equal failures together.
fn failures(record: &FinishRecord) -> Failures {
    let accounts = &record.accounts;
    let mut groups = Failures::new();
    let mut add = |what, error: &str, id: &AccountId| {
        groups.entry((what, error.replace(id.as_str(), "<account>"))).or_default().push(id.to_string());
    };
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
    groups
}

fn named(accounts: &[String]) -> String {
    let mut names: Vec<_> = accounts.iter().take(NAMED).cloned().collect();
    if accounts.len() > NAMED {
        names.push(format!("and {} more", number(accounts.len() - NAMED)));
    }
    names.join(", ")
}
