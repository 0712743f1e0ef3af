//! One process of the compiled function: started, handed one event through a Lambda Runtime API of our own, and ended.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Result};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, Scope};
use std::time::Duration;

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::proxy::{Kill, Proxy, Seen};
use super::wire::Message;

/// The longest that one event may take here.
const PATIENCE: Duration = Duration::from_mins(2);

/// How long Lambda would let it run.
const TIME: SignedDuration = SignedDuration::from_mins(15);

const ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:key-rotation";

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
    let (aws, lambda) = (listener()?, listener()?);
    let mut command = Command::new(&job.executable);
    command.env_clear().envs(&job.variables);
    command.env("AWS_ENDPOINT_URL", format!("http://{}", aws.local_addr()?));
    command.env("AWS_LAMBDA_RUNTIME_API", lambda.local_addr()?.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", job.executable.display()))?;
    let outputs = (child.stdout.take(), child.stderr.take());
    let (ended, ends) = mpsc::channel();
    let proxy = Proxy::new(job.upstream, job.kill.clone(), child, ended.clone());
    let invocation = Invocation { job, ended: ended.clone(), is_handed: AtomicBool::new(false) };
    let is_over = AtomicBool::new(false);
    let (end, output) = thread::scope(|scope| {
        let (is_over, proxy, invocation) = (&is_over, &proxy, &invocation);
        let (aws, lambda) = (&aws, &lambda);
        scope.spawn(move || accept(scope, aws, is_over, move |stream| proxy.serve(stream)));
        scope.spawn(move || accept(scope, lambda, is_over, move |stream| invocation.serve(stream)));
        let errors = scope.spawn(move || text(outputs.1));
        let lines = scope.spawn(move || {
            let lines = text(outputs.0);
            let _ = ended.send(End::Gone);
            lines
        });
        let end = ends.recv_timeout(PATIENCE).unwrap_or(End::Late);
        let gone = proxy.end();
        is_over.store(true, Ordering::SeqCst);
        for listener in [aws, lambda] {
            drop(listener.local_addr().and_then(TcpStream::connect)); // wakes it
        }
        let output = [lines, errors].map(|text| text.join().unwrap_or_default()).concat();
        gone.map(|()| (end, output))
    })?;
    let (seen, digests) = proxy.into_parts();
    Ok(Flight { end, seen, digests, output })
}

fn listener() -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

fn accept<'scope, 'env, S>(scope: &'scope Scope<'scope, 'env>, listener: &TcpListener, is_over: &AtomicBool, serve: S)
where
    S: Fn(&TcpStream) -> Result<()> + Copy + Send + 'scope,
{
    for stream in listener.incoming().map_while(Result::ok) {
        if is_over.load(Ordering::SeqCst) {
            return;
        }
        // A connection that breaks is the process's to notice.
        scope.spawn(move || drop(serve(&stream)));
    }
}

fn text(from: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        let _ = from.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The Lambda Runtime API (Lambda developer guide, "Using the Lambda runtime API") of one invocation.
struct Invocation<'a> {
    job: &'a Job,
    ended: Sender<End>,
    is_handed: AtomicBool,
}

impl Invocation<'_> {
    fn serve(&self, stream: &TcpStream) -> Result<()> {
        let mut from = BufReader::new(stream);
        while let Some(request) = Message::request(&mut from)? {
            let payload = || serde_json::from_slice(request.body()).unwrap_or_default();
            let answer = match request.target().rsplit('/').next() {
                // There is no other event: the process waits until it is ended.
                Some("next") if self.is_handed.swap(true, Ordering::SeqCst) => continue,
                Some("next") => self.event(),
                Some("response") => {
                    let _ = self.ended.send(End::Answered(payload()));
                    Message::answer("202 Accepted", &[], &[])
                }
                _ => {
                    let _ = self.ended.send(End::Failed(payload()));
                    Message::answer("202 Accepted", &[], &[])
                }
            };
            answer.write(&mut &*stream)?;
        }
        Ok(())
    }

    fn event(&self) -> Message {
        let deadline = Timestamp::now().checked_add(TIME).unwrap_or(Timestamp::MAX);
        let deadline = deadline.as_millisecond().to_string();
        let headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", self.job.request_id.as_str()),
            ("Lambda-Runtime-Deadline-Ms", &deadline),
            ("Lambda-Runtime-Invoked-Function-Arn", ARN),
        ];
        Message::answer("200 OK", &headers, self.job.event.to_string().as_bytes())
    }
}
