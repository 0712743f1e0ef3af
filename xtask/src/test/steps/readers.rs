//! What others read: mails and reports in a browser, findings, recipes, and the files of SDKs.

use anyhow::Result;

use super::Bench;
use crate::cargo;
use crate::process::Call;
use crate::{mails, python, reports};

pub(super) fn mails(bench: &Bench<'_>) -> Result<()> {
    mails::run(bench.workspace)
}

pub(super) fn reports(bench: &Bench<'_>) -> Result<()> {
    reports::look(bench.workspace)
}

pub(super) fn findings(bench: &Bench<'_>) -> Result<()> {
    reports::validate(bench.workspace)
}

pub(super) fn recipes(bench: &Bench<'_>) -> Result<()> {
    let python = python::STAGE.python(bench.workspace)?;
    Call::new(python, ["xtask/recipes/check.py"]).folder(&bench.workspace.root).succeed()
}

/// The agent's editor of the SDKs' files.
pub(super) fn shared_files(bench: &Bench<'_>) -> Result<()> {
    let python = python::STAGE.python(bench.workspace)?;
    // With `--workspace`, so that nothing is built again with other features.
    let call = bench.cargo(["test", "--workspace", "--test", "botocore"]).arguments(cargo::locked());
    call.arguments(["--", "--nocapture"]).variable("KEYWHEEL_BOTOCORE_PYTHON", &python).succeed()
}
