//! What a stranger gets: the clone, and the packages of a release.

use anyhow::Result;

use super::Bench;
use super::stage::run_night;
use crate::cargo::Profile;
use crate::demo::Stage;
use crate::{fresh_clone, package};

pub(super) fn clone(bench: &Bench<'_>) -> Result<()> {
    fresh_clone::run(bench.workspace)
}

pub(super) fn packages(bench: &Bench<'_>) -> Result<()> {
    package::run(bench.workspace, Profile::Release, &bench.workspace.target.join("package"))
}

pub(super) fn twice(bench: &Bench<'_>) -> Result<()> {
    package::rebuild(bench.workspace)
}

pub(super) fn night(bench: &Bench<'_>) -> Result<()> {
    let stage = Stage { functions: bench.workspace.target.join("package"), ..bench.stage()?.clone() };
    run_night(bench, &stage, &bench.workspace.target.join("test-night-release"))
}
