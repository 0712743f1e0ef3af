//! `keywheel status`: what the last runs did and left undone, from the state bucket alone.

mod model;
mod table;

use jiff::Timestamp;
use keywheel_aws::S3State;
use keywheel_engine::inventory::FinishError;
use keywheel_engine::ports::{ErrorKind, PortError};

use crate::aws::AwsArguments;
use crate::config::{ConfigArguments, Configuration};
use crate::exit::{Ended, failed, usage};
use crate::output::{self, Output};
use crate::printer::Printer;
use crate::runs;
use model::Status;

const EXAMPLES: &str = "\
Examples:
  keywheel status --function keywheel-key-rotation
  keywheel status --state-bucket keywheel-111122223333-eu-central-1 --runs 30
  keywheel status --function keywheel-key-rotation --check --output json

It reads the state bucket and nothing else. Accounts that did not answer, were not reached or were left incomplete by the last run that
has ended are findings for --check, and so are steps that failed, keys that are overdue and owners whom no mail reaches.";

/// Shows the last runs, whether each account of them is accounted for, and what the last one left: failed steps, overdue and held keys, failing
/// accounts, owners whom no mail reaches.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// How many runs
    #[arg(long, default_value_t = 7, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=400))]
    runs: u16,
    /// Exit with 3 when somebody should look
    #[arg(long)]
    check: bool,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    config: ConfigArguments,
}

/// Reads, and prints.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let configuration = Configuration::load(aws, &arguments.config, Vec::new()).await?;
    let Some(place) = configuration.state()? else {
        let hint = "give --state-bucket, or --function with the name of a deployed function";
        return Err(usage("no state bucket is known", hint));
    };
    let state = S3State::new(&aws.load().await?, place.bucket.as_str(), place.prefix.as_str());
    let runs = runs::last(&state, usize::from(arguments.runs)).await.map_err(unaccounted)?;
    let Some(last) = runs.first() else {
        let what = format!("s3://{}/{} remembers no run", place.bucket, place.prefix);
        return Err(failed(
            what,
            "wait for the schedule, invoke account-inventory by hand, or correct bucket and prefix",
        ));
    };
    let progress = printer.progress(last.answered.len(), "results read");
    let results = runs::results(&state, last, || progress.inc(1)).await;
    progress.finish_and_clear();
    let results = results.map_err(unread)?;
    let status = Status::of(&runs, &results, Timestamp::now());
    printer.data(&match arguments.output {
        Output::Table => table::text(&status),
        Output::Json => output::json(&status)?,
    })?;
    Ok(if arguments.check && status.has_findings() { Ended::Findings } else { Ended::Done })
}

fn unaccounted(error: FinishError) -> anyhow::Error {
    if let FinishError::Unreadable(cause) = error { unread(cause) } else { error.into() }
}

fn unread(error: PortError) -> anyhow::Error {
    let hint =
        "whoever asks needs s3:ListBucket on the bucket, s3:GetObject below its prefix, and kms:Decrypt on its key";
    if error.kind == ErrorKind::Denied { failed(error.to_string(), hint) } else { error.into() }
}
