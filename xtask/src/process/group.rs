//! Process groups, so that a child's own children end with it.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpgid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How long a group may take to end by itself before it is killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// The exit code of a command that a person interrupted.
const INTERRUPTED: i32 = 130;

/// The groups that run now. An interrupt ends them all.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// A child that leads a process group of its own. Dropping it ends the group.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    id: Pid,
}

impl Group {
    pub(super) fn spawn(command: &mut Command) -> Result<Self> {
        let mut running = running();
        let child = command.process_group(0).spawn()?;
        let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("a process without an id")?;
        running.push(id);
        Ok(Self { child, id })
    }

    /// Waits for the child's end.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }

    /// The child's standard output, once.
    pub(crate) fn take_output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    pub(super) fn read_output(&mut self) -> Result<String> {
        let mut text = String::new();
        self.take_output().context("no output to read")?.read_to_string(&mut text)?;
        Ok(text)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let child = &mut self.child;
        end(self.id, || drop(child.try_wait()));
        drop(self.child.wait());
        running().retain(|id| *id != self.id);
    }
}

/// Makes Ctrl-C, a hang-up and a termination end every running group and then this process.
pub(crate) fn end_children_on_interrupt() -> Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).context("cannot listen for Ctrl-C")?;
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            interrupted();
        }
    });
    Ok(())
}

fn interrupted() -> ! {
    // The lock stays held: nothing may start any more.
    let running = running();
    for id in running.iter() {
        signal(*id, Signal::INT);
    }
    for id in running.iter() {
        end(*id, || {
            let _ = waitpgid(*id, WaitOptions::NOHANG);
        });
    }
    #[expect(clippy::exit, reason = "the main thread waits for a child and cannot be told")]
    std::process::exit(INTERRUPTED);
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the group to end, and kills it when it does not. A leader that has ended must be reaped before its group can be
/// seen to be empty.
fn end(id: Pid, reap: impl FnMut()) {
    if !is_gone(id) {
        signal(id, Signal::TERM);
        if !ends_within(id, PATIENCE, reap) {
            signal(id, Signal::KILL);
        }
    }
}

fn ends_within(id: Pid, patience: Duration, mut reap: impl FnMut()) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        reap();
        if is_gone(id) {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn is_gone(id: Pid) -> bool {
    test_kill_process_group(id).is_err()
}

fn signal(id: Pid, signal: Signal) {
    // It may have ended since; there is nothing else that could go wrong with our own children.
    let _ = kill_process_group(id, signal);
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::{Group, is_gone};

    #[test]
    fn dropping_a_group_ends_the_childs_own_children_too() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 1000 & echo started; wait"]).stdout(Stdio::piped());
        let mut group = Group::spawn(&mut command).unwrap();
        let mut line = String::new();
        BufReader::new(group.take_output().unwrap()).read_line(&mut line).unwrap();
        let id = group.id;
        assert!(!is_gone(id), "the group must run before it is ended");

        drop(group);

        assert!(is_gone(id));
    }
}
