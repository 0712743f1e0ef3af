//! `cargo xtask demo`: from a clone to one night on an emulated organization.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::cargo::{self, Profile};
use crate::process::Call;
use crate::workspace::Workspace;
use crate::{machine, measured, package, python};

/// What the stage needs to run.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    /// The stage's own executable.
    pub(crate) executable: PathBuf,
    /// The folder with the functions' zips.
    pub(crate) functions: PathBuf,
    /// The Python that has the emulator.
    pub(crate) python: PathBuf,
}

impl Stage {
    /// Installs the emulator, which is quick and needs the network, and then builds the stage and the functions.
    ///
    /// All in one build: the stage brings the features of all tests (crates/test-features), without which the functions
    /// would be built on an SDK of their own.
    pub(crate) fn prepare(workspace: &Workspace) -> Result<Self> {
        let python = python::STAGE.python(workspace)?;
        let packages = package::FUNCTIONS.into_iter().chain(["keywheel-stage"]);
        let mut executables = cargo::build(workspace, packages, Profile::Dev)?;
        let functions = functions(workspace);
        package::pack_all(workspace, &executables, Profile::Dev, &functions)?;
        let executable = executables.remove("stage").context("cargo built no `stage`")?;
        Ok(Self { executable, functions, python })
    }

    /// A call of one of the stage's commands.
    pub(crate) fn call(&self, command: &str, out: &Path) -> Call {
        Call::new(&self.executable, [command])
            .arguments([Path::new("--functions"), &self.functions])
            .arguments([Path::new("--python"), &self.python])
            .arguments([Path::new("--out"), out])
    }
}

/// Runs the demo: one night, or one per day. Its exit code is the stage's.
pub(crate) fn run(workspace: &Workspace, keep: bool, days: Option<u32>) -> Result<ExitCode> {
    machine::require(workspace, &machine::DEMO)?;
    announce(workspace);
    let stage = Stage::prepare(workspace)?;
    let status = stage
        .call(if days.is_some() { "days" } else { "demo" }, &workspace.target.join("demo"))
        .arguments(keep.then_some("--keep"))
        .arguments(days.map(|days| format!("--days={days}")))
        .folder(&workspace.root)
        .status()?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Where the functions are packed for the stage.
fn functions(workspace: &Workspace) -> PathBuf {
    workspace.target.join("stage-package")
}

/// Says beforehand how long the build takes.
fn announce(workspace: &Workspace) {
    let warm = functions(workspace).is_dir();
    let (kind, time) = if warm {
        ("Building what changed", measured::WARM_BUILD)
    } else {
        ("Building the functions and the stage for the first time", measured::COLD_BUILD)
    };
    println!("{kind}: {time}");
}
