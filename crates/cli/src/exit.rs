//! How a verb ends.

use std::process::ExitCode;

/// What a shell says of a process that Ctrl-C ended.
pub(crate) const INTERRUPTED: u8 = 130;

/// How a verb ended that did what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Done; nothing to complain of.
    Done,
    /// Failed, wholly or in part.
    Failed,
    /// Asked for something that makes no sense.
    Usage,
    /// Done, and found faults.
    Findings,
    /// Ctrl-C came before everything was done.
    Interrupted,
    /// Failed in a way that has an exit code of its own.
    Code(u8),
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Done => ExitCode::SUCCESS,
            Ended::Failed => ExitCode::from(1),
            Ended::Usage => ExitCode::from(2),
            Ended::Findings => ExitCode::from(3),
            Ended::Interrupted => ExitCode::from(INTERRUPTED),
            Ended::Code(code) => ExitCode::from(code),
        }
    }
}

/// An error with a hint of what to do.
#[derive(Debug)]
pub(crate) struct Hinted {
    what: String,
    pub(crate) hint: String,
    ended: Ended,
}

impl std::fmt::Display for Hinted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Hinted {}

/// Something went wrong, and this helps.
pub(crate) fn failed(what: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    Hinted { what: what.into(), hint: hint.into(), ended: Ended::Failed }.into()
}

/// It makes no sense as it was asked for, and this does.
pub(crate) fn usage(what: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    Hinted { what: what.into(), hint: hint.into(), ended: Ended::Usage }.into()
}

/// Ctrl-C came first.
pub(crate) fn interrupted() -> anyhow::Error {
    let (what, hint) = ("interrupted; nothing was changed".to_owned(), "call the verb again".to_owned());
    Hinted { what, hint, ended: Ended::Interrupted }.into()
}

/// How a verb ended that brought this error.
pub(crate) fn of(error: &anyhow::Error) -> Ended {
    error.downcast_ref::<Hinted>().map_or(Ended::Failed, |hinted| hinted.ended)
}

/// Whether whoever read the output has read enough, such as `head`.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let of_pipe = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(of_pipe))
}
