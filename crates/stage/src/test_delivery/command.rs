//! Runs the compiled `keywheel`, and the stock `age` where it is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::Context;

use crate::clients::REGION;
use crate::stage::Stage;

/// A command line in a folder of its own, signed in as the root of the hub.
pub(super) struct CommandLine<'a> {
    stage: &'a Stage,
    keywheel: PathBuf,
    pub(super) folder: tempfile::TempDir,
}

/// What came of a call.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl<'a> CommandLine<'a> {
    pub(super) fn new(stage: &'a Stage, keywheel: &Path) -> anyhow::Result<Self> {
        let keywheel = keywheel.canonicalize().with_context(|| format!("cannot find {}", keywheel.display()))?;
        Ok(Self { stage, keywheel, folder: tempfile::tempdir()? })
    }

    /// Runs it in its folder, with nothing on standard input and nothing of this environment.
    pub(super) fn keywheel(&self, arguments: &[&str]) -> anyhow::Result<Ended> {
        let output = Command::new(&self.keywheel)
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("AWS_ACCESS_KEY_ID", self.stage.organization.hub().as_str())
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", REGION)
            .env("AWS_ENDPOINT_URL", self.stage.emulator.endpoint())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .output();
        Ok(Ended::of(output.with_context(|| format!("cannot run {}", self.keywheel.display()))?))
    }

    /// Runs the stock `age` in the folder; none where it is not installed.
    pub(super) fn age(&self, arguments: &[&str]) -> Option<Ended> {
        let output = Command::new("age").args(arguments).current_dir(self.folder.path()).stdin(Stdio::null()).output();
        output.ok().map(Ended::of)
    }
}
