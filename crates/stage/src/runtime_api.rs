//! The Lambda Runtime API (Lambda developer guide, "Using the Lambda runtime API") of one invocation.

use std::io::{BufReader, Result};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::clients::REGION;
use crate::wire::Message;

/// How long Lambda would let it run.
const TIME: SignedDuration = SignedDuration::from_mins(15);

/// What a function's process told Lambda.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It asked for an event.
    Polled,
    /// It returned its result.
    Answered(Value),
    /// It returned an error.
    Failed(Value),
}

/// Lambda, as one process sees it: one event, or none.
pub(crate) struct Invocation<'a> {
    event: Option<&'a Value>,
    request_id: &'a str,
    function_arn: String,
    hear: &'a (dyn Fn(Heard) + Sync),
    is_handed: AtomicBool,
}

impl<'a> Invocation<'a> {
    /// An event for a function of this name; `hear` is called before the process gets its answer. Without an event the process waits
    /// for one until it is ended, as it does after its first.
    pub(crate) fn new(
        event: Option<&'a Value>,
        request_id: &'a str,
        function: &str,
        hear: &'a (dyn Fn(Heard) + Sync),
    ) -> Self {
        let function_arn = format!("arn:aws:lambda:{REGION}:111122223333:function:{function}");
        Self { event, request_id, function_arn, hear, is_handed: AtomicBool::new(false) }
    }

    /// Serves one connection until the process closes it.
    pub(crate) fn serve(&self, stream: &TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut from = BufReader::new(stream);
        while let Some(request) = Message::request(&mut from)? {
            let payload = || serde_json::from_slice(request.body()).unwrap_or_default();
            let answer = match request.target().rsplit('/').next() {
                Some("next") => {
                    let is_first = !self.is_handed.swap(true, Ordering::SeqCst);
                    if is_first {
                        (self.hear)(Heard::Polled);
                    }
                    let Some(event) = self.event.filter(|_| is_first) else { continue };
                    self.handed(event)
                }
                Some("response") => {
                    (self.hear)(Heard::Answered(payload()));
                    Message::answer("202 Accepted", &[], &[])
                }
                _ => {
                    (self.hear)(Heard::Failed(payload()));
                    Message::answer("202 Accepted", &[], &[])
                }
            };
            answer.write(&mut &*stream)?;
        }
        Ok(())
    }

    fn handed(&self, event: &Value) -> Message {
        let deadline = Timestamp::now().checked_add(TIME).unwrap_or(Timestamp::MAX);
        let deadline = deadline.as_millisecond().to_string();
        let headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", self.request_id),
            ("Lambda-Runtime-Deadline-Ms", &deadline),
            ("Lambda-Runtime-Invoked-Function-Arn", &self.function_arn),
        ];
        Message::answer("200 OK", &headers, event.to_string().as_bytes())
    }
}
