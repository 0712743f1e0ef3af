//! What goes to standard output, and what to standard error.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use keywheel_mail::clean::without_secrets;
use keywheel_report::failures::Failure;
use keywheel_report::table::{Line, Style};
use keywheel_report::text::tame;

use crate::exit::Hinted;

/// Prints.
pub(crate) struct Printer {
    quiet: bool,
    colour: bool,
    /// Whether data is shown in colour.
    colour_of_data: bool,
}

/// Whether the terminal can do no more than print.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|value| value == "dumb")
}

impl Printer {
    /// Colour only where people look, and where they have not said no (no-color.org).
    pub(crate) fn new(quiet: bool) -> Self {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let may = !is_set("NO_COLOR") && !is_dumb();
        let (colour, colour_of_data) = (may && io::stderr().is_terminal(), may && io::stdout().is_terminal());
        Self { quiet, colour, colour_of_data }
    }

    /// Prints lines for people as data: in colour on a terminal.
    pub(crate) fn lines(&self, lines: &[Line]) -> io::Result<()> {
        let mut text = String::new();
        for line in lines {
            if self.colour_of_data {
                line.0.iter().for_each(|span| text.push_str(&coloured(span.style, &span.text)));
            } else {
                text.push_str(&line.to_string());
            }
            text.push('\n');
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// A bar for long work, which people see on a terminal alone.
    pub(crate) fn progress(&self, steps: usize, what: &'static str) -> ProgressBar {
        if self.quiet || is_dumb() || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(u64::try_from(steps).ok(), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:30} {pos} of {len} {msg}, {elapsed}");
        style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style)).with_message(what)
    }

    /// Prints what was asked for.
    #[expect(clippy::unused_self, reason = "all printing goes through the printer")]
    pub(crate) fn data(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(harmless(text).as_bytes())?;
        out.flush()
    }

    /// Prints what would be changed, before the question, quiet or not: nobody is asked to confirm what was not shown.
    #[expect(clippy::unused_self, reason = "all printing goes through the printer")]
    pub(crate) fn preview(&self, text: &str) {
        drop(io::stderr().lock().write_all(harmless(text).as_bytes()));
    }

    /// Prints what people may like to know.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            Self::to_people(&harmless(text));
        }
    }

    /// Prints what people should know, quiet or not.
    pub(crate) fn warn(&self, text: &str) {
        self.labelled("\u{1b}[33m", "warning", text);
    }

    /// Prints something that failed while the verb went on.
    pub(crate) fn failure(&self, text: &str) {
        self.labelled("\u{1b}[31m", "error", text);
    }

    /// Prints equal failures together; the data has the names of all.
    pub(crate) fn failures(&self, failures: &[Failure<&'static str>]) {
        const NAMED: usize = 5;
        for failure in failures {
            let Failure { kind, error, .. } = failure;
            let why = if error.is_empty() { String::new() } else { format!(": {}", tame(error)) };
            self.failure(&format!("{} {kind}{why}\n  {}", failure.count(), failure.named(NAMED)));
        }
    }

    /// Prints what helps.
    pub(crate) fn hint(&self, text: &str) {
        self.labelled("\u{1b}[36m", "hint", text);
    }

    fn labelled(&self, colour: &str, label: &str, text: &str) {
        let (on, off) = if self.colour { (colour, "\u{1b}[0m") } else { ("", "") };
        Self::to_people(&format!("{on}{label}{off}: {}", harmless(text)));
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
        self.failure(&without_secrets(&format!("{error:#}")));
        if let Some(hinted) = error.downcast_ref::<Hinted>() {
            self.hint(&hinted.hint);
        }
    }

    /// Nobody is left to be told that standard error is closed.
    fn to_people(text: &str) {
        drop(writeln!(io::stderr(), "{text}"));
    }
}

/// The text of a span, which is harmless already, in the colour of its style (ECMA-48, 8.3.117).
fn coloured(style: Style, text: &str) -> String {
    let code = match style {
        Style::Plain => return text.to_owned(),
        Style::Heading => 1,
        Style::Faint => 2,
        Style::Bad => 31,
        Style::Good => 32,
        Style::Warning => 33,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// The text without control characters, which mean something to a terminal: names of files and objects are other people's words. The line
/// ends of CSV stay.
fn harmless(text: &str) -> String {
    let mut characters = text.chars().peekable();
    let mut harmless = String::with_capacity(text.len());
    while let Some(c) = characters.next() {
        let is_kept = !c.is_control() || matches!(c, '\n' | '\t') || (c == '\r' && characters.peek() == Some(&'\n'));
        harmless.push(if is_kept { c } else { char::REPLACEMENT_CHARACTER });
    }
    harmless
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_a_terminal_would_obey_is_replaced_and_lines_stay() {
        assert_eq!(super::harmless("one\r\ntwo\rthree"), "one\r\ntwo\u{fffd}three");
        assert_eq!(super::harmless("a\u{1b}[2Jb\u{9b}c\u{7}\n\td"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\n\td");
    }
}
