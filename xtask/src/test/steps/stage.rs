//! The compiled functions and the command line on the stage.

use std::path::Path;

use anyhow::{Context, Result};

use super::Bench;
use crate::cargo::{self, Profile};
use crate::demo::Stage;
use crate::python;
use crate::test::Tier;

/// The same month on the stage in every usual run, so that a failure is the change's.
const HALF_YEAR_SEED: &str = "20261122";

pub(super) fn build(bench: &Bench<'_>) -> Result<()> {
    bench.stage().map(|_| ())
}

pub(super) fn night(bench: &Bench<'_>) -> Result<()> {
    let stage = bench.stage()?;
    run_night(bench, stage, &bench.workspace.target.join("test-night"))
}

pub(super) fn permissions(bench: &Bench<'_>) -> Result<()> {
    on_stage(bench, "test-permissions")
}

pub(super) fn stores(bench: &Bench<'_>) -> Result<()> {
    on_stage(bench, "test-stores")
}

pub(super) fn calls(bench: &Bench<'_>) -> Result<()> {
    on_stage(bench, "test-calls")
}

pub(super) fn death(bench: &Bench<'_>) -> Result<()> {
    let out = bench.workspace.target.join("test-death");
    let every_call = (bench.tier == Tier::Full).then_some("--every-call");
    bench.stage()?.call("test-death", &out).arguments(every_call).folder(&bench.workspace.root).succeed()
}

/// Random days of the compiled functions: a month of six accounts, and in the full tier the whole half-year of forty, as four organizations
/// of ten. An emulator answers one call at a time, so that four of them live four times as fast.
pub(super) fn thirty_days(bench: &Bench<'_>) -> Result<()> {
    let is_full = bench.tier == Tier::Full;
    let (days, organizations, accounts) = if is_full { ("200", "4", "10") } else { ("30", "1", "6") };
    let seed = if is_full { bench.seed.as_str() } else { HALF_YEAR_SEED };
    let call = bench.stage()?.call("test-half-year", &bench.workspace.target.join("test-half-year"));
    let call =
        call.arguments(["--days", days, "--organizations", organizations, "--accounts", accounts, "--seed", seed]);
    call.folder(&bench.workspace.root).succeed()
}

pub(super) fn channels(bench: &Bench<'_>) -> Result<()> {
    let servers = python::CHANNELS.python(bench.workspace)?;
    let call = bench.stage()?.call("test-channels", &bench.workspace.target.join("test-channels"));
    call.arguments([Path::new("--servers"), &servers]).folder(&bench.workspace.root).succeed()
}

pub(super) fn delivery(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-delivery")
}

pub(super) fn cli_look(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-cli-look")
}

pub(super) fn cli_plan(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-cli-plan")
}

pub(super) fn cli_changes(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-cli-changes")
}

pub(super) fn hosts(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-hosts")
}

pub(super) fn moving(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-moving")
}

pub(super) fn days(bench: &Bench<'_>) -> Result<()> {
    with_command_line(bench, "test-days")
}

fn on_stage(bench: &Bench<'_>, command: &str) -> Result<()> {
    bench.stage()?.call(command, &bench.workspace.target.join(command)).folder(&bench.workspace.root).succeed()
}

/// A test of the stage with the compiled `keywheel`.
fn with_command_line(bench: &Bench<'_>, command: &str) -> Result<()> {
    // With the stage, whose features are those of all tests; by itself it would be built on an SDK of its own.
    let mut executables = cargo::build(bench.workspace, ["keywheel-cli", "keywheel-stage"], Profile::Dev)?;
    let keywheel = executables.remove("keywheel").context("cargo built no `keywheel`")?;
    let call = bench.stage()?.call(command, &bench.workspace.target.join(command));
    call.arguments([Path::new("--keywheel"), &keywheel]).folder(&bench.workspace.root).succeed()
}

pub(super) fn run_night(bench: &Bench<'_>, stage: &Stage, out: &Path) -> Result<()> {
    stage.call("test-night", out).folder(&bench.workspace.root).succeed()
}
