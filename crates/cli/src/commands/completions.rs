//! `keywheel completions`: what a shell completes.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::exit::Ended;
use crate::printer::Printer;

const EXAMPLES: &str = "\
Examples:
  keywheel completions bash > ~/.local/share/bash-completion/completions/keywheel
  keywheel completions zsh > \"${fpath[1]}/_keywheel\"
  keywheel completions fish > ~/.config/fish/completions/keywheel.fish";

/// Prints completions.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints them.
pub(crate) fn run(printer: &Printer, arguments: &Arguments) -> anyhow::Result<Ended> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut crate::Arguments::command(), "keywheel", &mut script);
    printer.data(&String::from_utf8(script)?)?;
    Ok(Ended::Done)
}
