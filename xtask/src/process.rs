//! Child processes: with a clean environment, in a process group of their own, ended with us.

mod environment;
mod group;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufRead, BufReader, PipeWriter, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

pub(crate) use group::{Group, end_children_on_interrupt};

/// One call of another program.
#[derive(Debug)]
pub(crate) struct Call {
    command: Command,
}

impl Call {
    /// A program with its arguments, in the environment that demo and tests share.
    pub(crate) fn new<I: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = I>) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        environment::clean(&mut command);
        Self { command }
    }

    /// The cargo that runs this task.
    pub(crate) fn cargo<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Self {
        Self::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")), arguments)
    }

    /// Adds arguments.
    pub(crate) fn arguments<I: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = I>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets one environment variable.
    pub(crate) fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Keeps the caller's variables with these beginnings from the child.
    pub(crate) fn without_variables(mut self, beginnings: &[&str]) -> Self {
        for (name, _) in std::env::vars_os() {
            if beginnings.iter().any(|beginning| name.to_string_lossy().starts_with(beginning)) {
                self.command.env_remove(name);
            }
        }
        self
    }

    /// Gives the child these environment variables and no others.
    pub(crate) fn only_variables(mut self, variables: Vec<(OsString, OsString)>) -> Self {
        self.command.env_clear().envs(variables);
        self
    }

    /// Where the child runs.
    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sends both of the child's streams to one file.
    pub(crate) fn log(mut self, file: &File) -> Result<Self> {
        self.command.stdout(file.try_clone()?).stderr(file.try_clone()?);
        Ok(self)
    }

    /// Starts the child without waiting for it, both of its streams going into one pipe.
    pub(crate) fn start(mut self, output: PipeWriter) -> Result<Group> {
        self.command.stdout(output.try_clone()?).stderr(output);
        self.spawn()
    }

    /// Runs the child to its end, its output going where ours goes.
    pub(crate) fn status(mut self) -> Result<ExitStatus> {
        self.spawn()?.wait()
    }

    /// Like [`Call::status`], but an unsuccessful end is an error that names the call.
    pub(crate) fn succeed(mut self) -> Result<()> {
        let status = self.spawn()?.wait()?;
        if !status.success() {
            bail!("`{}` ended with {status}", self.line());
        }
        Ok(())
    }

    /// The child's standard output as text; its errors go where ours go.
    pub(crate) fn output(mut self) -> Result<String> {
        self.command.stdout(Stdio::piped());
        let mut group = self.spawn()?;
        let text = group.read_output().with_context(|| format!("cannot read what `{}` printed", self.line()))?;
        let status = group.wait()?;
        if !status.success() {
            bail!("`{}` ended with {status}", self.line());
        }
        Ok(text)
    }

    /// Like [`Call::succeed`], and gives what went to standard output, line by line.
    pub(crate) fn shown(mut self) -> Result<Vec<String>> {
        self.command.stdout(Stdio::piped());
        let mut group = self.spawn()?;
        let mut lines = Vec::new();
        for line in BufReader::new(group.take_output().context("no output to read")?).lines() {
            let line = line.with_context(|| format!("cannot read what `{}` printed", self.line()))?;
            println!("{line}");
            lines.push(line);
        }
        let status = group.wait()?;
        if !status.success() {
            bail!("`{}` ended with {status}", self.line());
        }
        Ok(lines)
    }

    /// How the child ended, with both of its streams as one text.
    pub(crate) fn record(self) -> Result<(ExitStatus, String)> {
        let line = self.line();
        let (mut reader, writer) = io::pipe()?;
        let mut group = self.start(writer)?;
        let mut text = Vec::new();
        reader.read_to_end(&mut text).with_context(|| format!("cannot read what `{line}` printed"))?;
        Ok((group.wait()?, String::from_utf8_lossy(&text).into_owned()))
    }

    /// Both streams as one text and whether it went well; `None` where the program is not installed.
    pub(crate) fn probe(mut self) -> Option<(bool, String)> {
        let output = self.command.output().ok()?;
        let text = [output.stdout, output.stderr].concat();
        Some((output.status.success(), String::from_utf8_lossy(&text).trim().to_owned()))
    }

    fn spawn(&mut self) -> Result<Group> {
        Group::spawn(&mut self.command).with_context(|| format!("cannot start `{}`", self.line()))
    }

    /// The call as one would type it.
    fn line(&self) -> String {
        let program = Path::new(self.command.get_program());
        let program = program.file_name().unwrap_or(program.as_os_str());
        let words: Vec<_> =
            std::iter::once(program).chain(self.command.get_args()).map(OsStr::to_string_lossy).collect();
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::Call;

    #[test]
    fn output_is_what_the_child_printed() {
        let call = || Call::new("sh", ["-c", "echo one; echo two"]);
        assert_eq!(call().output().unwrap(), "one\ntwo\n");
        assert_eq!(call().shown().unwrap(), ["one", "two"]);
        assert!(Call::new("sh", ["-c", "echo one; false"]).shown().is_err());
    }

    #[test]
    fn an_unsuccessful_child_is_an_error_that_names_the_call() {
        let error = Call::new("sh", ["-c", "exit 3"]).succeed().unwrap_err().to_string();
        assert!(error.contains("sh -c exit 3") && error.contains('3'), "{error}");
    }

    #[test]
    fn a_recorded_child_gives_both_streams_and_how_it_ended() {
        let (status, text) = Call::new("sh", ["-c", "echo one; echo two >&2; exit 3"]).record().unwrap();
        assert_eq!((status.code(), text.as_str()), (Some(3), "one\ntwo\n"));
    }

    #[test]
    fn variables_can_be_kept_from_a_child_by_their_beginnings() {
        let call = |beginnings| Call::new("sh", ["-c", "echo \"$PATH\""]).without_variables(beginnings);
        assert_ne!(call(&["PA_", "X"]).output().unwrap(), "\n");
        let without = call(&["PAT"]).command;
        assert!(without.get_envs().any(|(name, value)| name == "PATH" && value.is_none()));
    }

    #[test]
    fn a_program_that_is_not_installed_is_no_probe() {
        assert!(Call::new("keywheel-no-such-program", [""]).probe().is_none());
    }
}
