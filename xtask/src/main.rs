//! The project's tasks: `cargo xtask demo`, `test`, `bench`, `package`, `aft-export`, `check` and `fresh-clone`.
//!
//! It needs nothing but what the workspace needs, and knows nothing of AWS: everything that talks to an (emulated) AWS
//! is the stage's.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool for the people who work on Keywheel"
)]

mod aft;
mod bench;
mod browser;
mod cargo;
mod check;
mod demo;
mod features;
mod files;
mod fresh_clone;
mod machine;
mod mails;
mod measured;
mod mutants;
mod package;
mod process;
mod python;
mod readme;
mod reports;
mod scan;
mod server;
mod supply;
mod terraform;
mod test;
mod tools;
#[cfg(test)]
mod variables;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cargo::Profile;
use crate::test::Tier;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Keywheel's own tasks", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Start an emulated AWS Organization here, rotate its keys for one night, and show what happened
    #[command(after_help = "Examples:
  cargo xtask demo          # one night; mails and results land in target/demo
  cargo xtask demo --keep   # the same, and the organization keeps running until Ctrl-C
  cargo xtask demo --days 45   # the life of keys, one night per day; timelines land in target/demo")]
    Demo {
        /// Leave the emulated organization running and say how to talk to it
        #[arg(long)]
        keep: bool,
        /// One night per day, for so many days, on a smaller organization that ages
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=45), conflicts_with = "keep")]
        days: Option<u32>,
    },
    /// Run the tests: everything that a machine without an AWS account can check
    #[command(after_help = "Examples:
  cargo xtask test --quick   # format, lints, unit and property tests, repository checks
  cargo xtask test           # the above, the contract tests over HTTP and the night: what CI runs
  cargo xtask test --full    # the above with more cases, and the night with the release binaries
  cargo xtask test --only adapters   # the steps whose title has that word, of any tier
  cargo xtask test --full --only mutants   # those steps, with as much as the full tier asks of them

No AWS variable of yours reaches a test, and no credentials file is read.")]
    Test {
        /// Only what needs neither Python nor an emulator
        #[arg(long, conflicts_with = "full")]
        quick: bool,
        /// Also the release binaries, and many more property test cases
        #[arg(long)]
        full: bool,
        /// Only the steps whose title has this word, of whatever tier
        #[arg(long, value_name = "WORD", conflicts_with = "quick")]
        only: Option<String>,
    },
    /// Measure what a night costs: calls by name, time, processor and memory, before an emulator that answers as late as AWS would
    #[command(after_help = "Examples:
  cargo xtask bench                                  # all cases; the report lands in target/bench
  cargo xtask bench --only cold-start --only fan-out # these cases
  cargo xtask bench --only sweep --delay-ms 5 --runs 1
  cargo xtask bench --update-docs                    # all cases, into docs/benchmarks.md and docs/benchmarks.json

A missed target is shown and is no failure. Nothing else should keep the machine busy.")]
    Bench(bench::Options),
    /// Build the three functions and pack each as a Lambda zip
    #[command(after_help = "Examples:
  cargo xtask package                                            # target/package/<function>.zip, for Lambda
  cargo xtask package --profile dev --out target/stage-package   # quick to build, for the stage only

A release package is refused when it needs a newer glibc than Amazon Linux 2023 has.")]
    Package {
        /// `release` is for Lambda; `dev` is quick to build and only for the stage on this machine
        #[arg(long, value_enum, default_value_t = Profile::Release)]
        profile: Profile,
        /// Where to write; the default is `package` in cargo's target directory
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Lay the Terraform layers out as Account Factory for Terraform (AFT) wants them in its repositories
    #[command(after_help = "Examples:
  cargo xtask aft-export ~/aft                     # the folder that holds the clones of your AFT repositories
  cargo xtask aft-export ~/aft --hub security-hub  # the hub's account_customizations_name is another one

Input files that are there already are kept, so a second export after an upgrade loses nothing that you filled in.")]
    AftExport {
        /// Where to write; need not be there yet
        dir: PathBuf,
        /// The `account_customizations_name` of the account that Keywheel runs in
        #[arg(long, value_name = "NAME", default_value = aft::HUB)]
        hub: String,
    },
    /// Check the repository itself: links, changelog, sizes, forbidden words and policies
    #[command(after_help = "Examples:
  cargo xtask check")]
    Check,
    /// Clone this commit into an empty folder and run the README's commands there
    #[command(after_help = "Examples:
  cargo xtask fresh-clone

The commands run under `env -i` with an empty HOME. What they are given is listed in docs/testing.md.")]
    FreshClone,
    /// What the tests' step "Terraform" runs under its wrapper
    #[command(hide = true)]
    TerraformChecks {
        /// `terraform` or `tofu`
        program: String,
        /// Where the step laid everything out
        folder: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<ExitCode> {
    process::end_children_on_interrupt()?;
    let workspace = Workspace::find()?;
    match task {
        Task::Demo { keep, days } => demo::run(&workspace, keep, days),
        Task::Test { only: Some(word), full, .. } => test::run_only(&workspace, Tier::from_flags(false, full), &word),
        Task::Test { quick, full, only: None } => test::run(&workspace, Tier::from_flags(quick, full)),
        Task::Bench(options) => bench::run(&workspace, &options),
        Task::Package { profile, out } => {
            let out = out.unwrap_or_else(|| workspace.target.join("package"));
            package::run(&workspace, profile, &out).map(|()| ExitCode::SUCCESS)
        }
        Task::AftExport { dir, hub } => aft::run(&workspace, &dir, &hub).map(|()| ExitCode::SUCCESS),
        Task::Check => check::run(&workspace).map(|()| ExitCode::SUCCESS),
        Task::FreshClone => fresh_clone::run(&workspace).map(|()| ExitCode::SUCCESS),
        Task::TerraformChecks { program, folder } => {
            terraform::check(&workspace, &program, &folder).map(|()| ExitCode::SUCCESS)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }
}
