//! The SDK's HTTP requests, read as AWS reads them.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The key of the function's own role.
pub(crate) const OWN_KEY: &str = "ASIAKEYWHEELFUNCTION";
/// The key of the session in the account.
pub(crate) const SESSION_KEY: &str = "ASIAKEYWHEELSESSION0";

/// A request of which everything is known that the account needs.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The service that it was signed for.
    pub(crate) service: String,
    /// The API's name of what is asked.
    pub(crate) operation: String,
    /// The id that the SDK gives all attempts of one call.
    pub(crate) invocation: String,
    /// Which attempt it is, from 1.
    pub(crate) attempt: u32,
    /// The id of the key that signed it.
    pub(crate) signer: String,
    /// The path, decoded.
    pub(crate) path: String,
    /// The body.
    pub(crate) body: String,
    /// The headers, their names in small letters.
    pub(crate) headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn of(sent: &HttpRequest) -> Self {
        let headers: Vec<_> =
            sent.headers().iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        let header = |name: &str| found(&headers, name).unwrap_or_default().to_owned();
        let (signer, service) = scope(&header("authorization"));
        let body = sent.body().bytes().unwrap_or_else(|| panic!("the body of a request is a stream"));
        let body = String::from_utf8(body.to_vec()).unwrap();
        let path = sent.uri().split_once("://").map_or(sent.uri(), |(_, rest)| rest);
        let path = path.find('/').map_or("/", |start| &path[start..]).split('?').next().unwrap_or_default();
        Self {
            operation: operation(&service, sent.method(), &header("x-amz-target"), &body),
            service,
            invocation: header("amz-sdk-invocation-id"),
            attempt: attempt(&header("amz-sdk-request")),
            signer,
            path: decoded(path),
            body,
            headers,
        }
    }

    /// A header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        found(&self.headers, name)
    }

    /// A parameter of the query protocol, or a field of JSON.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        if self.body.starts_with('{') {
            let json: Value = serde_json::from_str(&self.body).unwrap();
            return json[name].as_str().map(str::to_owned);
        }
        parameter(&self.body, name)
    }

    /// A parameter or field that this call cannot do without.
    pub(crate) fn needed(&self, name: &str) -> String {
        self.field(name).unwrap_or_else(|| panic!("{} has no {name}: {self:?}", self.operation))
    }

    /// Whether it can change anything.
    pub(crate) fn is_write(&self) -> bool {
        !["Get", "List", "Describe"].iter().any(|reads| self.operation.starts_with(reads))
    }

    /// Whether a user's key signed it, as a proof of that key does.
    pub(crate) fn is_signed_by_a_user(&self) -> bool {
        ![OWN_KEY, SESSION_KEY].contains(&self.signer.as_str())
    }

    /// The call and what it is about, for the words of a failed test.
    pub(crate) fn told(&self) -> String {
        let subject =
            ["UserName", "AccessKeyId", "SecretId", "Name", "RoleArn"].map(|name| match self.service.as_str() {
                "s3" | "lambda" => None,
                _ => self.field(name),
            });
        let subject: Vec<_> = subject.into_iter().flatten().collect();
        let of = if subject.is_empty() { self.path.clone() } else { subject.join(" ") };
        let signer = if self.is_signed_by_a_user() { format!(" with {}", self.signer) } else { String::new() };
        format!("{}:{} {of}{signer}", self.service, self.operation)
    }
}

fn found<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

fn parameter(body: &str, name: &str) -> Option<String> {
    let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(parameter, _)| *parameter == name).map(|(_, value)| decoded(value))
}

/// Signer and service in `AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request, …`.
fn scope(authorization: &str) -> (String, String) {
    let scope = authorization.split_once("Credential=").map_or("", |(_, rest)| rest);
    let mut parts = scope.split(',').next().unwrap_or_default().split('/');
    let signer = parts.next().unwrap_or_default().to_owned();
    (signer, parts.nth(2).unwrap_or_default().to_owned())
}

fn operation(service: &str, method: &str, target: &str, body: &str) -> String {
    match (service, method) {
        ("secretsmanager" | "ssm", _) => target.split('.').next_back().unwrap_or_default().to_owned(),
        ("s3", "GET") => "GetObject".to_owned(),
        ("s3", "PUT") => "PutObject".to_owned(),
        ("lambda", "POST") => "Invoke".to_owned(),
        ("iam" | "sts", _) => parameter(body, "Action").unwrap_or_default(),
        other => panic!("a request that no adapter makes: {other:?}"),
    }
}

/// The number in `attempt=1; max=5`.
fn attempt(header: &str) -> u32 {
    let number = header.split(';').find_map(|part| part.trim().strip_prefix("attempt="));
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no attempt in {header:?}"))
}
