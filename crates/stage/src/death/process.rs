//! One process of the compiled function: started, handed one event through a Lambda Runtime API of our own, and ended.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;

use super::proxy::{Kill, Proxy, Seen};
use crate::functions::KEY_ROTATION;
use crate::local::{self, Server};
use crate::runtime_api::{Heard, Invocation};

/// The longest that one event may take here.
const PATIENCE: Duration = Duration::from_mins(2);

/// What to run.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) executable: PathBuf,
    pub(super) variables: BTreeMap<String, String>,
    /// Where the emulator listens.
    pub(super) upstream: SocketAddr,
    pub(super) request_id: String,
    pub(super) event: Value,
    pub(super) kill: Option<Kill>,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It returned its result.
    Answered(Value),
    /// It returned an error.
    Failed(Value),
    /// It was killed where it was to be.
    Killed,
    /// It ended by itself.
    Gone,
    /// It did nothing of that in time.
    Late,
}

/// What was seen of a process.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) end: End,
    pub(super) seen: Vec<Seen>,
    /// The digests that it handed to notification.
    pub(super) digests: Vec<Value>,
    /// Everything that it wrote.
    pub(super) output: String,
}

/// Runs one event in a process of its own, which does not outlive it.
pub(super) fn run(job: &Job) -> anyhow::Result<Flight> {
    let (aws, lambda) = (local::listener()?, local::listener()?);
    let mut command = Command::new(&job.executable);
    command.env_clear().envs(&job.variables);
    command.env("AWS_ENDPOINT_URL", format!("http://{}", aws.local_addr()?));
    command.env("AWS_LAMBDA_RUNTIME_API", lambda.local_addr()?.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", job.executable.display()))?;
    let outputs = (child.stdout.take(), child.stderr.take());
    let (ended, ends) = mpsc::channel();
    let proxy = Proxy::new(job.upstream, job.kill.clone(), child, ended.clone());
    let hear = |heard| match heard {
        Heard::Polled => {}
        Heard::Answered(result) => drop(ended.send(End::Answered(result))),
        Heard::Failed(error) => drop(ended.send(End::Failed(error))),
    };
    let invocation = Invocation::new(Some(&job.event), &job.request_id, KEY_ROTATION, &hear);
    let (serve_aws, serve_lambda) = (|stream: &_| proxy.serve(stream), |stream: &_| invocation.serve(stream));
    let servers = [Server { listener: &aws, serve: &serve_aws }, Server { listener: &lambda, serve: &serve_lambda }];
    let (end, output) = local::serve_while(&servers, || {
        let errors = thread::spawn(move || text(outputs.1));
        let gone = ended.clone();
        let lines = thread::spawn(move || {
            let lines = text(outputs.0);
            let _ = gone.send(End::Gone);
            lines
        });
        let end = ends.recv_timeout(PATIENCE).unwrap_or(End::Late);
        proxy.end()?;
        anyhow::Ok((end, [lines, errors].map(|text| text.join().unwrap_or_default()).concat()))
    })?;
    let (seen, digests) = proxy.into_parts();
    Ok(Flight { end, seen, digests, output })
}

fn text(from: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        let _ = from.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
