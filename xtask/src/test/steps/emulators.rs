//! What the emulators answer, and what the adapters make of it.

use anyhow::{Context, Result};

use super::Bench;
use crate::cargo;
use crate::process::Call;
use crate::python;
use crate::server::Server;

pub(super) fn overlay(bench: &Bench<'_>) -> Result<()> {
    let python = python::STAGE.python(bench.workspace)?;
    Call::new(python, ["crates/stage/emulator/contract.py"]).folder(&bench.workspace.root).succeed()
}

pub(super) fn adapters(bench: &Bench<'_>) -> Result<()> {
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
