//! `keywheel report`: how every access key stands, of a look right now or of a stored run.

mod render;
mod stored;

use std::path::PathBuf;

use jiff::Timestamp;

use crate::aws::AwsArguments;
use crate::exit::Ended;
use crate::files;
use crate::look::{self, LookArguments};
use crate::printer::Printer;
use render::Output;
use stored::WantedRun;

const EXAMPLES: &str = "\
Examples:
  keywheel report --profile audit --role-name OrganizationAccountAccessRole
  keywheel report --function keywheel-key-rotation --output html --out keys.html
  keywheel report --run latest --state-bucket keywheel-111122223333 --output csv > keys.csv
  keywheel report --run latest --function keywheel-key-rotation --output asff --out findings.asff.json

A look changes nothing. A stored run knows details of those keys alone that had a step; --account chooses among its accounts.";

/// Makes a report.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Of this stored run, or of the latest one, and not of a look right now
    #[arg(long, value_name = "ID|latest")]
    run: Option<WantedRun>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// Write it to a file, and not to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// In the table, also keys that are as the policy wants them
    #[arg(long)]
    all: bool,
    /// Of OCSF and ASFF: each account imports its own findings, and not the one that you are signed in to all of them
    #[arg(long)]
    each_imports_its_own: bool,
    /// Exit with 3 when somebody should look at something
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    look: LookArguments,
}

/// Makes it, and prints or writes it.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    arguments.out.as_deref().map_or(Ok(()), files::refuse_unwritable)?;
    let now = Timestamp::now();
    let (report, ended) = if let Some(wanted) = &arguments.run {
        stored::report(printer, aws, &arguments.look, wanted, now).await?
    } else {
        let looked = look::at_all(printer, aws, "report", &arguments.look).await?;
        (looked.report(now), looked.say(printer))
    };
    let collector = match arguments.output {
        Output::Ocsf | Output::Asff => Some(render::collector(aws, arguments.each_imports_its_own).await?),
        _ => None,
    };
    let rendered = render::rendered(&report, arguments.output, arguments.all, collector.as_ref())?;
    rendered.deliver(printer, arguments.out.as_deref())?;
    Ok(if ended == Ended::Done && arguments.check && report.has_findings() { Ended::Findings } else { ended })
}
