//! `keywheel forecast`: what the policy will do over the coming days, for the day before `RUN_MODE` becomes `enforce`.

mod data;
mod table;

use jiff::Timestamp;
use keywheel_core::contract::manifest::ManifestAccount;
use keywheel_engine::account::{Account, Settings, Survey};
use keywheel_forecast::{AccountForecast, Beginning, Hosts, forecast};
use keywheel_report::text::counted;

use crate::aws::AwsArguments;
use crate::exit::{Ended, usage};
use crate::interrupt::Interrupt;
use crate::look::{self, LookArguments};
use crate::printer::Printer;

const EXAMPLES: &str = "\
Examples:
  keywheel forecast --function keywheel-key-rotation
  keywheel forecast --days 60 --assume not-installed --account 111122223333 --role-name OrganizationAccountAccessRole
  keywheel forecast --days 135 --output csv --set ROTATION_PERIOD=60 > forecast.csv

It looks at the accounts as they are, and then lets the engine of the nightly run work on a copy in memory, night after night. Nothing is
changed, claimed, written to the state bucket, or told to anybody. What it assumes is said at the end of the table, and in the data.";

/// Says, day by day and account by account, which keys will be replaced, made inactive, deleted or held.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// How many days, of which this is the first
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// What hosts do with a new key
    #[arg(long, value_enum, default_value_t)]
    assume: Assume,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    look: LookArguments,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Assume {
    /// Install it on the day of its publication, where the old one is used
    #[default]
    Installed,
    /// Go on with the old one
    NotInstalled,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// For people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// One JSON object per step and line
    Jsonl,
    /// For spreadsheets
    Csv,
}

impl From<Assume> for Hosts {
    fn from(assume: Assume) -> Self {
        match assume {
            Assume::Installed => Hosts::Installed,
            Assume::NotInstalled => Hosts::NotInstalled,
        }
    }
}

/// Looks, and prints what will come.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    if arguments.look.quick {
        let hint = "leave --quick out";
        return Err(usage("a forecast looks at every user, so --quick makes no sense", hint));
    }
    let looked = look::at_all(printer, aws, "forecast", &arguments.look).await?;
    let settings = looked.rotation.account_settings();
    let (hosts, days) = (arguments.assume.into(), arguments.days);
    let surveys: Vec<_> = looked.surveys().collect();
    let progress = printer.progress(surveys.len(), "accounts forecast");
    let interrupt = Interrupt::listen()?;
    let (all, mut forecasts) = (surveys.len(), Vec::<AccountForecast>::new());
    // One after the other: nothing of it waits for anything.
    for (account, survey) in surveys {
        if interrupt.came() {
            break;
        }
        forecasts.push(of_account(account, survey, &settings, hosts, days).await?);
        progress.inc(1);
    }
    drop(interrupt);
    progress.finish_and_clear();
    printer.data(&match arguments.output {
        Output::Table => table::text(&forecasts, hosts, days),
        Output::Json => data::json(&looked, &forecasts, hosts, Timestamp::now())?,
        Output::Jsonl => data::json_lines(&forecasts)?,
        Output::Csv => data::csv(&forecasts)?,
    })?;
    let (ended, left) = (looked.say(printer), all - forecasts.len());
    if left == 0 {
        return Ok(ended);
    }
    printer.failure(&format!("interrupted: {} of {all} not forecast", counted(left, "account")));
    Ok(Ended::Interrupted)
}

async fn of_account(
    listed: &ManifestAccount,
    survey: &Survey,
    settings: &Settings,
    hosts: Hosts,
    days: u32,
) -> anyhow::Result<AccountForecast> {
    // Partition, region and writers stand in texts of policies and mails alone.
    let account = Account {
        id: listed.account.clone(),
        name: listed.name.clone(),
        email: listed.email.clone(),
        partition: "aws".parse()?,
        region: String::new(),
        writers: Vec::new(),
    };
    Ok(forecast(&Beginning::of(account, survey), settings, hosts, days).await)
}
