//! `cargo xtask bench`: the release packages, measured on the stage.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::cargo::Profile;
use crate::demo::Stage;
use crate::process::Call;
use crate::workspace::Workspace;
use crate::{machine, package, python};

/// The cases of the stage's command `bench`.
const CASES: [&str; 5] = ["nothing-due", "sweep", "rotations", "fan-out", "cold-start"];

/// What the stage writes.
const REPORTS: [&str; 2] = ["benchmarks.md", "benchmarks.json"];

/// What to measure, and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Only this case; may be given several times
    #[arg(long, value_name = "CASE", value_parser = CASES)]
    only: Vec<String>,
    /// How long each call waits before it is answered, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 25)]
    delay_ms: u32,
    /// How often each case is run; by default 3 times, and cold starts 15 times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
    /// Also write the report to docs/, which wants all cases as they are by default
    #[arg(long, conflicts_with_all = ["only", "delay_ms", "runs"])]
    update_docs: bool,
}

/// Measures, and leaves the report in `target/bench/`. Its exit code is the stage's.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    machine::require(workspace, &machine::DEMO)?;
    let functions = workspace.target.join("package");
    package::run(workspace, Profile::Release, &functions)?;
    let stage = Stage { functions, ..Stage::prepare(workspace)? };
    let boto3 = python::BENCH.python(workspace);
    if let Err(error) = &boto3 {
        eprintln!("warning: Python is left out, as boto3 cannot be installed: {error:#}");
    }
    let commit = Call::new("git", ["describe", "--always", "--dirty"]).folder(&workspace.root).probe();
    let commit = commit.filter(|(is_told, _)| *is_told).map_or_else(|| "unknown".to_owned(), |(_, commit)| commit);
    let out = workspace.target.join("bench");
    let status = stage
        .call("bench", &out)
        .arguments(options.only.iter().map(|case| format!("--only={case}")))
        .arguments([format!("--delay-ms={}", options.delay_ms), format!("--commit={commit}")])
        .arguments(options.runs.map(|runs| format!("--runs={runs}")))
        .arguments(boto3.ok().map(|python| format!("--boto3={}", python.display())))
        .folder(&workspace.root)
        .status()?;
    if status.success() {
        let folder = if options.update_docs { workspace.root.join("docs") } else { out.clone() };
        for report in REPORTS {
            let file = folder.join(report);
            if options.update_docs {
                fs::copy(out.join(report), &file).with_context(|| format!("cannot write {}", file.display()))?;
            }
            println!("{}", workspace.shown(&file));
        }
    }
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{CASES, Options};

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        options: Options,
    }

    fn options(arguments: &[&str]) -> Option<Options> {
        let arguments = ["bench"].iter().chain(arguments);
        Arguments::try_parse_from(arguments).ok().map(|arguments| arguments.options)
    }

    #[test]
    fn the_cases_are_those_of_the_stage() {
        let stage = include_str!("../../crates/stage/src/bench.rs");
        let cases = stage.split_once("pub enum Case {").unwrap().1.split_once("\n}").unwrap().0;
        let variants = cases.lines().filter_map(|line| line.trim().strip_suffix(','));
        let names: Vec<_> = variants.map(str::to_lowercase).collect();
        assert_eq!(names, CASES.map(|case| case.replace('-', "")));
    }

    #[test]
    fn the_page_is_written_from_whole_runs_only() {
        assert!(options(&["--update-docs"]).unwrap().update_docs);
        assert_eq!(options(&[]).unwrap().delay_ms, 25);
        assert_eq!(options(&["--only", "sweep", "--only=fan-out", "--runs=2"]).unwrap().only.len(), 2);
        let refused: [&[&str]; 4] =
            [&["--update-docs", "--only", "sweep"], &["--update-docs", "--runs=1"], &["--only=all"], &["--runs=0"]];
        for arguments in refused {
            assert!(options(arguments).is_none(), "{arguments:?}");
        }
    }
}
