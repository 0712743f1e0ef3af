//! How much is logged.

/// How much Keywheel logs of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Errors only.
    Error,
    /// And warnings.
    Warn,
    /// And what was done.
    #[default]
    Info,
    /// And why. Release builds are made without what is finer than [`LogLevel::Info`].
    Debug,
    /// And everything else.
    Trace,
}

impl LogLevel {
    /// Reads a level in any case; Lambda's `FATAL` is an error here.
    ///
    /// # Errors
    /// The text is no level. The message is empty: what is accepted is said with the variable.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "error" | "fatal" => Ok(LogLevel::Error),
            "warn" => Ok(LogLevel::Warn),
            "info" => Ok(LogLevel::Info),
            "debug" => Ok(LogLevel::Debug),
            "trace" => Ok(LogLevel::Trace),
            _ => Err(String::new()),
        }
    }

    /// The level that the environment asks for; the default where it asks for nothing that can be read.
    #[must_use]
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let asked = |name| lookup(name).filter(|text| !text.is_empty());
        let text = asked("AWS_LAMBDA_LOG_LEVEL").or_else(|| asked("RUST_LOG"));
        text.and_then(|text| Self::parse(&text).ok()).unwrap_or_default()
    }
}
