//! Answers in the form of the service that gives them.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use keywheel_engine::ports::{ErrorKind, PortError};
use serde_json::{Value, json};

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// Done; the body is the service's own.
    pub(crate) fn done(body: impl Into<String>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into() }
    }

    /// Done, in JSON.
    pub(crate) fn json(body: &Value) -> Self {
        Self::done(body.to_string())
    }

    /// Done, in the XML of IAM and STS.
    pub(crate) fn xml(operation: &str, result: &str) -> Self {
        Self::done(format!(
            "<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"
        ))
    }

    /// Refused or failed.
    pub(crate) fn error(service: &str, status: u16, code: &str, message: &str) -> Self {
        let message = escaped(message);
        let mut headers = Vec::new();
        let body = match service {
            "s3" => format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"),
            "iam" | "sts" => {
                format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")
            }
            _ => {
                headers.push(("x-amzn-errortype", code.to_owned()));
                json!({ "__type": code, "message": message }).to_string()
            }
        };
        Self { status, headers, body }
    }

    /// The model's refusal, whose message begins with AWS's code.
    pub(crate) fn refusal(service: &str, refused: &PortError) -> Self {
        let code = refused.message.split(':').next().unwrap_or_default();
        let status = match (service, refused.kind) {
            ("s3", ErrorKind::Conflict) => 412,
            ("iam", ErrorKind::NotFound) => 404,
            ("iam", ErrorKind::Conflict) => 409,
            _ => 400,
        };
        Self::error(service, status, code, &refused.message)
    }

    pub(crate) fn response(self) -> HttpResponse {
        let mut response = HttpResponse::new(StatusCode::try_from(self.status).unwrap(), SdkBody::from(self.body));
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// Text inside XML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
