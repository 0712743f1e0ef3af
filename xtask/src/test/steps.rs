//! The steps, in the order in which they run: the quick and likely failures first.

use std::cell::OnceCell;
use std::path::Path;

use anyhow::{Context, Result};

use super::Tier;
use super::seed::seed;
use crate::cargo::{self, Profile};
use crate::demo::Stage;
use crate::mutants::Share;
use crate::process::Call;
use crate::server::Server;
use crate::workspace::Workspace;
use crate::{check, features, fresh_clone, mails, mutants, package, python, reports, scan, supply, terraform};

/// Property test cases in the full tier; proptest's own default is 256.
const FULL_CASES: &str = "4096";

/// Cases of each of the six tests of random histories: twelve thousand histories in all, and 1.2 million in the full tier.
const HISTORIES: [&str; 2] = ["2000", "200000"];

/// How many accounts live through the half-year; a plain `cargo test` follows two.
const HALF_YEAR_ACCOUNTS: &str = "40";

/// The same month on the stage in every usual run, so that a failure is the change's.
const HALF_YEAR_SEED: &str = "20261122";

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
    Step { title: "Format", tier: Tier::Quick, after: None, run: format },
    Step { title: "Repository", tier: Tier::Quick, after: None, run: repository },
    Step { title: "Lints", tier: Tier::Quick, after: None, run: lints },
    Step { title: "Unit and property tests", tier: Tier::Quick, after: None, run: unit_tests },
    Step { title: "Supply chain", tier: Tier::Usual, after: None, run: supply_chain },
    Step { title: "Terraform", tier: Tier::Usual, after: None, run: layers },
    Step { title: "Terraform policies and settings", tier: Tier::Usual, after: None, run: settings },
    Step { title: "Mails in Chromium", tier: Tier::Usual, after: None, run: look_at_mails },
    Step { title: "Reports in Chromium", tier: Tier::Usual, after: None, run: look_at_reports },
    Step { title: "Findings against the published models", tier: Tier::Usual, after: None, run: validate_findings },
    Step { title: "Recipes", tier: Tier::Usual, after: None, run: recipes },
    Step { title: "Shared files against botocore", tier: Tier::Usual, after: None, run: shared_files },
    Step { title: "Random histories", tier: Tier::Usual, after: None, run: histories },
    Step { title: "Half a year in process", tier: Tier::Usual, after: None, run: half_year },
    Step { title: "Mutants of the planner's guards", tier: Tier::Usual, after: None, run: guard_mutants },
    Step { title: BUILD, tier: Tier::Usual, after: None, run: build },
    Step { title: "Emulator overlay (contract)", tier: Tier::Usual, after: None, run: overlay },
    Step { title: "AWS adapters (contract)", tier: Tier::Usual, after: None, run: adapters },
    Step { title: "Night on the stage", tier: Tier::Usual, after: Some(BUILD), run: night },
    Step { title: "Permissions", tier: Tier::Usual, after: Some(BUILD), run: permissions },
    Step { title: "Encrypted delivery and command line", tier: Tier::Usual, after: Some(BUILD), run: delivery },
    Step { title: "Command line: status and doctor", tier: Tier::Usual, after: Some(BUILD), run: cli_look },
    Step { title: "Command line: plan", tier: Tier::Usual, after: Some(BUILD), run: cli_plan },
    Step { title: "Command line: changes", tier: Tier::Usual, after: Some(BUILD), run: cli_changes },
    Step { title: "Parameters and stores", tier: Tier::Usual, after: Some(BUILD), run: stores },
    Step { title: "Hosts and acknowledgements", tier: Tier::Usual, after: Some(BUILD), run: hosts },
    Step { title: "Moving in", tier: Tier::Usual, after: Some(BUILD), run: moving },
    Step { title: "Mail channels", tier: Tier::Usual, after: Some(BUILD), run: channels },
    Step { title: "Calls", tier: Tier::Usual, after: Some(BUILD), run: calls },
    Step { title: "Forty-five days", tier: Tier::Usual, after: Some(BUILD), run: days },
    Step { title: "Thirty days on the stage", tier: Tier::Usual, after: Some(BUILD), run: thirty_days },
    Step { title: "Death at every kind of call", tier: Tier::Usual, after: Some(BUILD), run: death },
    Step { title: "Fresh clone", tier: Tier::Usual, after: Some(BUILD), run: clone },
    Step { title: PACKAGE, tier: Tier::Full, after: None, run: release_packages },
    Step { title: "Night with the release packages", tier: Tier::Full, after: Some(PACKAGE), run: release_night },
    Step { title: "Release packages, built twice", tier: Tier::Full, after: Some(PACKAGE), run: rebuilt_packages },
    Step { title: "Unused dependencies", tier: Tier::Full, after: None, run: unused_dependencies },
    Step { title: "Mutants of planner and executor", tier: Tier::Full, after: None, run: all_mutants },
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

fn format(bench: &Bench<'_>) -> Result<()> {
    bench.cargo(["fmt", "--all", "--check"]).succeed().context("the code is not formatted; run `cargo fmt --all`")
}

fn repository(bench: &Bench<'_>) -> Result<()> {
    features::run(bench.workspace)?;
    check::run(bench.workspace)
}

fn lints(bench: &Bench<'_>) -> Result<()> {
    bench
        .cargo(["clippy", "--workspace", "--all-targets", "--all-features"])
        .arguments(cargo::locked())
        .arguments(["--", "--deny", "warnings"])
        .succeed()?;
    let documented = bench.cargo(["doc", "--workspace", "--no-deps", "--document-private-items"]);
    documented.arguments(cargo::locked()).variable("RUSTDOCFLAGS", "--deny warnings").succeed()
}

fn unit_tests(bench: &Bench<'_>) -> Result<()> {
    let call = bench.cargo(["test", "--workspace"]).arguments(cargo::locked());
    if bench.tier == Tier::Full {
        return call.variable("PROPTEST_CASES", cases(FULL_CASES)).variable("PROPTEST_RNG_SEED", &bench.seed).succeed();
    }
    call.succeed()
}

fn supply_chain(bench: &Bench<'_>) -> Result<()> {
    supply::run(bench.workspace)
}

fn layers(bench: &Bench<'_>) -> Result<()> {
    terraform::run(bench.workspace)
}

fn settings(bench: &Bench<'_>) -> Result<()> {
    scan::run(bench.workspace)
}

fn look_at_mails(bench: &Bench<'_>) -> Result<()> {
    mails::run(bench.workspace)
}

fn look_at_reports(bench: &Bench<'_>) -> Result<()> {
    reports::look(bench.workspace)
}

fn validate_findings(bench: &Bench<'_>) -> Result<()> {
    reports::validate(bench.workspace)
}

fn recipes(bench: &Bench<'_>) -> Result<()> {
    let python = python::STAGE.python(bench.workspace)?;
    Call::new(python, ["xtask/recipes/check.py"]).folder(&bench.workspace.root).succeed()
}

/// The agent's editor of the SDKs' files.
fn shared_files(bench: &Bench<'_>) -> Result<()> {
    let python = python::STAGE.python(bench.workspace)?;
    // With `--workspace`, so that nothing is built again with other features.
    let call = bench.cargo(["test", "--workspace", "--test", "botocore"]).arguments(cargo::locked());
    call.arguments(["--", "--nocapture"]).variable("KEYWHEEL_BOTOCORE_PYTHON", &python).succeed()
}

fn histories(bench: &Bench<'_>) -> Result<()> {
    let [usual, full] = HISTORIES;
    let cases = cases(if bench.tier == Tier::Full { full } else { usual });
    let call = bench
        // With `--workspace`, so that nothing is built again with other features.
        .cargo(["test", "--workspace", "--test", "histories"])
        .arguments(cargo::locked())
        .arguments(["--", "--nocapture", "--skip", "half_year"])
        .variable("PROPTEST_CASES", &cases);
    if bench.tier == Tier::Full {
        println!("PROPTEST_CASES={cases} PROPTEST_RNG_SEED={}", bench.seed);
        // Optimised, a million histories take a quarter of an hour of four cores instead of two hours.
        let call = call.variable("CARGO_PROFILE_DEV_OPT_LEVEL", "2").variable("CARGO_PROFILE_TEST_OPT_LEVEL", "2");
        let folder = bench.workspace.target.join("optimised");
        return call.variable("CARGO_TARGET_DIR", folder).variable("PROPTEST_RNG_SEED", &bench.seed).succeed();
    }
    call.succeed()
}

fn half_year(bench: &Bench<'_>) -> Result<()> {
    // With `--workspace`, so that nothing is built again with other features.
    let call = bench.cargo(["test", "--workspace", "--test", "histories"]).arguments(cargo::locked());
    let call = call.arguments(["--", "--nocapture", "half_year"]).variable("HALF_YEAR_ACCOUNTS", HALF_YEAR_ACCOUNTS);
    if bench.tier == Tier::Full {
        return call.variable("PROPTEST_RNG_SEED", &bench.seed).succeed();
    }
    call.succeed()
}

fn guard_mutants(bench: &Bench<'_>) -> Result<()> {
    let share = if bench.tier == Tier::Full { Share::All } else { Share::Third };
    mutants::run(bench.workspace, &mutants::GUARDS, share)
}

fn all_mutants(bench: &Bench<'_>) -> Result<()> {
    let planner = mutants::run(bench.workspace, &mutants::PLANNER, Share::All);
    let executor = mutants::run(bench.workspace, &mutants::EXECUTOR, Share::All);
    planner.and(executor)
}

fn build(bench: &Bench<'_>) -> Result<()> {
    bench.stage().map(|_| ())
}

fn overlay(bench: &Bench<'_>) -> Result<()> {
    let python = python::STAGE.python(bench.workspace)?;
    Call::new(python, ["crates/stage/emulator/contract.py"]).folder(&bench.workspace.root).succeed()
}

fn adapters(bench: &Bench<'_>) -> Result<()> {
    let python = python::STAGE.python(bench.workspace)?;
    let serve = Call::new(python, ["crates/stage/emulator/serve.py"]).folder(&bench.workspace.root);
    let ministack = Server::start(serve, &bench.log("ministack.log")).context("ministack does not start")?;
    let python = python::MOTO.python(bench.workspace)?;
    let serve =
        Call::new(python, ["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]).variable("PYTHONUNBUFFERED", "1");
    let moto = Server::start(serve, &bench.log("moto.log")).context("moto does not start")?;
    bench
        // With `--workspace`, so that the SDK is built with the same features as for the other tests, and not again.
        .cargo(["test", "--workspace", "--features", "keywheel-aws/contract", "--test", "contract"])
        .arguments(cargo::locked())
        .variable("KEYWHEEL_TEST_MINISTACK", &ministack.url)
        .variable("KEYWHEEL_TEST_MOTO", &moto.url)
        .succeed()
}

fn night(bench: &Bench<'_>) -> Result<()> {
    let stage = bench.stage()?;
    run_night(bench, stage, &bench.workspace.target.join("test-night"))
}

fn permissions(bench: &Bench<'_>) -> Result<()> {
    on_stage(bench, "test-permissions")
}

fn delivery(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-delivery")
}

fn cli_look(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-cli-look")
}

fn cli_plan(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-cli-plan")
}

fn cli_changes(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-cli-changes")
}

/// A test of the stage with the compiled `keywheel`.
fn with_command_line(bench: &Bench<'_>, command: &str) -> Result<()> {
    // With the stage, whose features are those of all tests; by itself it would be built on an SDK of its own.
    let mut executables = cargo::build(bench.workspace, ["keywheel-cli", "keywheel-stage"], Profile::Dev)?;
    let keywheel = executables.remove("keywheel").context("cargo built no `keywheel`")?;
    let call = bench.stage()?.call(command, &bench.workspace.target.join(command));
    call.arguments([Path::new("--keywheel"), &keywheel]).folder(&bench.workspace.root).succeed()
}

fn hosts(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-hosts")
}

fn moving(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-moving")
}

fn stores(bench: &Bench<'_>) -> Result<()> {
    on_stage(bench, "test-stores")
}

fn channels(bench: &Bench<'_>) -> Result<()> {
    let servers = python::CHANNELS.python(bench.workspace)?;
    let call = bench.stage()?.call("test-channels", &bench.workspace.target.join("test-channels"));
    call.arguments([Path::new("--servers"), &servers]).folder(&bench.workspace.root).succeed()
}

fn calls(bench: &Bench<'_>) -> Result<()> {
    on_stage(bench, "test-calls")
}

fn days(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-days")
}

/// Random days of the compiled functions: a month of six accounts, and in the full tier the whole half-year of forty, as four organizations
/// of ten. An emulator answers one call at a time, so that four of them live four times as fast.
fn thirty_days(bench: &Bench<'_>) -> Result<()> {
    let is_full = bench.tier == Tier::Full;
    let (days, organizations, accounts) = if is_full { ("200", "4", "10") } else { ("30", "1", "6") };
    let seed = if is_full { bench.seed.as_str() } else { HALF_YEAR_SEED };
    let call = bench.stage()?.call("test-half-year", &bench.workspace.target.join("test-half-year"));
    let call =
        call.arguments(["--days", days, "--organizations", organizations, "--accounts", accounts, "--seed", seed]);
    call.folder(&bench.workspace.root).succeed()
}

fn on_stage(bench: &Bench<'_>, command: &str) -> Result<()> {
    bench.stage()?.call(command, &bench.workspace.target.join(command)).folder(&bench.workspace.root).succeed()
}

fn death(bench: &Bench<'_>) -> Result<()> {
    let out = bench.workspace.target.join("test-death");
    let every_call = (bench.tier == Tier::Full).then_some("--every-call");
    bench.stage()?.call("test-death", &out).arguments(every_call).folder(&bench.workspace.root).succeed()
}

fn clone(bench: &Bench<'_>) -> Result<()> {
    fresh_clone::run(bench.workspace)
}

fn release_packages(bench: &Bench<'_>) -> Result<()> {
    package::run(bench.workspace, Profile::Release, &bench.workspace.target.join("package"))
}

fn rebuilt_packages(bench: &Bench<'_>) -> Result<()> {
    package::rebuild(bench.workspace)
}

fn unused_dependencies(bench: &Bench<'_>) -> Result<()> {
    supply::unused(bench.workspace)
}

fn release_night(bench: &Bench<'_>) -> Result<()> {
    let stage = Stage { functions: bench.workspace.target.join("package"), ..bench.stage()?.clone() };
    run_night(bench, &stage, &bench.workspace.target.join("test-night-release"))
}

fn run_night(bench: &Bench<'_>, stage: &Stage, out: &Path) -> Result<()> {
    stage.call("test-night", out).folder(&bench.workspace.root).succeed()
}
