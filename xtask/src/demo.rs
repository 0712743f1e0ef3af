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
    /// Builds the stage and the functions, and installs the emulator.
    pub(crate) fn prepare(workspace: &Workspace) -> Result<Self> {
        let functions = workspace.target.join("stage-package");
        package::run(workspace, Profile::Dev, &functions)?;
        let executable = executable(workspace)?;
        Ok(Self { executable, functions, python: python::STAGE.python(workspace)? })
    }

    /// A call of one of the stage's commands.
    pub(crate) fn call(&self, command: &str, out: &Path) -> Call {
        Call::new(&self.executable, [command])
            .arguments([Path::new("--functions"), &self.functions])
            .arguments([Path::new("--python"), &self.python])
            .arguments([Path::new("--out"), out])
    }
}

/// Runs the demo. Its exit code is the stage's.
pub(crate) fn run(workspace: &Workspace, keep: bool) -> Result<ExitCode> {
    machine::require(workspace, &machine::DEMO)?;
    announce(workspace);
    let stage = Stage::prepare(workspace)?;
    let status = stage
        .call("demo", &workspace.target.join("demo"))
        .arguments(keep.then_some("--keep"))
        .folder(&workspace.root)
        .status()?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Builds the stage's executable.
pub(crate) fn executable(workspace: &Workspace) -> Result<PathBuf> {
    cargo::build(workspace, &["keywheel-stage"], Profile::Dev)?
        .remove("stage")
        .context("cargo built no `stage`: the package keywheel-stage has no such binary")
}

/// Says beforehand how long the build takes.
fn announce(workspace: &Workspace) {
    let warm = workspace.target.join("stage-package").is_dir();
    let (kind, time) = if warm {
        ("Building what changed", measured::WARM_BUILD)
    } else {
        ("Building the functions and the stage for the first time", measured::COLD_BUILD)
    };
    match time {
        Some(time) => println!("{kind}: {time}"),
        None => println!("{kind}"),
    }
}
