//! `keywheel explain`: where an account, a user or a key stands, every date and why, what comes next and what is in the way.

mod account;
mod gone;
mod subject;
mod user;

use jiff::Timestamp;
use keywheel_report::table::{Line, Span, Style};
use keywheel_report::text::tame;

use crate::aws::AwsArguments;
use crate::exit::{Ended, failed};
use crate::look::{self, LookArguments, LookedAt, Sight};
use crate::printer::Printer;
use gone::Gone;
use subject::{Found, Subject};

const EXAMPLES: &str = "\
Examples:
  keywheel explain AKIAIOSFODNN7EXAMPLE --function keywheel-key-rotation
  keywheel explain 111122223333/deploy-bot --role-name OrganizationAccountAccessRole
  keywheel explain deploy-bot --own-account
  keywheel explain 111122223333 --output json

A key id, an account id, ACCOUNT/USER, the ARN of a user, or the name of one with --account or --own-account.
What the ledger remembers of a key that is gone is told for 90 days.";

/// Explains.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What to explain
    #[arg(value_name = "ACCOUNT|USER|KEY")]
    subject: Subject,
    /// Form of the output: that of a report, in JSON
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    look: LookArguments,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
}

/// Looks at the account, and explains.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let found = arguments.subject.found(aws, &arguments.look).await?;
    let look = LookArguments { targets: found.targets.clone(), ..arguments.look.clone() };
    let looked = look::at_all(printer, aws, "explain", &look).await?;
    let now = Timestamp::now();
    let mut report = looked.report(now);
    found.keep(&mut report);
    let is_there = found.user.is_none() && found.key.is_none() || report.keys().next().is_some();
    let known = looked.surveys().any(|(_, survey)| survey.users.iter().any(|user| found.is_about(user)));
    let ended = looked.say(printer);
    if let Some(gone) = Gone::find(&looked, &found).filter(|_| !is_there && !known) {
        match arguments.output {
            Output::Text => printer.lines(&gone.lines(now))?,
            Output::Json => printer.data(&gone.json(now)?)?,
        }
        return Ok(ended);
    }
    if !is_there && !known && ended == Ended::Done && looked.skipped.is_empty() {
        return Err(nowhere(&found));
    }
    if arguments.output == Output::Json {
        printer.data(&keywheel_report::json::render(&report)?)?;
        return Ok(ended);
    }
    let mut lines = Vec::new();
    for skipped in &looked.skipped {
        let reason = serde_json::to_value(skipped.reason)?;
        let text = format!("account {} is left out: {}", skipped.account, reason.as_str().unwrap_or_default());
        lines.push(plain(&text));
    }
    for one in &looked.accounts {
        lines.extend(explained(one, &found, &report, &looked.rotation.policy, now));
    }
    printer.lines(&lines)?;
    Ok(ended)
}

fn nowhere(found: &Found) -> anyhow::Error {
    let hint = if found.key.is_some() {
        "a key may be another account's, or gone for longer than the 90 days for which a ledger remembers it; CloudTrail's DeleteAccessKey \
         says who deleted it"
    } else {
        "names of users are told apart by upper and lower case"
    };
    failed(format!("there is no {found} in {}", found.place()), hint)
}

fn explained(
    one: &LookedAt,
    found: &Found,
    report: &keywheel_report::Report,
    policy: &keywheel_core::policy::Policy,
    now: Timestamp,
) -> Vec<Line> {
    let Sight::Seen(survey) = &one.sight else { return Vec::new() };
    let Some(account) = report.accounts.iter().find(|account| account.account == one.account.account) else {
        return Vec::new();
    };
    let users = survey.users.iter().filter(|user| found.is_about(user));
    if found.user.is_none() && found.key.is_none() {
        return account::lines(survey, report, now);
    }
    users.flat_map(|user| user::lines(survey, account, user, policy, now)).collect()
}

/// A line in which nothing stands out.
fn plain(text: &str) -> Line {
    Line(vec![Span { text: tame(text), style: Style::Plain }])
}

/// A line that begins a part.
fn heading(text: &str) -> Line {
    Line(vec![Span { text: tame(text), style: Style::Heading }])
}

/// A fact: what it is called, and what it is.
fn fact(name: &str, text: &str) -> Line {
    let name = Span { text: format!("    {name:<16}"), style: Style::Faint };
    Line(vec![name, Span { text: tame(text), style: Style::Plain }])
}

/// A moment and how far away it is.
fn moment(at: Timestamp, now: Timestamp) -> String {
    let days = |days: u32| match days {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        more => format!("{more} days"),
    };
    let away = if at <= now {
        format!("{} ago", days(keywheel_core::time::days_since(at, now)))
    } else {
        format!("in {}", days(keywheel_core::time::days_until(at, now)))
    };
    format!("{at:.0}, {away}")
}
