//! Stands before the emulator: counts every call, makes it wait as long as AWS would, and answers some itself.

use std::io::{BufReader, ErrorKind, Result};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::calls::Calls;
use crate::local::lock;
use crate::operation::Operation;
use crate::wire::Message;

/// An answer of the front's own, where it has one.
pub(super) type Answers<'a> = dyn Fn(&Operation, &Message) -> Option<Message> + Sync + 'a;

/// One process's way to AWS.
pub(super) struct Front<'a> {
    /// The emulator; none where nothing is behind the front.
    upstream: Option<SocketAddr>,
    delay: Duration,
    answers: &'a Answers<'a>,
    calls: Mutex<Calls>,
}

impl<'a> Front<'a> {
    pub(super) fn new(upstream: Option<SocketAddr>, delay: Duration, answers: &'a Answers<'a>) -> Self {
        Self { upstream, delay, answers, calls: Mutex::default() }
    }

    /// Serves one connection until either side closes it.
    pub(super) fn serve(&self, client: &TcpStream) -> Result<()> {
        client.set_nodelay(true)?;
        let mut from_client = BufReader::new(client);
        let mut behind = None;
        while let Some(request) = Message::request(&mut from_client)? {
            let operation = Operation::of(&request);
            lock(&self.calls).add(&operation);
            if !self.delay.is_zero() {
                thread::sleep(self.delay);
            }
            let answer = match (self.answers)(&operation, &request) {
                Some(answer) => answer,
                None => self.pass_on(&request, &mut behind)?,
            };
            answer.write(&mut &*client)?;
        }
        Ok(())
    }

    /// The calls so far, which are then forgotten.
    pub(super) fn take_calls(&self) -> Calls {
        std::mem::take(&mut lock(&self.calls))
    }

    /// Unchanged, as it is signed with its `Host`. The connection is kept for the next.
    fn pass_on(&self, request: &Message, behind: &mut Option<BufReader<TcpStream>>) -> Result<Message> {
        let from = match behind {
            Some(from) => from,
            none => {
                let stream = TcpStream::connect(self.upstream.ok_or(ErrorKind::Unsupported)?)?;
                stream.set_nodelay(true)?;
                none.insert(BufReader::new(stream))
            }
        };
        request.write(&mut from.get_ref())?;
        Message::answer_to(request, from)
    }
}

/// Lambda takes every event, and nothing becomes of it.
pub(super) fn take_events(operation: &Operation, _request: &Message) -> Option<Message> {
    (operation.service == "lambda").then(|| Message::answer("202 Accepted", &[], &[]))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::local::{self, Server};

    fn request(service: &str, action: &str) -> String {
        format!(
            "POST / HTTP/1.1\r\nHost: front\r\nAuthorization: x Credential=A/1/r/{service}/aws4_request\r\nContent-Length: {}\r\n\r\n\
             Action={action}",
            action.len() + 7
        )
    }

    /// The first lines of the answers to these requests on one connection, and what the front counted.
    fn answers(delay: Duration, requests: &[String]) -> (Vec<String>, Calls) {
        let (listener, behind) = (local::listener().unwrap(), local::listener().unwrap());
        let front = Front::new(Some(behind.local_addr().unwrap()), delay, &take_events);
        let echo = |stream: &TcpStream| {
            let mut from = BufReader::new(stream);
            while let Some(request) = Message::request(&mut from)? {
                Message::answer("200 OK", &[], request.header("host").as_bytes()).write(&mut &*stream)?;
            }
            Ok(())
        };
        let serve = |stream: &TcpStream| front.serve(stream);
        let servers = [Server { listener: &listener, serve: &serve }, Server { listener: &behind, serve: &echo }];
        let lines = local::serve_while(&servers, || {
            let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let mut from = BufReader::new(&stream);
            let answer = |request: &String| {
                (&stream).write_all(request.as_bytes()).unwrap();
                let sent = Message::request(&mut request.as_bytes()).unwrap().unwrap();
                let answer = Message::answer_to(&sent, &mut from).unwrap();
                format!("{} {}", answer.status().unwrap(), String::from_utf8_lossy(answer.body()))
            };
            requests.iter().map(answer).collect()
        });
        (lines, front.take_calls())
    }

    #[test]
    fn calls_are_counted_passed_on_with_their_host_or_taken() {
        let (lines, calls) =
            answers(Duration::ZERO, &[request("iam", "ListUsers"), request("lambda", ""), request("iam", "ListUsers")]);
        assert_eq!(lines, ["200 front", "202 ", "200 front"]);
        assert_eq!(calls, Calls::of(&[("iam:ListUsers", 2), ("lambda:Invoke", 1)]));
    }

    #[test]
    fn every_call_waits() {
        let began = std::time::Instant::now();
        let (_, calls) = answers(Duration::from_millis(30), &[request("iam", "ListUsers"), request("lambda", "")]);
        assert!(began.elapsed() >= Duration::from_millis(60), "{:?}", began.elapsed());
        assert_eq!(calls.of_services(&["iam", "lambda"]), 2);
    }
}
