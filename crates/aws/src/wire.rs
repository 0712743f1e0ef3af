//! For unit tests: a wire on which a closure answers, and which keeps what was sent. For what no emulator does on demand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

/// Pauses that cost no time.
#[derive(Debug)]
pub(crate) struct Instantly;

impl AsyncSleep for Instantly {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(tokio::task::yield_now())
    }
}

/// A request as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) uri: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Sent {
    /// Whether it asks SES for its account.
    pub(crate) fn is_of_account(&self) -> bool {
        self.uri.ends_with("/v2/email/account")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// What the wire does with a request.
pub(crate) enum Answer {
    /// An answer: status and body.
    Status(u16, String),
    /// An answer with headers.
    WithHeaders(u16, Vec<(&'static str, &'static str)>, String),
    /// The connection breaks; the request may have arrived.
    Lost,
    /// Nothing ever comes.
    Silence,
}

/// An answer of a service that speaks JSON.
pub(crate) fn json(status: u16, body: &str) -> Answer {
    Answer::Status(status, body.to_owned())
}

/// An error of a service that speaks JSON.
pub(crate) fn json_error(status: u16, code: &str, message: &str) -> Answer {
    Answer::Status(status, serde_json::json!({ "__type": code, "message": message }).to_string())
}

/// An answer of IAM or STS.
pub(crate) fn xml(operation: &str, result: &str) -> Answer {
    Answer::Status(
        200,
        format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"),
    )
}

/// A page of a bucket's listing, with the token of the next one where there is one. Everything was written at that time.
pub(crate) fn bucket_page(keys: &[&str], at: &str, next: Option<&str>) -> Answer {
    let content = |key: &&str| format!("<Contents><Key>{key}</Key><LastModified>{at}</LastModified></Contents>");
    let contents: Vec<_> = keys.iter().map(content).collect();
    let contents = contents.concat();
    let token = next.map(|token| format!("<NextContinuationToken>{token}</NextContinuationToken>"));
    let (truncated, token) = (next.is_some(), token.unwrap_or_default());
    let body = format!("<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{token}{contents}</ListBucketResult>");
    Answer::Status(200, body)
}

/// An error of IAM or STS.
pub(crate) fn xml_error(status: u16, code: &str, message: &str) -> Answer {
    Answer::Status(
        status,
        format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"),
    )
}

type Answers = Box<dyn Fn(usize, &Sent) -> Answer + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Wire {
    sent: Arc<Mutex<Vec<Sent>>>,
    answers: Arc<Answers>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// The closure gets the number of the request, from 0, and the request.
    pub(crate) fn new(answers: impl Fn(usize, &Sent) -> Answer + Send + Sync + 'static) -> Self {
        Self { sent: Arc::default(), answers: Arc::new(Box::new(answers)) }
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// The objects that were to be deleted, in order.
    pub(crate) fn deleted(&self) -> Vec<String> {
        let sent = self.sent();
        let gone = sent.iter().filter(|sent| sent.uri.contains("x-id=DeleteObject"));
        gone.map(|sent| sent.uri.split('?').next().unwrap_or_default().to_owned()).collect()
    }

    /// A configuration with this wire, the attempts of the real one, and next to no waiting.
    pub(crate) fn config(&self) -> SdkConfig {
        let attempt = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(50)).build();
        let retries = crate::config::retries().with_initial_backoff(Duration::from_millis(1));
        self.config_with(&retries, attempt)
    }

    fn config_with(&self, retries: &RetryConfig, timeouts: TimeoutConfig) -> SdkConfig {
        let credentials = Credentials::new("AKIAOWNOWNOWNOWNOWN0", "own-secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(retries.clone())
            .timeout_config(timeouts)
            .http_client(self.clone())
            .build()
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let sent = Sent { uri: request.uri().to_owned(), headers, body };
        let number = {
            let mut all = self.sent.lock().unwrap();
            all.push(sent.clone());
            all.len() - 1
        };
        match (self.answers)(number, &sent) {
            Answer::Status(status, body) => HttpConnectorFuture::ready(Ok(response(status, &[], body))),
            Answer::WithHeaders(status, headers, body) => {
                HttpConnectorFuture::ready(Ok(response(status, &headers, body)))
            }
            Answer::Lost => HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset".into()))),
            Answer::Silence => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

fn response(status: u16, headers: &[(&'static str, &'static str)], body: String) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
    for (name, value) in headers {
        response.headers_mut().insert(*name, *value);
    }
    response
}
