/// A call to AWS that failed, after the retries that are safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} failed: {message}")]
pub struct PortError {
    /// The call, such as `iam:ListAccessKeys`.
    pub operation: &'static str,
    /// What kind of failure it is; decides what the engine does about it.
    pub kind: ErrorKind,
    /// AWS's error code and message, or what the transport said. Never a secret.
    pub message: String,
}

/// Kinds of failure that make a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// AWS refused for lack of permission; a retry does not help.
    Denied,
    /// AWS refused for the rate, and went on refusing.
    Throttled,
    /// The thing is not there.
    NotFound,
    /// AWS refused for a quota or a conflict with the state of things.
    Conflict,
    /// AWS refused the request as such; a retry does not help.
    Invalid,
    /// No answer, or an answer that says nothing of the outcome: time-out, broken connection, 500.
    Unanswered,
}

impl PortError {
    /// Whether a later try may succeed without anybody mending something.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::Throttled | ErrorKind::Unanswered)
    }
}
