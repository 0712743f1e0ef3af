//! The steps, in the order in which they run: the quick and likely failures first.

mod emulators;
mod planner;
mod readers;
mod release;
mod source;
mod stage;

use std::cell::OnceCell;

use anyhow::{Context, Result};

use super::Tier;
use super::seed::seed;
use crate::demo::Stage;
use crate::process::Call;
use crate::workspace::Workspace;

const BUILD: &str = "Functions and stage (build)";
const PACKAGE: &str = "Release packages";

/// One step of a test run.
pub(super) struct Step {
    /// What is tested, for the title line and the table.
    pub(super) title: &'static str,
    /// The smallest tier that it belongs to.
    pub(super) tier: Tier,
    /// The step without which it makes no sense.
    pub(super) after: Option<&'static str>,
    /// Does it.
    pub(super) run: fn(&Bench<'_>) -> Result<()>,
}

/// Every step there is.
pub(super) const STEPS: [Step; 38] = [
    Step { title: "Format", tier: Tier::Quick, after: None, run: source::format },
    Step { title: "Repository", tier: Tier::Quick, after: None, run: source::repository },
    Step { title: "Lints", tier: Tier::Quick, after: None, run: source::lints },
    Step { title: "Unit and property tests", tier: Tier::Quick, after: None, run: source::unit_tests },
    Step { title: "Supply chain", tier: Tier::Usual, after: None, run: source::supply_chain },
    Step { title: "Terraform", tier: Tier::Usual, after: None, run: source::layers },
    Step { title: "Terraform policies and settings", tier: Tier::Usual, after: None, run: source::settings },
    Step { title: "Mails in Chromium", tier: Tier::Usual, after: None, run: readers::mails },
    Step { title: "Reports in Chromium", tier: Tier::Usual, after: None, run: readers::reports },
    Step { title: "Findings against the published models", tier: Tier::Usual, after: None, run: readers::findings },
    Step { title: "Recipes", tier: Tier::Usual, after: None, run: readers::recipes },
    Step { title: "Shared files against botocore", tier: Tier::Usual, after: None, run: readers::shared_files },
    Step { title: "Random histories", tier: Tier::Usual, after: None, run: planner::histories },
    Step { title: "Half a year in process", tier: Tier::Usual, after: None, run: planner::half_year },
    Step { title: "Mutants of the planner's guards", tier: Tier::Usual, after: None, run: planner::guard_mutants },
    Step { title: BUILD, tier: Tier::Usual, after: None, run: stage::build },
    Step { title: "Emulator overlay (contract)", tier: Tier::Usual, after: None, run: emulators::overlay },
    Step { title: "AWS adapters (contract)", tier: Tier::Usual, after: None, run: emulators::adapters },
    Step { title: "Night on the stage", tier: Tier::Usual, after: Some(BUILD), run: stage::night },
    Step { title: "Permissions", tier: Tier::Usual, after: Some(BUILD), run: stage::permissions },
    Step { title: "Encrypted delivery and command line", tier: Tier::Usual, after: Some(BUILD), run: stage::delivery },
    Step { title: "Command line: status and doctor", tier: Tier::Usual, after: Some(BUILD), run: stage::cli_look },
    Step { title: "Command line: plan", tier: Tier::Usual, after: Some(BUILD), run: stage::cli_plan },
    Step { title: "Command line: changes", tier: Tier::Usual, after: Some(BUILD), run: stage::cli_changes },
    Step { title: "Parameters and stores", tier: Tier::Usual, after: Some(BUILD), run: stage::stores },
    Step { title: "Hosts and acknowledgements", tier: Tier::Usual, after: Some(BUILD), run: stage::hosts },
    Step { title: "Moving in", tier: Tier::Usual, after: Some(BUILD), run: stage::moving },
    Step { title: "Mail channels", tier: Tier::Usual, after: Some(BUILD), run: stage::channels },
    Step { title: "Calls", tier: Tier::Usual, after: Some(BUILD), run: stage::calls },
    Step { title: "Forty-five days", tier: Tier::Usual, after: Some(BUILD), run: stage::days },
    Step { title: "Thirty days on the stage", tier: Tier::Usual, after: Some(BUILD), run: stage::thirty_days },
    Step { title: "Death at every kind of call", tier: Tier::Usual, after: Some(BUILD), run: stage::death },
    Step { title: "Fresh clone", tier: Tier::Usual, after: Some(BUILD), run: release::clone },
    Step { title: PACKAGE, tier: Tier::Full, after: None, run: release::packages },
    Step { title: "Night with the release packages", tier: Tier::Full, after: Some(PACKAGE), run: release::night },
    Step { title: "Release packages, built twice", tier: Tier::Full, after: Some(PACKAGE), run: release::twice },
    Step { title: "Unused dependencies", tier: Tier::Full, after: None, run: source::unused_dependencies },
    Step { title: "Mutants of planner and executor", tier: Tier::Full, after: None, run: planner::all_mutants },
];

/// What the steps share.
pub(super) struct Bench<'a> {
    workspace: &'a Workspace,
    tier: Tier,
    /// Seeds the property tests of the full tier.
    seed: String,
    stage: OnceCell<Stage>,
}

impl<'a> Bench<'a> {
    /// A bench on which nothing is built yet.
    pub(super) fn new(workspace: &'a Workspace, tier: Tier) -> Self {
        Self { workspace, tier, seed: seed(), stage: OnceCell::new() }
    }

    /// Date, commit and seed of this run.
    pub(super) fn record(&self) -> Result<String> {
        let date = Call::new("date", ["-u", "+%Y-%m-%d"]).output()?;
        let commit = Call::new("git", ["describe", "--always", "--dirty"]).folder(&self.workspace.root).output()?;
        Ok(format!("{}, commit {}, PROPTEST_RNG_SEED={}", date.trim(), commit.trim(), self.seed))
    }

    fn stage(&self) -> Result<&Stage> {
        if self.stage.get().is_none() {
            drop(self.stage.set(Stage::prepare(self.workspace)?));
        }
        self.stage.get().context("the stage was not prepared")
    }

    fn cargo<'b>(&self, arguments: impl IntoIterator<Item = &'b str>) -> Call {
        Call::cargo(arguments).folder(&self.workspace.root)
    }

    fn log(&self, name: &str) -> std::path::PathBuf {
        self.workspace.target.join("test-logs").join(name)
    }
}

/// The caller's own number of cases, or this one.
fn cases(ours: &str) -> String {
    std::env::var("PROPTEST_CASES").unwrap_or_else(|_| ours.to_owned())
}
