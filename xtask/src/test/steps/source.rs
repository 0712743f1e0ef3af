//! What the source itself shows, its dependencies and Terraform among it: nothing of Keywheel runs but its tests.

use anyhow::{Context, Result};

use super::{Bench, cases};
use crate::cargo;
use crate::test::Tier;
use crate::{check, features, scan, supply, terraform};

/// Property test cases in the full tier; proptest's own default is 256.
const FULL_CASES: &str = "4096";

pub(super) fn format(bench: &Bench<'_>) -> Result<()> {
    bench.cargo(["fmt", "--all", "--check"]).succeed().context("the code is not formatted; run `cargo fmt --all`")
}

pub(super) fn repository(bench: &Bench<'_>) -> Result<()> {
    features::run(bench.workspace)?;
    check::run(bench.workspace)
}

pub(super) fn lints(bench: &Bench<'_>) -> Result<()> {
    bench
        .cargo(["clippy", "--workspace", "--all-targets", "--all-features"])
        .arguments(cargo::locked())
        .arguments(["--", "--deny", "warnings"])
        .succeed()?;
    let documented = bench.cargo(["doc", "--workspace", "--no-deps", "--document-private-items"]);
    documented.arguments(cargo::locked()).variable("RUSTDOCFLAGS", "--deny warnings").succeed()
}

pub(super) fn unit_tests(bench: &Bench<'_>) -> Result<()> {
    let call = bench.cargo(["test", "--workspace"]).arguments(cargo::locked());
    if bench.tier == Tier::Full {
        return call.variable("PROPTEST_CASES", cases(FULL_CASES)).variable("PROPTEST_RNG_SEED", &bench.seed).succeed();
    }
    call.succeed()
}

pub(super) fn supply_chain(bench: &Bench<'_>) -> Result<()> {
    supply::run(bench.workspace)
}

pub(super) fn unused_dependencies(bench: &Bench<'_>) -> Result<()> {
    supply::unused(bench.workspace)
}

pub(super) fn layers(bench: &Bench<'_>) -> Result<()> {
    terraform::run(bench.workspace)
}

pub(super) fn settings(bench: &Bench<'_>) -> Result<()> {
    scan::run(bench.workspace)
}
