//! What a function says of itself: log lines and metrics.

mod level;

pub use level::LogLevel;
