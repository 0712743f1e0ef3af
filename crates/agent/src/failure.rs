//! What can go wrong on a host: each with a message, a way out, and an exit code for monitoring.

use std::path::{Path, PathBuf};

/// What AWS, or the way to it, has against a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// AWS does not know the key: it is inactive or deleted, or too new.
    #[error("AWS does not take the key (it is inactive, deleted, or a moment old): {0}")]
    KeyRefused(String),
    /// The secret half is not that of the key.
    #[error("the secret half does not belong to the key: {0}")]
    WrongHalf(String),
    /// This machine's clock is too far from AWS's.
    #[error("this machine's clock differs too much from AWS's: {0}")]
    ClockOff(String),
    /// No answer came.
    #[error("AWS cannot be reached: {0}")]
    Unreachable(String),
    /// The user may not do that.
    #[error("the user may not do that: {0}")]
    Denied(String),
    /// There is no such secret or parameter.
    #[error("there is nothing to fetch: {0}")]
    NothingThere(String),
    /// What came is not a key.
    #[error("what is handed out is no access key: {0}")]
    NotAKey(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Why the agent did not do what it was to do. In none of these cases was a file left half-written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A call failed.
    #[error("{doing}: {trouble}")]
    Aws {
        /// What the agent was doing.
        doing: &'static str,
        /// What came of it.
        trouble: Trouble,
    },
    /// The file has no such profile, or no whole key in it.
    #[error("{}: {why}", file.display())]
    Profile {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {why}", file.display())]
    NotWritten {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The key was put into its file, and a file beside it cannot be written.
    #[error("the key in the file was changed, and {} cannot be written: {why}", file.display())]
    NotRemembered {
        /// The file beside it.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {why}", file.display())]
    NotRead {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Another agent is at work.
    #[error("another agent is at work: it holds the lock {}", lock.display())]
    Busy {
        /// The lock.
        lock: PathBuf,
    },
    /// The new key does not work yet.
    #[error("the new key {id} did not work within {seconds} seconds, so nothing was changed: {trouble}")]
    NotProven {
        /// The new key.
        id: String,
        /// How long it was tried.
        seconds: u64,
        /// What AWS said last.
        trouble: Trouble,
    },
    /// The new key belongs to somebody else.
    #[error("the key that is handed out belongs to {other}, not to {user}, so it was not installed")]
    OtherUser {
        /// Whose key it is.
        other: String,
        /// Whose key it should be.
        user: String,
    },
    /// The key is installed and works, and could not be acknowledged.
    #[error("the key is installed, and could not be acknowledged: {trouble}")]
    NotAcknowledged {
        /// What came of it.
        trouble: Trouble,
    },
}

impl Failure {
    pub(crate) fn aws(doing: &'static str) -> impl FnOnce(Trouble) -> Self {
        move |trouble| Failure::Aws { doing, trouble }
    }

    pub(crate) fn not_read(file: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Failure::NotRead { file: file.to_owned(), why: error.to_string() }
    }

    pub(crate) fn not_written(file: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Failure::NotWritten { file: file.to_owned(), why: error.to_string() }
    }

    /// The same after the key in the file was changed.
    pub(crate) fn changed(self) -> Self {
        match self {
            Failure::NotWritten { file, why } => Failure::NotRemembered { file, why },
            other => other,
        }
    }

    /// The exit code: stable, for monitoring. `docs/agent.md` lists them.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Failure::Profile { .. } | Failure::NotRead { .. } => 14,
            Failure::NotWritten { .. } | Failure::NotRemembered { .. } => 13,
            Failure::Busy { .. } => 15,
            Failure::NotProven { trouble, .. } if trouble.passes() => 17,
            Failure::Aws { trouble, .. } | Failure::NotProven { trouble, .. } => trouble.code(),
            Failure::OtherUser { .. } => 19,
            Failure::NotAcknowledged { .. } => 18,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Failure::Aws { trouble, .. } => trouble.hint(),
            Failure::Profile { .. } => "put it right by hand, with `aws configure`, or name another profile or file",
            Failure::NotRead { .. } => "look at who owns the file and who may read it",
            Failure::NotWritten { .. } => {
                "the key in the file works: see whether the file system is read-only or full, and who owns the folder"
            }
            Failure::NotRemembered { .. } => {
                "the key in the file works, and the next pass goes on from it: see whether the file system is full, and who owns the folder"
            }
            Failure::Busy { .. } => "wait until it is done; the lock goes with the process, so it needs no removing",
            Failure::NotProven { trouble, .. } if !trouble.passes() => trouble.hint(),
            Failure::NotProven { .. } => "the key in the file still works; the next pass tries again",
            Failure::OtherUser { .. } => "look at the name of the secret or parameter that the agent was told",
            Failure::NotAcknowledged { trouble } => match trouble {
                Trouble::Denied(_) => {
                    "the user needs s3:PutObject on its own part of the bucket (policy keywheel-host), and the bucket must allow it"
                }
                _ => "the next pass tries again; until then the old key is held for this host",
            },
        }
    }
}

impl Trouble {
    fn code(&self) -> u8 {
        match self {
            Trouble::KeyRefused(_) | Trouble::WrongHalf(_) => 10,
            Trouble::ClockOff(_) => 11,
            Trouble::Unreachable(_) => 12,
            Trouble::Denied(_) => 16,
            Trouble::NothingThere(_) | Trouble::NotAKey(_) => 20,
            Trouble::Other(_) => 1,
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Trouble::KeyRefused(_) => {
                "the host was away for too long, or its key was taken away: put the user's present key into the file by hand, from the secret"
            }
            Trouble::WrongHalf(_) => {
                "id and secret half in the file do not belong together: put the present key in by hand"
            }
            Trouble::ClockOff(_) => "set the clock (NTP); nothing was changed",
            Trouble::Unreachable(_) => {
                "nothing was changed, and the key in the file goes on working; the next pass tries again"
            }
            Trouble::Denied(_) => {
                "attach the policy keywheel-host to the user (docs/agent.md); with it, there is no secret before the user's first rotation"
            }
            Trouble::NothingThere(_) => {
                "there is a secret once Keywheel has made the user's first replacement; see whether Region and name are right"
            }
            Trouble::NotAKey(_) => "look at the secret or parameter; it must be one that Keywheel wrote",
            Trouble::Other(_) => "nothing was changed",
        }
    }

    /// Whether a new key may be met with it for its first seconds.
    pub(crate) fn passes(&self) -> bool {
        matches!(self, Trouble::KeyRefused(_) | Trouble::Denied(_) | Trouble::Unreachable(_))
    }
}
