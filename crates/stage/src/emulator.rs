//! The emulator as a child process on a free loopback port.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, bail, ensure};

use crate::admin::Admin;
use crate::clients::Clients;

const SERVE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/emulator/serve.py");

/// A running emulator; it ends when this is dropped, and also when this process is killed.
pub struct Emulator {
    child: Child,
    endpoint: String,
}

impl Emulator {
    /// Starts the emulator with the Python interpreter of its virtual environment; what it writes goes to `log`.
    ///
    /// # Errors
    /// When it cannot be started, or ends before it serves.
    pub fn start(python: &Path, log: &Path) -> anyhow::Result<Self> {
        let writer = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut child = Command::new(python)
            .arg(SERVE)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(writer.try_clone()?)
            .process_group(0) // Ctrl-C ends the stage, which ends the emulator: not both at once
            .spawn()
            .with_context(|| format!("cannot start {} {SERVE}", python.display()))?;
        let stdout = child.stdout.take().context("the emulator has no stdout")?;
        match ready(stdout, writer) {
            Ok(endpoint) => Ok(Self { child, endpoint }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error.context(format!("the emulator did not start; see {}", log.display())))
            }
        }
    }

    /// Where it listens: always a loopback address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Clients of any account.
    #[must_use]
    pub fn clients(&self) -> Clients {
        Clients::new(&self.endpoint)
    }

    /// The routes by which the stage moves dates and looks behind the scenes.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(&self.endpoint)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The serving process watches this one and ends itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for the line `READY http://…`, and keeps reading after it so that the emulator never writes into a closed pipe.
fn ready(stdout: ChildStdout, mut log: File) -> anyhow::Result<String> {
    let mut lines = BufReader::new(stdout).lines();
    let line = lines.next().context("it ended before it served")??;
    let Some(endpoint) = line.strip_prefix("READY ") else { bail!("its first line was {line:?}") };
    let address: SocketAddr = endpoint.trim_start_matches("http://").parse().context("no address in its first line")?;
    ensure!(address.ip().is_loopback(), "it listens on {address}, which is not loopback");
    let endpoint = format!("http://{address}");
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _ = writeln!(log, "{line}");
        }
    });
    Ok(endpoint)
}
