//! Stands between the function and AWS: knows every call, and ends the function's process at the one that was chosen.

use std::collections::BTreeMap;
use std::io::{BufReader, Result};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::call::{Call, Label, Spot, made_key};
use super::process::End;
use crate::local::lock;
use crate::wire::Message;

/// When to end the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kill {
    /// At this call.
    pub(super) at: Spot,
    /// After AWS has answered it, before the answer is passed on; else before the call is passed on.
    pub(super) after: bool,
}

/// A call that came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) spot: Spot,
    /// The access key that it named, made or stored.
    pub(super) key: Option<String>,
    /// It was to make that key active.
    pub(super) activates: bool,
    /// The status of its answer; none where it never reached AWS.
    pub(super) status: Option<u16>,
}

/// One process's way to AWS.
pub(super) struct Proxy {
    upstream: SocketAddr,
    kill: Option<Kill>,
    child: Mutex<Child>,
    ended: Sender<End>,
    is_dead: AtomicBool,
    counts: Mutex<BTreeMap<Label, usize>>,
    seen: Mutex<Vec<Seen>>,
    digests: Mutex<Vec<Value>>,
}

impl Proxy {
    pub(super) fn new(upstream: SocketAddr, kill: Option<Kill>, child: Child, ended: Sender<End>) -> Self {
        let (counts, seen, digests) = <_>::default();
        Self { upstream, kill, child: Mutex::new(child), ended, is_dead: AtomicBool::new(false), counts, seen, digests }
    }

    /// Serves one connection until either side closes it.
    pub(super) fn serve(&self, client: &TcpStream) -> Result<()> {
        let upstream = TcpStream::connect(self.upstream)?;
        for stream in [client, &upstream] {
            stream.set_nodelay(true)?;
        }
        let (mut from_client, mut from_upstream) = (BufReader::new(client), BufReader::new(&upstream));
        while let Some(request) = Message::request(&mut from_client)? {
            // What a dead process had sent before is lost, as it is when a machine dies.
            if self.is_dead.load(Ordering::SeqCst) {
                break;
            }
            let call = Call::of(&request);
            let spot = self.count(&call);
            let meant = self.kill.as_ref().filter(|kill| kill.at == spot);
            if meant.is_some_and(|kill| !kill.after) {
                self.strike();
                self.note(spot, &call, None);
                break;
            }
            let answer = if call.is_digest() {
                self.take_digest(&request)
            } else {
                request.write(&mut &upstream)?;
                Message::answer_to(&request, &mut from_upstream)?
            };
            self.note(spot, &call, Some(&answer));
            if meant.is_some() {
                self.strike();
                break;
            }
            answer.write(&mut &*client)?;
        }
        Ok(())
    }

    /// Ends the process and waits until it is gone.
    pub(super) fn end(&self) -> Result<()> {
        self.is_dead.store(true, Ordering::SeqCst);
        let mut child = lock(&self.child);
        child.kill()?;
        child.wait().map(drop)
    }

    /// Every call and every digest, once the process is gone.
    pub(super) fn into_parts(self) -> (Vec<Seen>, Vec<Value>) {
        let seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        (seen, self.digests.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn strike(&self) {
        self.is_dead.store(true, Ordering::SeqCst);
        let _ = self.ended.send(End::Killed);
        // SIGKILL: the process has no say in it.
        let _ = lock(&self.child).kill();
    }

    fn count(&self, call: &Call) -> Spot {
        let mut counts = lock(&self.counts);
        let number = counts.entry(call.label.clone()).or_default();
        *number += 1;
        Spot { label: call.label.clone(), number: *number }
    }

    fn note(&self, spot: Spot, call: &Call, answer: Option<&Message>) {
        let made = answer.filter(|_| spot.label.kind == "iam:CreateAccessKey").and_then(made_key);
        let status = answer.and_then(Message::status);
        let key = made.or_else(|| call.key.clone());
        lock(&self.seen).push(Seen { spot, key, activates: call.activates, status });
    }

    /// Lambda takes an event and answers at once; what notification would do with it is done when the process has ended.
    fn take_digest(&self, request: &Message) -> Message {
        lock(&self.digests).push(serde_json::from_slice(request.body()).unwrap_or_default());
        Message::answer("202 Accepted", &[], &[])
    }
}
