//! Emulators that tests talk to over HTTP.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, PipeReader, Write};
use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::{Call, Group};

/// How long an emulator may take until it listens.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running emulator. Dropping it ends it and its children.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) url: String,
    _group: Group,
}

impl Server {
    /// Starts the emulator and waits until it says where it listens. What it prints goes to the log file.
    pub(crate) fn start(call: Call, log: &Path) -> Result<Self> {
        let file = create(log)?;
        let (reader, writer) = io::pipe()?;
        let group = call.start(writer)?;
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || forward(reader, file, &sender));
        let url = receiver.recv_timeout(PATIENCE).ok().with_context(|| {
            let printed = fs::read_to_string(log).unwrap_or_default();
            format!("the emulator did not say where it listens; it printed:\n{}", printed.trim_end())
        })?;
        Ok(Self { url, _group: group })
    }
}

fn create(log: &Path) -> Result<File> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create(log).with_context(|| format!("cannot write {}", log.display()))
}

/// Copies what the emulator prints, until it ends, and sends the first address among it.
fn forward(reader: PipeReader, mut log: File, addresses: &Sender<String>) {
    for line in BufReader::new(reader).lines().map_while(Result::ok) {
        // Neither a full disk nor a test that has what it needs may stop the emulator's output from being taken.
        drop(writeln!(log, "{line}"));
        if let Some(address) = address(&line) {
            drop(addresses.send(address.to_owned()));
        }
    }
}

/// The address in `READY http://127.0.0.1:4000` (the stage) or ` * Running on http://127.0.0.1:4000` (moto).
fn address(line: &str) -> Option<&str> {
    let (_, address) = line.split_once("READY ").or_else(|| line.split_once("Running on "))?;
    let address = address.trim();
    address.starts_with("http://127.0.0.1:").then_some(address)
}

#[cfg(test)]
mod tests {
    use super::{Call, Server, address};

    #[test]
    fn both_emulators_ways_of_naming_their_address_are_understood() {
        assert_eq!(address("READY http://127.0.0.1:4000"), Some("http://127.0.0.1:4000"));
        assert_eq!(address(" * Running on http://127.0.0.1:5000"), Some("http://127.0.0.1:5000"));
        assert_eq!(address("READY"), None);
        assert_eq!(address("Running on http://0.0.0.0:5000"), None);
    }

    #[test]
    fn a_server_is_ready_once_it_names_its_address_and_its_output_is_kept() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let call = Call::new("sh", ["-c", "echo warming up >&2; echo READY http://127.0.0.1:1; sleep 1000"]);

        let server = Server::start(call, log.path()).unwrap();

        assert_eq!(server.url, "http://127.0.0.1:1");
        assert!(std::fs::read_to_string(log.path()).unwrap().contains("warming up"));
    }

    #[test]
    fn a_server_that_ends_at_once_is_an_error_with_what_it_printed() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let error = Server::start(Call::new("sh", ["-c", "echo no such module; exit 1"]), log.path()).unwrap_err();
        assert!(error.to_string().contains("no such module"), "{error}");
    }
}
