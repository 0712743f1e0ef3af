//! What a request calls: the operation, on what, for whom.

use std::fmt;

use serde_json::Value;

use crate::operation::{Operation, field};
use crate::wire::Message;

/// What tells the calls of a night apart, whatever the account's ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Label {
    /// Service and operation, and what it is about where one operation serves several ends.
    pub(super) kind: String,
    /// The user that it is about; empty where it names none.
    pub(super) user: String,
}

/// One call among those of its label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) label: Label,
    /// The how manieth of its label, from one.
    pub(super) number: usize,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Label { kind, user } = &self.label;
        let of = if user.is_empty() { String::new() } else { format!(" for {user}") };
        write!(f, "{kind}{of}, number {}", self.number)
    }
}

/// A request, understood.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) label: Label,
    /// The access key that it names, or stores.
    pub(super) key: Option<String>,
    /// It is to make that key active.
    pub(super) activates: bool,
}

impl Call {
    pub(super) fn of(request: &Message) -> Self {
        let body = String::from_utf8_lossy(request.body());
        let operation = Operation::of(request);
        // Only keys of users begin so; the function's own and the member role's are of sessions.
        let proof = if operation.signer.starts_with("AKIA") { " with the new key" } else { "" };
        let (about, user) = match operation.service.as_str() {
            "s3" => (about_object(request), String::new()),
            "lambda" => (format!(" {}", function(request)), String::new()),
            "secretsmanager" => (proof.to_owned(), user_of_secret(&body)),
            _ => (proof.to_owned(), field(&body, "UserName").unwrap_or_default()),
        };
        let label = Label { kind: format!("{operation}{about}"), user };
        let key = field(&body, "AccessKeyId").or_else(|| stored_key(&body));
        Self { label, key, activates: field(&body, "Status").as_deref() == Some("Active") }
    }

    /// Whether it hands a digest to notification.
    pub(super) fn is_digest(&self) -> bool {
        self.label.kind == "lambda:Invoke notification"
    }
}

/// The id of the key in an answer to CreateAccessKey.
pub(super) fn made_key(answer: &Message) -> Option<String> {
    let body = String::from_utf8_lossy(answer.body());
    let (_, rest) = body.split_once("<AccessKeyId>")?;
    Some(rest.split_once("</AccessKeyId>")?.0.to_owned())
}

/// What an object in `/bucket/keywheel/ledger/111122223333.json` and the like is.
fn about_object(request: &Message) -> String {
    let path = request.target().split('?').next().unwrap_or_default();
    let about = match path.trim_start_matches('/').split('/').nth(2) {
        Some("runs") => "result",
        Some(part) => part.trim_end_matches('s'),
        None => "list",
    };
    format!(" {about}")
}

/// The function in `/2015-03-31/functions/NAME/invocations`.
fn function(request: &Message) -> &str {
    request.target().split('/').nth(3).unwrap_or_default()
}

/// The id of the key whose pair PutSecretValue or CreateSecret stores.
fn stored_key(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let pair: Value = serde_json::from_str(body["SecretString"].as_str()?).ok()?;
    pair["AccessKeyId"].as_str().map(str::to_owned)
}

fn user_of_secret(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let name = body["SecretId"].as_str().or_else(|| body["Name"].as_str()).unwrap_or_default();
    let user = name.split_once("_User_").and_then(|(_, rest)| rest.split_once("_AccessKey"));
    user.map_or("", |(user, _)| user).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(service: &str, request: &str, headers: &str, body: &str) -> Call {
        let text = format!(
            "{request} HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=ASIAX/20261120/eu-west-1/{service}/aws4_request, \
             SignedHeaders=host\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Call::of(&Message::request(&mut text.as_bytes()).unwrap().unwrap())
    }

    #[test]
    fn calls_of_every_protocol_are_told_apart() {
        let iam =
            call("iam", "POST /", "", "Action=UpdateAccessKey&UserName=retired&AccessKeyId=AKIAX&Status=Inactive");
        assert_eq!((iam.label.kind.as_str(), iam.label.user.as_str()), ("iam:UpdateAccessKey", "retired"));
        assert_eq!(iam.key.as_deref(), Some("AKIAX"));
        let secret = r#"{"SecretId":"Account_111122223333_User_alice_AccessKey"}"#;
        let secret = call("secretsmanager", "POST /", "X-Amz-Target: secretsmanager.DescribeSecret\r\n", secret);
        assert_eq!(
            (secret.label.kind.as_str(), secret.label.user.as_str()),
            ("secretsmanager:DescribeSecret", "alice")
        );
        let pair = r#"{"SecretId":"x","SecretString":"{\"AccessKeyId\":\"AKIAX\"}"}"#;
        let pair = call("secretsmanager", "POST /", "X-Amz-Target: secretsmanager.PutSecretValue\r\n", pair);
        assert_eq!((pair.label.kind.as_str(), pair.key.as_deref()), ("secretsmanager:PutSecretValue", Some("AKIAX")));
        let kind = |service, request| call(service, request, "", "").label.kind;
        assert_eq!(kind("s3", "PUT /bucket/keywheel/ledger/1.json?x-id=PutObject"), "s3:PutObject ledger");
        assert_eq!(kind("s3", "GET /bucket/keywheel/notices/1/2.json"), "s3:GetObject notice");
        assert_eq!(kind("s3", "PUT /bucket/keywheel/runs/r/accounts/1.json"), "s3:PutObject result");
        assert_eq!(kind("lambda", "POST /2015-03-31/functions/notification/invocations"), "lambda:Invoke notification");
    }

    #[test]
    fn a_user_s_own_key_is_told_from_a_session_s() {
        let text = "POST / HTTP/1.1\r\nAuthorization: x Credential=AKIAX/20261120/eu-west-1/sts/aws4_request\r\nContent-Length: 24\r\n\r\nAction=GetCallerIdentity";
        let call = Call::of(&Message::request(&mut text.as_bytes()).unwrap().unwrap());
        assert_eq!(call.label.kind, "sts:GetCallerIdentity with the new key");
    }
}
