//! The status for people.

use std::fmt::Write as _;

use keywheel_report::failures::named;
use keywheel_report::text::{counted, day, number, shortened, tame};

use super::model::{RunLine, State, Status, Waiting};

/// How many lines a part has at most; the JSON has them all.
const SHOWN: usize = 20;

/// How many accounts a failure names.
const NAMED: usize = 5;

const LONGEST_NAME: usize = 28;
const LONGEST_ERROR: usize = 160;

pub(super) fn text(status: &Status) -> String {
    let mut text = String::new();
    runs(&mut text, &status.runs);
    if let Some(unanswered) = &status.oldest_unanswered {
        let name = tame(&unanswered.name);
        let named = format!("{} {name}", unanswered.account);
        let runs = counted(unanswered.runs, "run");
        let _ = writeln!(text, "\nsilent for longest: {}, since {} ({runs})", named.trim_end(), day(unanswered.since));
    }
    failing(&mut text, status);
    waiting(&mut text, "failed steps", &status.failed);
    waiting(&mut text, "overdue for more than a week", &status.overdue);
    waiting(&mut text, "held", &status.held);
    waiting(&mut text, "owners whom no mail reaches", &status.unreachable_owners);
    let _ = writeln!(
        text,
        "\n{} failed, {} overdue, {} held, {} failing, {} with an owner out of reach",
        counted(status.failed.len(), "step"),
        counted(status.overdue.len(), "key"),
        number(status.held.len()),
        counted(status.failing.iter().map(|failing| failing.accounts.len()).sum(), "account"),
        counted(status.unreachable_owners.len(), "user"),
    );
    text
}

fn runs(text: &mut String, runs: &[RunLine]) {
    let width = runs.iter().map(|run| run.run_id.as_str().len()).max().unwrap_or_default();
    for run in runs {
        let state = match run.state {
            State::Going => "going",
            State::Complete => "complete",
            State::Answered => "answered",
            State::Incomplete => "INCOMPLETE",
        };
        let _ = writeln!(text, "{:<width$}  {:<7}  {state:<10}  {}", run.run_id.as_str(), run.mode.as_str(), sums(run));
    }
}

/// Everything that was listed, accounted for.
fn sums(run: &RunLine) -> String {
    let listed = counted(run.listed, "account");
    let mut sums = format!(
        "{listed} = {} answered + {} unanswered + {} skipped + {} not invoked",
        number(run.answered),
        number(run.unanswered),
        number(run.skipped),
        number(run.not_invoked)
    );
    match run.incomplete {
        Some(0) => {}
        Some(incomplete) => {
            let _ = write!(sums, "; {} of the answers incomplete", number(incomplete));
        }
        None => sums.push_str("; nobody has added up how they ended"),
    }
    sums
}

fn failing(text: &mut String, status: &Status) {
    if status.failing.is_empty() {
        return;
    }
    text.push_str("\nfailing\n");
    for failing in &status.failing {
        let accounts = counted(failing.accounts.len(), "account");
        let error = shortened(&tame(&failing.error), LONGEST_ERROR);
        let _ = writeln!(text, "  {accounts} {}: {error}", failing.ended.words());
        let _ = writeln!(text, "    {}", named(&failing.accounts, NAMED));
    }
}

fn waiting(text: &mut String, heading: &str, waiting: &[Waiting]) {
    if waiting.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{heading}");
    waiting.iter().take(SHOWN).for_each(|one| {
        let _ = writeln!(text, "  {}", line(one));
    });
    if waiting.len() > SHOWN {
        let _ = writeln!(text, "  and {} more: --output json has them all", number(waiting.len() - SHOWN));
    }
}

fn line(one: &Waiting) -> String {
    let account = shortened(&tame(format!("{} {}", one.account, one.name).trim_end()), LONGEST_NAME);
    let user = shortened(one.user.as_str(), LONGEST_NAME);
    let key = one.access_key_id.as_ref().map_or_else(|| "-".to_owned(), keywheel_core::id::AccessKeyId::shortened);
    let since = one.days.filter(|days| *days > 0).map(|days| format!(", for {days} days")).unwrap_or_default();
    let last = one
        .last_used
        .as_ref()
        .map(|last| format!("; last used {} by {} in {}", day(last.at), tame(&last.service), tame(&last.region)));
    let error = one.error.as_ref().map(|error| format!(": {}", shortened(&tame(error), LONGEST_ERROR)));
    format!(
        "{account:<LONGEST_NAME$}  {user:<LONGEST_NAME$}  {key:<9}  {} {}{since}{}{}",
        one.step.as_str(),
        one.reason.code(),
        last.unwrap_or_default(),
        error.unwrap_or_default()
    )
}
