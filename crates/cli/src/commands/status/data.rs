//! The status for programs.

use super::model::Status;

/// One document.
pub(super) fn json(status: &Status) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(status)? + "\n")
}
