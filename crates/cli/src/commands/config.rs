//! `keywheel config`: the settings that the other verbs go by.

mod show;

use crate::aws::AwsArguments;
use crate::exit::Ended;
use crate::printer::Printer;

/// What to do with the settings.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Print every setting, and where it comes from
    Show(show::Arguments),
}

/// Does it.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, verb: &Verb) -> anyhow::Result<Ended> {
    match verb {
        Verb::Show(arguments) => show::run(printer, aws, arguments).await,
    }
}
