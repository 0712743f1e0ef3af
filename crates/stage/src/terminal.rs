//! Text on a terminal.
#![expect(clippy::print_stdout, reason = "the demo's output is what it is for")]

use std::io::{IsTerminal, Write, stdout};
use std::time::Instant;

/// Tells what goes on, with the seconds since the beginning.
pub(crate) struct Line {
    began: Instant,
    shown: usize,
}

impl Line {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), shown: 0 }
    }

    /// Shows text that the next one takes the place of; on a terminal only.
    pub(crate) fn show(&mut self, text: &str) {
        if stdout().is_terminal() {
            let text = self.timed(text);
            print!("\r{text:<width$}", width = self.shown);
            let _ = stdout().flush();
            self.shown = text.chars().count();
        }
    }

    /// Tells something that stays.
    pub(crate) fn tell(&mut self, text: &str) {
        if self.shown > 0 {
            print!("\r{:width$}\r", "", width = self.shown);
            self.shown = 0;
        }
        println!("{}", self.timed(text));
    }

    fn timed(&self, text: &str) -> String {
        format!("{:6.1} s  {}", self.began.elapsed().as_secs_f64(), plain(text))
    }
}

/// The text with its control characters made visible: whoever names accounts and users may write anything.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The text in a column, cut where it is too long.
pub(crate) fn column(text: &str, width: usize) -> String {
    let text = plain(text);
    if text.chars().count() <= width {
        return format!("{text:<width$}");
    }
    let cut: String = text.chars().take(width - 1).collect();
    format!("{cut}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_its_width_whatever_is_in_it() {
        for text in ["", "short", "a text that is much too long", "bell\u{7}and\u{1b}[31mred", "ümläute überall"] {
            assert_eq!(column(text, 12).chars().count(), 12, "{text:?}");
            assert!(!column(text, 12).contains(char::is_control), "{text:?}");
        }
    }
}
