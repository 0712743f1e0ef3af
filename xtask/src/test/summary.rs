//! What came of the steps.

use std::fmt;
use std::time::Duration;

/// How one step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All of it passed.
    Passed,
    /// Why it failed.
    Failed(String),
    /// What this machine lacks for it.
    Skipped(String),
    /// The step that it needs and that did not pass.
    NotRun(&'static str),
}

/// All steps that have been run, in order. Its text ends with `N passed, M failed` on a line of its own.
#[derive(Debug, Default)]
pub(super) struct Summary {
    rows: Vec<(&'static str, Outcome, Duration)>,
}

impl Summary {
    /// Adds the next step.
    pub(super) fn add(&mut self, title: &'static str, outcome: Outcome, took: Duration) {
        self.rows.push((title, outcome, took));
    }

    /// Whether that step was to be run and did not pass.
    pub(super) fn failed(&self, title: &str) -> bool {
        self.rows.iter().any(|(row, outcome, _)| *row == title && *outcome != Outcome::Passed)
    }

    /// Whether every step passed, but for those that were skipped.
    pub(super) fn is_success(&self) -> bool {
        self.passed_count() + self.skipped_count() == self.rows.len()
    }

    fn passed_count(&self) -> usize {
        self.rows.iter().filter(|(_, outcome, _)| *outcome == Outcome::Passed).count()
    }

    fn skipped_count(&self) -> usize {
        self.rows.iter().filter(|(_, outcome, _)| matches!(outcome, Outcome::Skipped(_))).count()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|(title, ..)| title.len()).max().unwrap_or(0);
        for (title, outcome, took) in &self.rows {
            let seconds = took.as_secs_f64();
            match outcome {
                Outcome::Passed => writeln!(formatter, "  {title:width$}  passed  {seconds:7.1} s")?,
                Outcome::Failed(error) => {
                    let first = error.lines().next().unwrap_or_default();
                    writeln!(formatter, "  {title:width$}  FAILED  {seconds:7.1} s  {first}")?;
                }
                Outcome::Skipped(lack) => {
                    let first = lack.lines().next().unwrap_or_default();
                    writeln!(formatter, "  {title:width$}  SKIPPED             {first}")?;
                }
                Outcome::NotRun(needed) => {
                    writeln!(formatter, "  {title:width$}  FAILED  not run: needs \"{needed}\"")?;
                }
            }
        }
        let (passed, skipped) = (self.passed_count(), self.skipped_count());
        if skipped > 0 {
            writeln!(formatter, "\n{skipped} SKIPPED")?;
        }
        writeln!(formatter, "\n{passed} passed, {} failed", self.rows.len() - passed - skipped)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Outcome, Summary};

    #[test]
    fn a_step_that_was_not_run_counts_as_failed_and_the_counts_come_last() {
        let mut summary = Summary::default();
        summary.add("Format", Outcome::Passed, Duration::from_millis(1200));
        summary.add("Build", Outcome::Failed("no such crate\nand more".to_owned()), Duration::from_secs(65));
        summary.add("Night", Outcome::NotRun("Build"), Duration::ZERO);

        assert!(!summary.is_success());
        assert_eq!(
            summary.to_string(),
            "  Format  passed      1.2 s\n  Build   FAILED     65.0 s  no such crate\n  Night   FAILED  not run: \
             needs \"Build\"\n\n1 passed, 2 failed\n"
        );
    }

    #[test]
    fn a_step_that_was_skipped_is_no_failure_and_is_shown() {
        let mut summary = Summary::default();
        summary.add("Format", Outcome::Passed, Duration::ZERO);
        summary.add("Terraform", Outcome::Skipped("no terraform\nhint: install it".to_owned()), Duration::ZERO);

        assert!(summary.is_success());
        assert_eq!(
            summary.to_string(),
            "  Format     passed      0.0 s\n  Terraform  SKIPPED             no terraform\n\n1 SKIPPED\n\n1 passed, 0 \
             failed\n"
        );
    }

    #[test]
    fn a_run_whose_steps_all_passed_is_a_success() {
        let mut summary = Summary::default();
        summary.add("Format", Outcome::Passed, Duration::ZERO);
        assert!(summary.is_success());
        assert!(summary.to_string().ends_with("\n1 passed, 0 failed\n"));
    }
}
