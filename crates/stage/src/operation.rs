//! Which operation of which service a signed request is for, in all of AWS's protocols that Keywheel speaks.

use std::fmt;

use crate::wire::Message;

/// An operation, and who signed the request for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// The service's name in the signature, such as `iam`.
    pub(crate) service: String,
    /// The operation's name, such as `ListUsers`.
    pub(crate) name: String,
    /// The id of the access key that signed it.
    pub(crate) signer: String,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.name)
    }
}

impl Operation {
    pub(crate) fn of(request: &Message) -> Self {
        let scope = request.header("authorization").split("Credential=").nth(1).unwrap_or_default();
        let mut scope = scope.split('/');
        let (signer, service) = (scope.next().unwrap_or_default(), scope.nth(2).unwrap_or_default());
        let name = match (service, request.header("x-amz-target")) {
            ("s3", _) => of_storage(request).to_owned(),
            ("lambda", _) => "Invoke".to_owned(),
            (_, "") => field(&String::from_utf8_lossy(request.body()), "Action").unwrap_or_default(),
            (_, target) => target.rsplit('.').next().unwrap_or_default().to_owned(),
        };
        Self { service: service.to_owned(), name, signer: signer.to_owned() }
    }
}

fn of_storage(request: &Message) -> &'static str {
    match request.method() {
        "PUT" => "PutObject",
        "HEAD" => "HeadObject",
        _ if request.target().contains("list-type=2") => "ListObjectsV2",
        _ => "GetObject",
    }
}

/// A field of a form; the names and ids here need no escaping.
pub(crate) fn field(body: &str, name: &str) -> Option<String> {
    let fields = body.split('&').filter_map(|field| field.split_once('='));
    fields.filter(|(field, _)| *field == name).map(|(_, value)| value.to_owned()).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(service: &str, request: &str, headers: &str, body: &str) -> String {
        let text = format!(
            "{request} HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=ASIAX/20261120/eu-west-1/{service}/aws4_request, \
             SignedHeaders=host\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let operation = Operation::of(&Message::request(&mut text.as_bytes()).unwrap().unwrap());
        assert_eq!(operation.signer, "ASIAX");
        operation.to_string()
    }

    #[test]
    fn operations_of_every_protocol_have_their_names() {
        assert_eq!(operation("iam", "POST /", "", "Action=ListUsers&MaxItems=1000"), "iam:ListUsers");
        assert_eq!(operation("sts", "POST /", "", "Version=1&Action=AssumeRole"), "sts:AssumeRole");
        let target = "X-Amz-Target: AWSOrganizationsV20161128.ListAccounts\r\n";
        assert_eq!(operation("organizations", "POST /", target, "{}"), "organizations:ListAccounts");
        let target = "X-Amz-Target: secretsmanager.PutSecretValue\r\n";
        assert_eq!(operation("secretsmanager", "POST /", target, "{}"), "secretsmanager:PutSecretValue");
        let invoke = "POST /2015-03-31/functions/key-rotation/invocations";
        assert_eq!(operation("lambda", invoke, "", "{}"), "lambda:Invoke");
        assert_eq!(operation("s3", "GET /bucket/keywheel/ledger/1.json?x-id=GetObject", "", ""), "s3:GetObject");
        assert_eq!(operation("s3", "GET /bucket/?list-type=2&prefix=keywheel", "", ""), "s3:ListObjectsV2");
        assert_eq!(operation("s3", "PUT /bucket/keywheel/ledger/1.json", "", ""), "s3:PutObject");
    }
}
