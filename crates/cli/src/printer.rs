//! What goes to standard output, and what to standard error.

use std::io::{self, IsTerminal, Write};

use crate::exit::Hinted;

/// Prints.
pub(crate) struct Printer {
    quiet: bool,
    colour: bool,
}

impl Printer {
    /// Colour only where people look, and where they have not said no (no-color.org).
    pub(crate) fn new(quiet: bool) -> Self {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { quiet, colour: io::stderr().is_terminal() && !is_set("NO_COLOR") && !is_dumb }
    }

    /// Prints what was asked for.
    #[expect(clippy::unused_self, reason = "all printing goes through the printer")]
    pub(crate) fn data(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(harmless(text).as_bytes())?;
        out.flush()
    }

    /// Prints what people may like to know.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            Self::to_people(&harmless(text));
        }
    }

    /// Asks, and reads the answer.
    pub(crate) fn ask(question: &str) -> io::Result<String> {
        let mut err = io::stderr().lock();
        write!(err, "{} ", harmless(question))?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }

    /// Prints an error with its causes and its hint.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        let (red, cyan, plain) = if self.colour { ("\u{1b}[31m", "\u{1b}[36m", "\u{1b}[0m") } else { ("", "", "") };
        Self::to_people(&format!("{red}error{plain}: {}", harmless(&format!("{error:#}"))));
        if let Some(hinted) = error.downcast_ref::<Hinted>() {
            Self::to_people(&format!("{cyan}hint{plain}: {}", harmless(&hinted.hint)));
        }
    }

    /// Nobody is left to be told that standard error is closed.
    fn to_people(text: &str) {
        drop(writeln!(io::stderr(), "{text}"));
    }
}

/// The text without control characters, which mean something to a terminal: names of files and objects are other people's words.
fn harmless(text: &str) -> String {
    let is_kept = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().map(|c| if is_kept(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_a_terminal_would_obey_is_replaced_and_lines_stay() {
        assert_eq!(super::harmless("a\u{1b}[2Jb\u{9b}c\u{7}\n\td"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\n\td");
    }
}
