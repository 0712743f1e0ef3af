//! `keywheel template`: work on the templates of the mails.

mod check;
mod preview;
mod push;

use crate::aws::AwsArguments;
use crate::exit::Ended;
use crate::printer::Printer;

/// What to do with templates.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Render every mail with every sample, and look for faults
    Check(check::Arguments),
    /// Write every mail as HTML and text, with a page that shows them side by side
    Preview(preview::Arguments),
    /// Check the templates, show what changes in the bucket, and upload it
    Push(push::Arguments),
}

/// Does it.
pub(crate) fn run(printer: &Printer, aws: &AwsArguments, verb: &Verb) -> anyhow::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match verb {
            Verb::Check(arguments) => check::run(printer, aws, arguments).await,
            Verb::Preview(arguments) => preview::run(printer, arguments),
            Verb::Push(arguments) => push::run(printer, aws, arguments).await,
        }
    })
}
