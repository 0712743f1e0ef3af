//! From the SDK's errors to [`PortError`]. Only AWS's error code and message get out, never a request, an answer's body or a type of the SDK.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use keywheel_engine::ports::{ErrorKind, PortError};

/// Characters of an error message that are kept.
const MESSAGE_LENGTH: usize = 600;

/// The error of the call `operation`, such as `iam:GetUser`; for whoever makes calls of its own, too.
pub fn port_error<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let hint = hint(operation, code(error).unwrap_or(""));
    PortError { operation, kind: kind(error), message: format!("{}{hint}", one_line(&message(error))) }
}

/// The way out of a refusal in an account that is looked after; the calls to other services have hints of their own.
fn hint(operation: &str, code: &str) -> String {
    let is_in_account = ["iam:", "secretsmanager:", "ssm:"].iter().any(|service| operation.starts_with(service));
    if is_in_account && code.starts_with("AccessDenied") {
        format!("; the role that looks after the account needs {operation}, and no policy may deny it")
    } else {
        String::new()
    }
}

/// For calls that carry a secret half: AWS's validation messages quote the value that they refuse, and what stands in front of AWS
/// may quote anything when it fails, so only the code is kept of these.
pub(crate) fn port_error_of_secret<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let mut mapped = port_error(operation, error);
    let may_quote = mapped.kind == ErrorKind::Unanswered && error.as_service_error().is_some();
    if mapped.kind == ErrorKind::Invalid || may_quote {
        mapped.message =
            format!("{} (AWS's message may quote the secret and is withheld)", code(error).unwrap_or("no code"));
    }
    mapped
}

/// An answer of AWS that cannot be: something in it is missing or is not what it should be.
pub(crate) fn bad_answer(operation: &'static str, what: impl std::fmt::Display) -> PortError {
    PortError {
        operation,
        kind: ErrorKind::Unanswered,
        message: one_line(&format!("AWS's answer is unusable: {what}")),
    }
}

/// AWS's error code, where AWS answered with one.
pub(crate) fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Whether AWS answered, with an error of the client's (4xx) that has a code: the call did not take effect.
pub(crate) fn is_refusal<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ServiceError(answer) => {
            answer.err().code().is_some()
                && answer.raw().status().is_client_error()
                && kind(error) != ErrorKind::Unanswered
        }
        // The request could not even be written.
        SdkError::ConstructionFailure(_) => true,
        _ => false,
    }
}

/// Text that stays on one line and is not endless, for errors and logs.
pub(crate) fn one_line(text: &str) -> String {
    let mut characters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = characters.by_ref().take(MESSAGE_LENGTH).collect();
    if characters.next().is_some() {
        line.push('…');
    }
    line
}

fn message<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().map_or_else(|| answer.raw().status().to_string(), str::to_owned);
            match answer.err().message() {
                Some(message) => format!("{code}: {message}"),
                None => code,
            }
        }
        SdkError::DispatchFailure(_) => format!("no answer from AWS: {}", chain(error)),
        SdkError::TimeoutError(_) => "no answer from AWS in time".to_owned(),
        // The chain of such an error may quote the answer, and the answer may hold a secret half.
        SdkError::ResponseError(answer) => {
            format!("AWS answered {} in a form that cannot be read", answer.raw().status())
        }
        SdkError::ConstructionFailure(_) => format!("the request could not be made: {}", chain(error)),
        _ => "unknown failure".to_owned(),
    }
}

/// What an error's causes say, without their `Debug`, which prints requests and answers.
fn chain(error: &dyn Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes.dedup();
    causes.join(": ")
}

fn kind<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> ErrorKind {
    match error {
        SdkError::ServiceError(answer) => kind_of(answer.err().code().unwrap_or(""), answer.raw().status().as_u16()),
        SdkError::ConstructionFailure(_) => ErrorKind::Invalid,
        _ => ErrorKind::Unanswered,
    }
}

/// The codes are those of the services' API references; the status decides where a code is not known.
fn kind_of(code: &str, status: u16) -> ErrorKind {
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "EC2ThrottledException"
        | "PriorRequestNotComplete"
        | "SlowDown" => ErrorKind::Throttled,
        "RequestTimeout" | "RequestTimeoutException" => ErrorKind::Unanswered,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "SignatureDoesNotMatch"
        | "OptInRequired"
        | "RegionDisabledException" => ErrorKind::Denied,
        "LimitExceeded"
        | "LimitExceededException"
        | "EntityAlreadyExists"
        | "EntityTemporarilyUnmodifiable"
        | "ConcurrentModification"
        | "DeleteConflict"
        | "ResourceExistsException"
        | "ResourceConflictException"
        | "ParameterAlreadyExists"
        | "TooManyUpdates"
        | "HierarchyTypeMismatchException"
        | "ParameterLimitExceeded"
        // Secrets Manager: "a parameter value is not valid for the current state of the resource".
        | "InvalidRequestException" => ErrorKind::Conflict,
        _ if code.contains("AccessDenied") => ErrorKind::Denied,
        _ if code.starts_with("NoSuch") || code.ends_with("NotFoundException") || code == "ParameterNotFound" => ErrorKind::NotFound,
        _ => kind_of_status(status),
    }
}

fn kind_of_status(status: u16) -> ErrorKind {
    match status {
        401 | 403 => ErrorKind::Denied,
        404 => ErrorKind::NotFound,
        408 => ErrorKind::Unanswered,
        409 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::Throttled,
        400..=499 => ErrorKind::Invalid,
        _ => ErrorKind::Unanswered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_before_the_status_does() {
        for (code, status, kind) in [
            ("ThrottlingException", 400, ErrorKind::Throttled),
            ("AccessDeniedException", 400, ErrorKind::Denied),
            ("InvalidClientTokenId", 403, ErrorKind::Denied),
            ("ResourceNotFoundException", 400, ErrorKind::NotFound),
            ("ParentNotFoundException", 400, ErrorKind::NotFound),
            ("NoSuchEntity", 404, ErrorKind::NotFound),
            ("LimitExceeded", 409, ErrorKind::Conflict),
            ("InvalidRequestException", 400, ErrorKind::Conflict),
            ("RequestTimeout", 400, ErrorKind::Unanswered),
            ("ValidationError", 400, ErrorKind::Invalid),
            ("SomethingNew", 400, ErrorKind::Invalid),
            ("SomethingNew", 403, ErrorKind::Denied),
            ("SomethingNew", 429, ErrorKind::Throttled),
            ("", 412, ErrorKind::Conflict),
            ("", 502, ErrorKind::Unanswered),
            ("ServiceFailure", 500, ErrorKind::Unanswered),
        ] {
            assert_eq!(kind_of(code, status), kind, "{code} {status}");
        }
    }

    #[test]
    fn messages_stay_on_one_line_and_end() {
        assert_eq!(one_line("a\r\nb\u{1b}[31m"), "a  b [31m");
        assert_eq!(one_line(&"ü".repeat(MESSAGE_LENGTH)).chars().count(), MESSAGE_LENGTH);
        assert_eq!(one_line(&"ü".repeat(MESSAGE_LENGTH + 1)).chars().count(), MESSAGE_LENGTH + 1);
    }
}
