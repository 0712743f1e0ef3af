//! Text on a terminal.
#![expect(clippy::print_stdout, reason = "the demo's output is what it is for")]

use std::io::{IsTerminal, Write, stdout};
use std::time::Instant;

/// A line that changes while something goes on: on a terminal in place, elsewhere only when it is over.
pub(crate) struct Line {
    began: Instant,
    shown: usize,
}

impl Line {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), shown: 0 }
    }

    pub(crate) fn show(&mut self, text: &str) {
        if stdout().is_terminal() {
            let text = format!("{:5.1} s  {text}", self.began.elapsed().as_secs_f64());
            print!("\r{text:<width$}", width = self.shown);
            let _ = stdout().flush();
            self.shown = text.len();
        }
    }

    pub(crate) fn end(&mut self, text: &str) {
        self.show("");
        if self.shown > 0 {
            print!("\r");
        }
        println!("{}", plain(text));
        self.shown = 0;
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
