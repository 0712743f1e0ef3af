//! Small named checks.
#![expect(clippy::print_stdout, reason = "a test tells its outcome")]

use std::time::Instant;

use crate::terminal::plain;

/// How much of a failure is shown.
const SHOWN: usize = 20;

/// Counts checks and tells each one's outcome.
pub(crate) struct Checks {
    passed: usize,
    failed: Vec<String>,
    began: Instant,
}

impl Checks {
    pub(crate) fn new() -> Self {
        Self { passed: 0, failed: Vec::new(), began: Instant::now() }
    }

    /// Passes when nothing is wrong.
    pub(crate) fn none(&mut self, name: &str, wrong: Vec<String>) {
        if wrong.is_empty() {
            self.passed += 1;
            println!("ok {name}");
            return;
        }
        let count = wrong.len();
        println!("FAILED {name}: {count} wrong");
        for difference in wrong.into_iter().take(SHOWN) {
            println!("    {}", plain(&difference));
        }
        if count > SHOWN {
            println!("    … and {} more", count - SHOWN);
        }
        self.failed.push(name.to_owned());
    }

    /// Passes when it could be found out, and nothing is wrong.
    pub(crate) fn tried(&mut self, name: &str, wrong: anyhow::Result<Vec<String>>) {
        self.none(name, wrong.unwrap_or_else(|error| vec![format!("{error:#}")]));
    }

    /// Passes when it holds; `else_say` tells what was found instead.
    pub(crate) fn holds(&mut self, name: &str, holds: bool, else_say: impl FnOnce() -> String) {
        self.none(name, if holds { Vec::new() } else { vec![else_say()] });
    }

    /// Takes over what was counted beside this.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed.extend(other.failed);
        self.began = self.began.min(other.began);
    }

    /// Tells the totals: `true` when every check passed.
    pub(crate) fn conclude(&self) -> bool {
        println!(
            "\n{} passed, {} failed, in {:.1} s",
            self.passed,
            self.failed.len(),
            self.began.elapsed().as_secs_f64()
        );
        self.failed.iter().for_each(|name| println!("FAILED {name}"));
        self.failed.is_empty()
    }
}
