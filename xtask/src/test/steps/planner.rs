//! Planner and executor in process: random histories, and whether a test notices a guard that is gone.

use anyhow::Result;

use super::{Bench, cases};
use crate::cargo;
use crate::mutants::{self, Share};
use crate::test::Tier;

/// Cases of each of the six tests of random histories: twelve thousand histories in all, and 1.2 million in the full tier.
const HISTORIES: [&str; 2] = ["2000", "200000"];

/// How many accounts live through the half-year; a plain `cargo test` follows two.
const HALF_YEAR_ACCOUNTS: &str = "40";

pub(super) fn histories(bench: &Bench<'_>) -> Result<()> {
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

pub(super) fn half_year(bench: &Bench<'_>) -> Result<()> {
    // With `--workspace`, so that nothing is built again with other features.
    let call = bench.cargo(["test", "--workspace", "--test", "histories"]).arguments(cargo::locked());
    let call = call.arguments(["--", "--nocapture", "half_year"]).variable("HALF_YEAR_ACCOUNTS", HALF_YEAR_ACCOUNTS);
    if bench.tier == Tier::Full {
        return call.variable("PROPTEST_RNG_SEED", &bench.seed).succeed();
    }
    call.succeed()
}

pub(super) fn guard_mutants(bench: &Bench<'_>) -> Result<()> {
    let share = if bench.tier == Tier::Full { Share::All } else { Share::Third };
    mutants::run(bench.workspace, &mutants::GUARDS, share)
}

pub(super) fn all_mutants(bench: &Bench<'_>) -> Result<()> {
    let planner = mutants::run(bench.workspace, &mutants::PLANNER, Share::All);
    let executor = mutants::run(bench.workspace, &mutants::EXECUTOR, Share::All);
    planner.and(executor)
}
