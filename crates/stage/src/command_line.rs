//! Runs the compiled `keywheel`, and the stock `age` where it is installed.
#![expect(clippy::print_stdout, reason = "a test tells what it leaves out")]

use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, ensure};
use keywheel_core::id::AccountId;

use crate::clients::REGION;
use crate::stage::Stage;

/// A command line in a folder of its own, signed in as the root of an account.
pub(crate) struct CommandLine<'a> {
    stage: &'a Stage,
    keywheel: PathBuf,
    account: AccountId,
    pub(crate) folder: tempfile::TempDir,
}

/// What came of a call.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl<'a> CommandLine<'a> {
    /// In the hub.
    pub(crate) fn new(stage: &'a Stage, keywheel: &Path) -> anyhow::Result<Self> {
        Self::signed_in_to(stage, keywheel, stage.organization.hub())
    }

    /// In any account.
    pub(crate) fn signed_in_to(stage: &'a Stage, keywheel: &Path, account: &AccountId) -> anyhow::Result<Self> {
        let keywheel = keywheel.canonicalize().with_context(|| format!("cannot find {}", keywheel.display()))?;
        Ok(Self { stage, keywheel, account: account.clone(), folder: tempfile::tempdir()? })
    }

    /// Runs it in its folder, with nothing on standard input and nothing of this environment.
    pub(crate) fn keywheel(&self, arguments: &[&str]) -> anyhow::Result<Ended> {
        let output = self.call(Command::new(&self.keywheel).args(arguments)).output();
        Ok(Ended::of(output.with_context(|| format!("cannot run {}", self.keywheel.display()))?))
    }

    /// Starts it, and lets whoever calls stop it.
    pub(crate) fn start(&self, arguments: &[&str]) -> anyhow::Result<Child> {
        self.start_with(arguments, &[])
    }

    /// The same with variables of whoever calls.
    pub(crate) fn start_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> anyhow::Result<Child> {
        let mut command = Command::new(&self.keywheel);
        let call = self.call(command.args(arguments)).envs(variables.iter().copied());
        let call = call.stdout(Stdio::piped()).stderr(Stdio::piped());
        call.spawn().with_context(|| format!("cannot run {}", self.keywheel.display()))
    }

    /// The same on a terminal, which is all that it prints to; none where there is no `script` to make one.
    pub(crate) fn on_a_terminal(&self, arguments: &[&str]) -> anyhow::Result<Option<Ended>> {
        self.on_a_terminal_with(arguments, &[])
    }

    /// The same with variables of whoever sits there.
    pub(crate) fn on_a_terminal_with(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Option<Ended>> {
        let script = self.script(arguments, Stdio::null(), variables)?;
        script.map(|child| Ok(Ended::of(child.wait_with_output()?))).transpose()
    }

    /// The same with somebody who types this when this is asked, one thing after the other.
    pub(crate) fn typing(&self, arguments: &[&str], asked: &str, typed: &[&str]) -> anyhow::Result<Option<Ended>> {
        let Some(mut child) = self.script(arguments, Stdio::piped(), &[])? else { return Ok(None) };
        let mut terminal = child.stdout.take().context("a terminal without an output")?;
        let (mut shown, mut byte) = (Vec::new(), [0]);
        while !String::from_utf8_lossy(&shown).contains(asked) && terminal.read(&mut byte)? > 0 {
            shown.push(byte[0]);
        }
        // It is closed when the child has ended: an end of input would be typed as well.
        let mut stdin = child.stdin.take().context("a terminal without an input")?;
        for text in typed {
            // Nobody may be there any more to read it.
            drop(stdin.write_all(text.as_bytes()));
        }
        terminal.read_to_end(&mut shown)?;
        let output = Output { stdout: shown, ..child.wait_with_output()? };
        drop(stdin);
        Ok(Some(Ended::of(output)))
    }

    /// Starts it on a terminal that `script` makes.
    fn script(&self, arguments: &[&str], stdin: Stdio, variables: &[(&str, &str)]) -> anyhow::Result<Option<Child>> {
        let keywheel = self.keywheel.to_str().context("a path that is no text")?;
        let line: Vec<_> = std::iter::once(keywheel).chain(arguments.iter().copied()).collect();
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &line.join(" "), "/dev/null"]);
        let call = self.call(&mut script).env("TERM", "xterm").envs(variables.iter().copied()).stdin(stdin);
        match call.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
            Ok(child) => Ok(Some(child)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let missing = "there is no `script` here, which makes a terminal (Debian: apt-get install bsdutils)";
                // A test that CI passes over is none.
                ensure!(std::env::var_os("CI").is_none(), missing);
                println!("left out: {missing}");
                Ok(None)
            }
            Err(error) => Err(error).context("cannot run script"),
        }
    }

    fn call<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_ACCESS_KEY_ID", self.account.as_str())
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", REGION)
            .env("AWS_ENDPOINT_URL", self.stage.emulator.endpoint())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
    }

    /// Runs the stock `age` in the folder; none where it is not installed.
    pub(crate) fn age(&self, arguments: &[&str]) -> Option<Ended> {
        let output = Command::new("age").args(arguments).current_dir(self.folder.path()).stdin(Stdio::null()).output();
        output.ok().map(Ended::of)
    }
}
