//! The mail servers as a child process.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context;
use serde::Deserialize;
use serde_json::{Value, json};

const SERVE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/channels/serve.py");

/// Running mail servers; they end when this is dropped, as their input does.
pub(super) struct Servers {
    child: Child,
    /// Where they are.
    pub(super) at: Places,
}

/// Where the servers are: ports of SMTP servers and places of HTTP servers.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Places {
    /// Says what came, and is told what to do.
    control: String,
    /// Mailgun's API.
    pub(super) mailgun: String,
    /// SMTP with TLS at once.
    pub(super) implicit: u16,
    /// SMTP with STARTTLS.
    pub(super) starttls: u16,
    /// SMTP without TLS.
    pub(super) plain: u16,
    /// SMTP with a certificate of an authority that nobody trusts.
    pub(super) stranger: u16,
    /// The file with the authority that the others' certificates are from.
    pub(super) authority: String,
}

impl Servers {
    /// Starts them with the interpreter of their virtual environment.
    pub(super) fn start(python: &Path, folder: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(python)
            .arg(SERVE)
            .arg(std::path::absolute(folder)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("servers.log"))?)
            .spawn()
            .with_context(|| format!("cannot start {} {SERVE}", python.display()))?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("the mail servers have no stdout")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let at = serde_json::from_str(&line).with_context(|| format!("the mail servers said {line:?}"))?;
        Ok(Self { child, at })
    }

    /// Sets what they expect: `password`, `api_key`, or `healed`, with which they take every mail.
    pub(super) async fn expect(&self, what: Value) -> anyhow::Result<()> {
        let (url, text) = (self.at.control.clone(), what.to_string());
        tokio::task::spawn_blocking(move || agent().post(&url).send(&text).map(drop)).await??;
        Ok(())
    }

    /// What came: `mails`, `forms`, and in `tries` how often something was tried.
    pub(super) async fn came(&self) -> anyhow::Result<Value> {
        let url = self.at.control.clone();
        let text = tokio::task::spawn_blocking(move || {
            agent().get(&url).call().and_then(|mut answer| answer.body_mut().read_to_string())
        });
        Ok(serde_json::from_str(&text.await??)?)
    }

    /// How often something was tried so far.
    pub(super) async fn tries(&self, what: &str) -> anyhow::Result<u64> {
        Ok(self.came().await?["tries"][what].as_u64().unwrap_or_default())
    }

    /// Takes every mail from now on.
    pub(super) async fn heal(&self) -> anyhow::Result<()> {
        self.expect(json!({ "healed": true })).await
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().proxy(None).build().into()
}
