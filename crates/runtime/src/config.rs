//! What the functions are told by their environment, typed and checked. A function whose environment is wrong does not start.

mod engine;
mod inventory;
pub mod mailer;
mod notification;
mod parameters;
mod parse;
mod reader;
mod reference;
mod rotation;
mod secrets;
pub mod variable;

pub use inventory::InventoryConfig;
pub use notification::NotificationConfig;
pub use reader::{InvalidConfiguration, Problem};
pub use reference::reference;
pub use rotation::RotationConfig;

use reader::Reader;
use variable::{ACK_BUCKET, AWS_LAMBDA_LOG_LEVEL, RUST_LOG, STATE_BUCKET, STATE_PREFIX};

use crate::telemetry::LogLevel;

/// Where ledgers, manifests, results and records of notices live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateLocation {
    /// The S3 bucket.
    pub bucket: String,
    /// The prefix of every key; ends in `/`.
    pub prefix: String,
}

impl StateLocation {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let bucket = reader.value(&STATE_BUCKET, parse::bucket);
        let prefix = reader.value(&STATE_PREFIX, parse::prefix);
        Some(Self { bucket: bucket?, prefix: prefix? })
    }
}

/// The bucket in which hosts acknowledge; never that of the state.
#[allow(clippy::option_option, reason = "the outer option is the reader's: none means that a problem was noted")]
fn ack_bucket(reader: &mut Reader<'_>, state: Option<&StateLocation>) -> Option<Option<String>> {
    let bucket = reader.optional(&ACK_BUCKET, parse::bucket)?;
    if bucket.is_some() && bucket.as_ref() == state.map(|state| &state.bucket) {
        let why = "ACK_BUCKET is the state bucket, in which no host may ever write; give hosts a bucket of their own";
        reader.problem(&ACK_BUCKET, why);
        return None;
    }
    Some(bucket)
}

/// Checks the level of the log, which every function has; [`crate::telemetry`] reads it again before anything else.
fn check_log_level(reader: &mut Reader<'_>) {
    reader.optional(&AWS_LAMBDA_LOG_LEVEL, LogLevel::parse);
    reader.optional(&RUST_LOG, LogLevel::parse);
}

/// The environment of this process, for the functions' `main`.
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
