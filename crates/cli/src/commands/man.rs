//! `keywheel man`: a manual page for each verb.

use std::path::PathBuf;

use anyhow::Context;
use clap::CommandFactory;

use crate::exit::Ended;
use crate::printer::Printer;

const EXAMPLES: &str = "\
Example:
  keywheel man --out ~/.local/share/man/man1";

/// Writes manual pages.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Folder for the pages; it is made where it is not there
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// Writes them.
pub(crate) fn run(printer: &Printer, arguments: &Arguments) -> anyhow::Result<Ended> {
    let cannot_write = || format!("cannot write the manual pages to {}", arguments.out.display());
    std::fs::create_dir_all(&arguments.out).with_context(cannot_write)?;
    clap_mangen::generate_to(crate::Arguments::command(), &arguments.out).with_context(cannot_write)?;
    printer.note(&format!("written to {}", arguments.out.display()));
    Ok(Ended::Done)
}
