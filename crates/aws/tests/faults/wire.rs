//! The wire between the SDK and the account: it takes the SDK's requests, lets one call fail, and keeps what was sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::byte_stream::ByteStream;
use keywheel_testkit::World;

use crate::answer::Answer;
use crate::fault::{Fate, Way};
use crate::request::Request;
use crate::state::Objects;
use crate::time::Time;
use crate::{iam, parameters, secrets, state};

/// How long the way to AWS and back takes.
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// A call as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// What was called, on what.
    pub(crate) told: String,
    /// Whether it can change anything.
    pub(crate) is_write: bool,
    /// The SDK's id of the call.
    invocation: String,
    /// How often it was sent.
    pub(crate) attempts: u32,
}

/// How the wire itself does wrong, to show that the judge sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// It sends CreateAccessKey twice, as the SDK's own retry would.
    CreatesTwice,
    /// It deletes a key that is to be made inactive.
    DeletesInsteadOfDeactivating,
    /// It answers a denied write of the ledger with a secret half.
    QuotesAHalf,
}

/// The wire to one account.
#[derive(Clone)]
pub(crate) struct Wire {
    /// The account.
    pub(crate) world: World,
    /// The time.
    pub(crate) time: Time,
    fault: Option<(usize, Way)>,
    sabotage: Option<Sabotage>,
    objects: Arc<Objects>,
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    calls: Vec<Call>,
    breaches: Vec<String>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// A wire on which the call of this number, counted from 0, fails.
    pub(crate) fn new(world: &World, fault: Option<(usize, Way)>) -> Self {
        // The wire takes the time itself, so that time-outs and pauses take some, too.
        world.account().behaviour.call_takes = jiff::SignedDuration::ZERO;
        let (world, time) = (world.clone(), Time::of(world));
        Self { world, time, fault, sabotage: None, objects: Arc::default(), log: Arc::default() }
    }

    /// A wire that does wrong itself.
    pub(crate) fn sabotaged(world: &World, sabotage: Sabotage) -> Self {
        Self { sabotage: Some(sabotage), ..Self::new(world, None) }
    }

    /// The calls that were made, each with its attempts.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.log.lock().unwrap().calls.clone()
    }

    /// What must not be sent and was.
    pub(crate) fn breaches(&self) -> Vec<String> {
        let log = self.log.lock().unwrap();
        let twice = |call: &&Call| call.told.contains(":CreateAccessKey ") && call.attempts > 1;
        let repeated =
            log.calls.iter().filter(twice).map(|call| format!("sent {} times: {}", call.attempts, call.told));
        log.breaches.iter().cloned().chain(repeated).collect()
    }

    /// Notes an attempt; brings the number of its call.
    fn note(&self, request: &Request) -> usize {
        let mut log = self.log.lock().unwrap();
        let takes_halves = ["secretsmanager", "ssm"].contains(&request.service.as_str());
        if !takes_halves && self.world.leaks(&request.body) {
            log.breaches.push(format!("a secret half was sent in {}", request.told()));
        }
        let known = log.calls.iter().position(|call| call.invocation == request.invocation);
        let number = known.unwrap_or(log.calls.len());
        if known.is_none() {
            let (told, is_write, invocation) = (request.told(), request.is_write(), request.invocation.clone());
            log.calls.push(Call { told, is_write, invocation, attempts: 0 });
        }
        log.calls[number].attempts += 1;
        number
    }

    async fn answer(self, number: usize, request: Request) -> Result<HttpResponse, ConnectorError> {
        self.time.wait(ROUND_TRIP).await;
        let hit = self.fault.filter(|(nth, _)| *nth == number);
        let fate = hit.map_or(Fate::Served, |(_, way)| way.fate(&request.service, request.attempt));
        match fate {
            Fate::Served => Ok(self.serve(&request).await.response()),
            Fate::Answered(answer) => Ok(answer.response()),
            Fate::Vanished => std::future::pending().await,
            Fate::ServedThenBroken => {
                self.serve(&request).await;
                Err(ConnectorError::io("connection reset by peer".into()))
            }
            Fate::ServedThenAnswered(answer) => {
                self.serve(&request).await;
                Ok(answer.response())
            }
            Fate::ServedThenSilence => {
                self.serve(&request).await;
                std::future::pending().await
            }
        }
    }

    async fn serve(&self, request: &Request) -> Answer {
        match (self.sabotage, request.operation.as_str()) {
            (Some(Sabotage::CreatesTwice), "CreateAccessKey") => {
                self.note(request);
                self.reach(request).await;
            }
            (Some(Sabotage::DeletesInsteadOfDeactivating), "UpdateAccessKey") => {
                let deletion = Request { operation: "DeleteAccessKey".to_owned(), ..request.clone() };
                self.reach(&deletion).await;
                return Answer::xml("UpdateAccessKey", "");
            }
            (Some(Sabotage::QuotesAHalf), "PutObject") => {
                let half = self.world.issued().pop().unwrap();
                return Answer::error("s3", 403, "AccessDenied", secrecy::ExposeSecret::expose_secret(&half));
            }
            _ => {}
        }
        self.reach(request).await
    }

    async fn reach(&self, request: &Request) -> Answer {
        let world = &self.world;
        match request.service.as_str() {
            "iam" => iam::iam(world, request).await,
            "sts" => iam::sts(world, request),
            "secretsmanager" => secrets::secrets(world, request).await,
            "ssm" => parameters::ssm(world, request),
            "s3" => state::s3(world, &self.objects, request),
            "lambda" => state::lambda(world, request),
            other => panic!("no adapter calls {other}"),
        }
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, mut sent: HttpRequest) -> HttpConnectorFuture {
        let request = Request::of(&sent);
        let number = self.note(&request);
        let (body, wire) = (ByteStream::new(sent.take_body()), self.clone());
        HttpConnectorFuture::new(async move {
            // What nobody reads the SDK takes for an upload that has come to a stop.
            body.collect().await.map_err(|error| ConnectorError::io(error.into()))?;
            wire.answer(number, request).await
        })
    }
}
