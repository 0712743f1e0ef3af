//! Asks before something changes.

use std::io::{self, IsTerminal};

use crate::exit::{failed, interrupted, usage};
use crate::interrupt;
use crate::printer::Printer;

/// The flags of every verb that changes something.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct ConfirmArguments {
    /// Do it without a question, for CI
    #[arg(long, conflicts_with = "no_input")]
    yes: bool,
    /// Never ask: refuse where a question would be asked
    #[arg(long)]
    no_input: bool,
}

impl ConfirmArguments {
    /// Whether nobody is asked.
    pub(crate) fn is_given(self) -> bool {
        self.yes
    }

    /// Shows what would be done, and goes on only where the word is typed, or no question is wanted, and Ctrl-C has not come.
    pub(crate) fn obtain(self, printer: &Printer, shown: &str, what: &str, word: &str) -> anyhow::Result<()> {
        printer.preview(shown);
        if interrupt::came() {
            return Err(interrupted());
        }
        if self.yes {
            return Ok(());
        }
        if self.no_input || !io::stdin().is_terminal() {
            let hint = "look at what is shown above, and give --yes to do it without a question";
            return Err(usage(format!("not confirmed: {what}; there is nobody to ask, so nothing was changed"), hint));
        }
        let answer = interrupt::at_a_question(|| Printer::ask(&format!("{what}? Type {word} to go on:")))?;
        if answer == word {
            return Ok(());
        }
        Err(failed(format!("{answer:?} is not {word}; nothing was changed"), "call the verb again"))
    }
}
