//! One process of a compiled function, run by a Lambda Runtime API of our own, so that what it uses can be read.

use std::fs::File;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

use super::calls::Calls;
use super::front::{Front, take_events};
use super::usage::Usage;
use crate::functions::Variables;
use crate::local::{self, Server};
use crate::runtime_api::{Heard, Invocation};

/// The longest that one event may take here.
const PATIENCE: Duration = Duration::from_mins(5);
/// How often a process that says nothing is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How many processes there were.
static REQUESTS: AtomicUsize = AtomicUsize::new(0);

/// What to run.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) function: &'static str,
    pub(super) executable: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) variables: Variables,
    /// None: the process is ended when it asks for one.
    pub(super) event: Option<Value>,
    /// Where everything that the process writes goes.
    pub(super) log: PathBuf,
}

/// What was seen of a process.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    /// From the process's start until it asked for an event.
    pub(super) to_first_poll: Duration,
    /// What it had used by then.
    pub(super) at_first_poll: Usage,
    /// From the event to the answer.
    pub(super) time: Duration,
    /// What it had used when it answered.
    pub(super) usage: Usage,
    /// The result; null without an event.
    pub(super) result: Value,
    /// Every call that it made.
    pub(super) calls: Calls,
}

/// Runs one event in a process of its own, which does not outlive it. Every event that it hands to Lambda is taken, and no more.
///
/// # Errors
/// When it cannot be started, ends by itself, or answers with an error.
pub(super) fn run(job: &Job, front: &Front<'_>, delay: Duration) -> anyhow::Result<Flight> {
    let (aws, events, lambda) = (local::listener()?, local::listener()?, local::listener()?);
    let sink = Front::new(None, delay, &take_events);
    let log = File::create(&job.log).with_context(|| format!("cannot write {}", job.log.display()))?;
    let mut command = Command::new(&job.executable);
    command.args(&job.arguments).env_clear().envs(&job.variables);
    command.env("AWS_ENDPOINT_URL", format!("http://{}", aws.local_addr()?));
    command.env("AWS_ENDPOINT_URL_LAMBDA", format!("http://{}", events.local_addr()?));
    command.env("AWS_LAMBDA_RUNTIME_API", lambda.local_addr()?.to_string());
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let (sender, heard) = mpsc::channel();
    let began = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot start {}", job.executable.display()))?;
    let process = child.id();
    let hear = |heard| drop(sender.send((heard, Instant::now(), Usage::of(process))));
    // Another one for each, as a run that goes on where one of the same id ended makes other calls.
    let request_id = format!("{:08}-benchmark", REQUESTS.fetch_add(1, Ordering::SeqCst));
    let invocation = Invocation::new(job.event.as_ref(), &request_id, job.function, &hear);
    let serve_aws = |stream: &TcpStream| front.serve(stream);
    let serve_events = |stream: &TcpStream| sink.serve(stream);
    let serve_lambda = |stream: &TcpStream| invocation.serve(stream);
    let servers = [
        Server { listener: &aws, serve: &serve_aws },
        Server { listener: &events, serve: &serve_events },
        Server { listener: &lambda, serve: &serve_lambda },
    ];
    let flight = local::serve_while(&servers, || {
        let flight = follow(&mut child, &heard, began, job.event.is_some());
        child.kill()?;
        child.wait()?;
        flight
    });
    let mut flight = flight.with_context(|| format!("{}; see {}", job.function, job.log.display()))?;
    flight.calls = front.take_calls();
    flight.calls.merge(sink.take_calls());
    Ok(flight)
}

type Word = (Heard, Instant, anyhow::Result<Usage>);

fn follow(child: &mut Child, heard: &Receiver<Word>, began: Instant, has_event: bool) -> anyhow::Result<Flight> {
    let (Heard::Polled, polled, usage) = next(child, heard)? else { bail!("it answered without an event") };
    let at_first_poll = usage?;
    let (result, answered, usage) = if has_event {
        match next(child, heard)? {
            (Heard::Answered(result), at, usage) => (result, at, usage?),
            (Heard::Failed(error), ..) => bail!("it answered with an error: {error}"),
            (Heard::Polled, ..) => bail!("it asked for another event without an answer"),
        }
    } else {
        (Value::Null, polled, at_first_poll)
    };
    Ok(Flight {
        to_first_poll: polled - began,
        at_first_poll,
        time: answered - polled,
        usage,
        result,
        calls: Calls::default(),
    })
}

fn next(child: &mut Child, heard: &Receiver<Word>) -> anyhow::Result<Word> {
    let began = Instant::now();
    loop {
        match heard.recv_timeout(LOOK) {
            Ok(word) => return Ok(word),
            Err(RecvTimeoutError::Disconnected) => bail!("nobody listens to it"),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(status) = child.try_wait()? {
            bail!("it ended by itself: {status}");
        }
        if began.elapsed() > PATIENCE {
            bail!("it said nothing for {} s", PATIENCE.as_secs());
        }
    }
}
