//! What a function says of itself: log lines and metrics, both as lines of JSON on the standard output, which Lambda hands to CloudWatch.

mod fields;
mod level;
mod log;
mod metrics;

pub use fields::{LogField, reference as logs_reference};
pub use level::LogLevel;
pub(crate) use log::start_log;
pub use log::subscriber;
pub use metrics::{Metric, Watch, emit, reference as metrics_reference};
