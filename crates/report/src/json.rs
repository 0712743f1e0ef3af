//! The whole report as one JSON document.

use serde::Serialize;

use crate::Report;

/// The report as JSON, indented, with a line break at its end. Its shape is `docs/schemas/report.v1.json`.
///
/// # Errors
/// Only where serialisation itself fails, which for these types it does not.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    with_line_break(&report)
}

/// Any value as indented JSON with a line break at its end.
pub(crate) fn with_line_break(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(value).map(|text| text + "\n")
}
