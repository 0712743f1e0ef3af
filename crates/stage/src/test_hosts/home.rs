//! A host: a home folder with a key in it, and the agent.

use std::cell::RefCell;
use std::path::Path;

use anyhow::Context;
use keywheel_core::secret::KeyPair;
use secrecy::ExposeSecret;

use crate::command_line::{CommandLine, Ended};
use crate::policies::ACK_BUCKET;
use crate::stage::Stage;

/// What else is in the file, which must stay.
const AROUND: &str = "# by hand, do not touch\n[unrelated]\nregion = eu-west-1 ; mine\n";

pub(super) struct Home<'a> {
    pub(super) name: String,
    line: CommandLine<'a>,
    said: RefCell<String>,
}

impl<'a> Home<'a> {
    /// A host with this key in `~/.aws/credentials`.
    pub(super) fn new(stage: &'a Stage, keywheel: &Path, name: &str, key: &KeyPair) -> anyhow::Result<Self> {
        let line = CommandLine::new(stage, keywheel)?;
        let home = Self { name: name.to_owned(), line, said: RefCell::default() };
        std::fs::create_dir(home.line.folder.path().join(".aws"))?;
        home.write(key)?;
        Ok(home)
    }

    /// Puts a key into the file.
    pub(super) fn write(&self, key: &KeyPair) -> anyhow::Result<()> {
        let text = format!(
            "{AROUND}[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            key.id,
            key.secret.expose_secret()
        );
        Ok(std::fs::write(self.line.folder.path().join(".aws/credentials"), text)?)
    }

    /// What is in the file.
    pub(super) fn file(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.line.folder.path().join(".aws/credentials"))?)
    }

    /// The id of the key in the file, where everything else in it is as it was.
    pub(super) fn key(&self) -> anyhow::Result<String> {
        let text = self.file()?;
        let rest = text.strip_prefix(AROUND).context("the rest of the file was changed")?;
        let line = rest.lines().find_map(|line| line.strip_prefix("aws_access_key_id = "));
        Ok(line.context("no key in the file")?.to_owned())
    }

    /// Runs the agent with these words first.
    pub(super) fn agent(&self, verb: &str, more: &[&str]) -> anyhow::Result<Ended> {
        let common = ["--host", &self.name, "--ack-bucket", ACK_BUCKET];
        let ended = self.line.keywheel(&[&["agent", verb][..], &common, more].concat())?;
        let mut said = self.said.borrow_mut();
        // What an SDK gets is a secret, and that alone.
        said.push_str(if verb == "credential-process" { "" } else { &ended.out });
        said.push_str(&ended.err);
        drop(said);
        Ok(ended)
    }

    /// Starts the agent, and lets whoever calls stop it.
    pub(super) fn start(&self, arguments: &[&str]) -> anyhow::Result<std::process::Child> {
        self.line.start(arguments)
    }

    /// Starts a pass that goes to AWS by another endpoint.
    pub(super) fn start_by_way_of(&self, endpoint: &str) -> anyhow::Result<std::process::Child> {
        let pass = ["agent", "once", "--host", &self.name, "--ack-bucket", ACK_BUCKET];
        self.line.start_with(&pass, &[("AWS_ENDPOINT_URL", endpoint)])
    }

    /// The files of the agent and of the SDKs that have this text in them.
    pub(super) fn holding(&self, text: &str) -> anyhow::Result<Vec<String>> {
        let folder = self.line.folder.path().join(".aws");
        let mut found = Vec::new();
        for folder in [folder.join("keywheel"), folder] {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                let holds = path.is_file() && std::fs::read_to_string(&path)?.contains(text);
                found.extend(holds.then(|| path.display().to_string()));
            }
        }
        Ok(found)
    }

    /// What the agent has said so far.
    pub(super) fn said(&self) -> String {
        self.said.borrow().clone()
    }

    /// What is wrong with a call that should have ended so and said this.
    pub(super) fn expect(&self, verb: &str, more: &[&str], code: i32, says: &str) -> anyhow::Result<Option<String>> {
        let ended = self.agent(verb, more)?;
        let is_right = ended.code == Some(code) && format!("{}{}", ended.out, ended.err).contains(says);
        let wrong =
            || format!("{} {verb}: {:?}, not {code} with {says:?}: {}{}", self.name, ended.code, ended.out, ended.err);
        Ok((!is_right).then(wrong))
    }
}
