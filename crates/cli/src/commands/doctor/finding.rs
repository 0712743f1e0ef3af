//! What a check finds.

use keywheel_engine::ports::{ErrorKind, PortError};
use serde::Serialize;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Level {
    /// It is as it should be.
    Ok,
    /// It works, and somebody should look.
    Warn,
    /// It could not be looked at; it is not known to be right.
    NotChecked,
    /// It is wrong.
    Fail,
}

impl Level {
    /// Every level, in the order in which they are counted.
    pub(super) const ALL: [Self; 4] = [Self::Ok, Self::Warn, Self::NotChecked, Self::Fail];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::NotChecked => "not-checked",
            Self::Fail => "fail",
        }
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) group: &'static str,
    pub(super) check: String,
    pub(super) level: Level,
    pub(super) found: String,
    /// What to do; none where nothing is to be done.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub(super) to_do: Option<String>,
}

/// What a check found, before it has its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    level: Level,
    found: String,
    to_do: Option<String>,
}

impl Verdict {
    pub(super) fn ok(found: impl Into<String>) -> Self {
        Self { level: Level::Ok, found: found.into(), to_do: None }
    }

    pub(super) fn warn(found: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { level: Level::Warn, found: found.into(), to_do: Some(to_do.into()) }
    }

    pub(super) fn fail(found: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { level: Level::Fail, found: found.into(), to_do: Some(to_do.into()) }
    }

    pub(super) fn not_checked(why: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { level: Level::NotChecked, found: why.into(), to_do: Some(to_do.into()) }
    }

    /// What a failed call says: `missing` is what to do where there is no such thing. Only what AWS says is not there, or refuses as such,
    /// is known to be wrong.
    pub(super) fn of_error(error: &PortError, missing: &str) -> Self {
        match error.kind {
            ErrorKind::NotFound => Self::fail(error.to_string(), missing),
            ErrorKind::Denied => {
                Self::not_checked(error.to_string(), format!("allow {} to whoever runs this", error.operation))
            }
            ErrorKind::Conflict | ErrorKind::Invalid | ErrorKind::Throttled | ErrorKind::Unanswered => {
                Self::not_checked(error.to_string(), "try again; if it stays, look at the service itself")
            }
        }
    }

    pub(super) fn of(self, group: &'static str, check: impl Into<String>) -> Finding {
        let Self { level, found, to_do } = self;
        Finding { group, check: check.into(), level, found, to_do }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_looked_at_is_not_right_and_only_what_is_known_to_be_missing_is_wrong() {
        let error = |kind| PortError { operation: "iam:GetRole", kind, message: "no".to_owned() };
        let level = |kind| Verdict::of_error(&error(kind), "make it").level;
        assert_eq!(level(ErrorKind::NotFound), Level::Fail);
        for kind in [ErrorKind::Denied, ErrorKind::Throttled, ErrorKind::Unanswered, ErrorKind::Invalid] {
            assert_eq!(level(kind), Level::NotChecked, "{kind:?}");
        }
    }
}
