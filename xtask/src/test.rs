//! `cargo xtask test`: all checks, as steps that run on after a failure, with a table at the end.

mod seed;
mod steps;
mod summary;

use std::fmt;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::machine;
use crate::workspace::Workspace;
use steps::{Bench, STEPS, Step};
use summary::{Outcome, Summary};

/// How much to test. Each tier includes the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// Needs neither Python nor an emulator.
    Quick,
    /// What CI runs.
    Usual,
    /// By hand, before a release.
    Full,
}

impl Tier {
    /// The tier that the command line's flags name.
    pub(crate) fn from_flags(quick: bool, full: bool) -> Self {
        match (quick, full) {
            (true, _) => Self::Quick,
            (_, true) => Self::Full,
            _ => Self::Usual,
        }
    }
}

/// A step's error that is no failure: what it tests with is not on this machine. Says what, and where to get it.
#[derive(Debug)]
pub(crate) struct Skipped(pub(crate) String);

impl fmt::Display for Skipped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Skipped {}

/// Runs every step of the tier.
pub(crate) fn run(workspace: &Workspace, tier: Tier) -> Result<ExitCode> {
    machine::require(workspace, if tier == Tier::Quick { &machine::QUICK } else { &machine::TESTS })?;
    let steps: Vec<_> = STEPS.iter().filter(|step| step.tier <= tier).collect();
    run_recorded(workspace, tier, &steps)
}

/// Runs the steps whose title has that word, of whatever tier, even where a step that they build on is not among them.
///
/// The tier says how much each of them tries.
pub(crate) fn run_only(workspace: &Workspace, tier: Tier, word: &str) -> Result<ExitCode> {
    let steps: Vec<_> = STEPS.iter().filter(|step| has_word(step.title, word)).collect();
    ensure!(
        !steps.is_empty(),
        "no step has `{word}` in its title; there are: {}",
        STEPS.map(|step| step.title).join(", ")
    );
    machine::require(workspace, &machine::TESTS)?;
    run_recorded(workspace, tier, &steps)
}

fn run_recorded(workspace: &Workspace, tier: Tier, steps: &[&Step]) -> Result<ExitCode> {
    let bench = Bench::new(workspace, tier);
    let summary = run_steps(&bench, steps);
    if tier == Tier::Full {
        println!("\nFor docs/testing.md: {}", bench.record()?);
    }
    Ok(finish(&summary))
}

/// Whether `--only` with this word runs anything.
pub(crate) fn has_step(word: &str) -> bool {
    STEPS.iter().any(|step| has_word(step.title, word))
}

fn has_word(title: &str, word: &str) -> bool {
    title.to_lowercase().contains(&word.to_lowercase())
}

fn run_steps(bench: &Bench<'_>, steps: &[&Step]) -> Summary {
    let mut summary = Summary::default();
    for step in steps {
        println!("\n==> {}", step.title);
        let started = Instant::now();
        let outcome = outcome(step, bench, &summary);
        summary.add(step.title, outcome, started.elapsed());
    }
    summary
}

fn outcome(step: &Step, bench: &Bench<'_>, so_far: &Summary) -> Outcome {
    if let Some(needed) = step.after.filter(|needed| so_far.failed(needed)) {
        println!("not run, because \"{needed}\" failed");
        return Outcome::NotRun(needed);
    }
    match (step.run)(bench) {
        Ok(()) => Outcome::Passed,
        Err(error) if error.is::<Skipped>() => {
            eprintln!("SKIPPED: {error}");
            Outcome::Skipped(error.to_string())
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            Outcome::Failed(format!("{error:#}"))
        }
    }
}

fn finish(summary: &Summary) -> ExitCode {
    print!("\n{summary}");
    if summary.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::steps::STEPS;
    use super::{Skipped, Tier, outcome};
    use crate::test::steps::{Bench, Step};
    use crate::test::summary::{Outcome, Summary};
    use crate::workspace::Workspace;

    fn outcome_after(earlier: Outcome) -> Outcome {
        let workspace = Workspace { root: "/".into(), target: "/".into() };
        let mut summary = Summary::default();
        summary.add("Build", earlier, std::time::Duration::ZERO);
        let step = Step { title: "Night", tier: Tier::Usual, after: Some("Build"), run: |_| Ok(()) };
        outcome(&step, &Bench::new(&workspace, Tier::Usual), &summary)
    }

    #[test]
    fn a_step_runs_only_when_what_it_needs_passed() {
        assert_eq!(outcome_after(Outcome::Passed), Outcome::Passed);
        assert_eq!(outcome_after(Outcome::Failed("no".to_owned())), Outcome::NotRun("Build"));
        assert_eq!(outcome_after(Outcome::NotRun("Format")), Outcome::NotRun("Build"));
    }

    #[test]
    fn a_step_that_cannot_be_run_here_is_skipped_and_not_failed() {
        let workspace = Workspace { root: "/".into(), target: "/".into() };
        let run = |_: &Bench<'_>| Err(Skipped("no terraform".to_owned()).into());
        let step = Step { title: "Terraform", tier: Tier::Usual, after: None, run };
        let outcome = outcome(&step, &Bench::new(&workspace, Tier::Usual), &Summary::default());
        assert_eq!(outcome, Outcome::Skipped("no terraform".to_owned()));
    }

    #[test]
    fn what_a_step_needs_is_an_earlier_step_of_the_same_or_a_smaller_tier() {
        for (index, step) in STEPS.iter().enumerate() {
            if let Some(needed) = step.after {
                let found = STEPS[..index].iter().find(|earlier| earlier.title == needed);
                assert!(found.is_some_and(|earlier| earlier.tier <= step.tier), "{}", step.title);
            }
        }
    }

    #[test]
    fn the_page_about_testing_has_a_row_for_each_step_in_order() {
        let page = include_str!("../../docs/testing.md");
        let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ")).collect();
        let begins = STEPS.map(|step| {
            let tier = match step.tier {
                Tier::Quick => "quick",
                Tier::Usual => "usual",
                Tier::Full => "full",
            };
            format!("| {} | {tier} |", step.title)
        });
        let found = rows.iter().filter_map(|row| begins.iter().find(|begin| row.starts_with(*begin)));
        assert!(found.eq(begins.iter()), "docs/testing.md must have, in this order: {begins:#?}");
    }

    #[test]
    fn flags_name_the_tier() {
        assert_eq!(Tier::from_flags(true, false), Tier::Quick);
        assert_eq!(Tier::from_flags(false, false), Tier::Usual);
        assert_eq!(Tier::from_flags(false, true), Tier::Full);
    }
}
