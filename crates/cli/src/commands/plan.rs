//! `keywheel plan`: what a run would do now, and why.

mod data;
mod rows;
mod table;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use keywheel_core::contract::plan_file::{PlanFile, PlannedAccount};
use keywheel_core::id::UserName;

use crate::aws::AwsArguments;
use crate::exit::{Ended, usage};
use crate::files;
use crate::look::{self, LookArguments, Looked};
use crate::printer::Printer;
use rows::{Row, rows};

const EXAMPLES: &str = "\
Examples:
  keywheel plan --profile audit --role-name OrganizationAccountAccessRole
  keywheel plan --function keywheel-key-rotation --save plan.json
  keywheel plan --account 111122223333 --user deploy-bot --output json
  keywheel plan --own-account --set ROTATION_PERIOD=60 --check

Nothing is changed, claimed, written to the state bucket, or told to anybody.";

/// Looks at the accounts, and plans.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Only steps for this user; more than one may be given
    #[arg(long = "user", value_name = "NAME")]
    users: Vec<UserName>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// Write the steps to a file, for `keywheel apply`
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Exit with 3 when there is something to change
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    look: LookArguments,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// For people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// One JSON object per line
    Jsonl,
    /// For spreadsheets
    Csv,
}

/// Plans, prints the plan, and saves it where that is asked for.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    arguments.save.as_deref().map_or(Ok(()), files::refuse_unwritable)?;
    let looked = look::at_all(printer, aws, "plan", &arguments.look).await?;
    let users: BTreeSet<_> = arguments.users.iter().collect();
    refuse_unknown(&looked, &users)?;
    let rows = rows(&looked, &users);
    let now = Timestamp::now();
    match arguments.output {
        Output::Table => printer.lines(&table::lines(&looked, &rows))?,
        Output::Json => printer.data(&data::json(&looked, &rows, now)?)?,
        Output::Jsonl => printer.data(&data::json_lines(&rows)?)?,
        Output::Csv => printer.data(&data::csv(&rows)?)?,
    }
    let ended = looked.say(printer);
    if let Some(path) = &arguments.save {
        save(path, &looked, &users, now)?;
        printer.note(&format!("saved as {}; next: keywheel apply {0}", path.display()));
    } else if arguments.output == Output::Table && rows.iter().any(Row::is_change) {
        printer.note("next: keywheel plan --save plan.json, and keywheel apply plan.json");
    }
    let is_found = arguments.check && rows.iter().any(Row::is_change);
    Ok(if ended == Ended::Done && is_found { Ended::Findings } else { ended })
}

/// A user who is in none of the accounts was misspelt, and a plan without steps for them would look like good news.
fn refuse_unknown(looked: &Looked, users: &BTreeSet<&UserName>) -> anyhow::Result<()> {
    if looked.accounts.len() > looked.surveys().count() {
        return Ok(());
    }
    let is_there = |name: &UserName| {
        looked.surveys().any(|(_, survey)| {
            let seen = survey.users.iter().map(|user| &user.name).chain(survey.unseen.iter().map(|user| &user.user));
            seen.chain(survey.quiet.iter().map(|user| &user.name)).any(|user| user == name)
        })
    };
    match users.iter().find(|name| !is_there(name)) {
        Some(name) => {
            let what = format!("none of the accounts has a user {name}");
            Err(usage(what, "names of users are told apart by upper and lower case; --account says where to look"))
        }
        None => Ok(()),
    }
}

fn save(path: &Path, looked: &Looked, users: &BTreeSet<&UserName>, now: Timestamp) -> anyhow::Result<()> {
    let planned = looked.surveys().map(|(account, survey)| {
        let steps = survey.plan.steps.iter().filter(|step| users.is_empty() || users.contains(&step.user));
        let (account_id, name, email) = (account.account.clone(), account.name.clone(), account.email.clone());
        PlannedAccount { account_id, name, email, steps: steps.cloned().collect() }
    });
    let planned = planned.filter(|account| !account.steps.is_empty()).collect();
    let file = PlanFile::new(looked.organization.clone(), now, looked.rotation.mode, planned)?;
    files::write(path, &file.text()?)
}
