//! The report as JSON Lines: one JSON object per line, for tools that read line by line.

use crate::Report;
use crate::line::lines;

/// One line per key, and one per account of which the keys do not tell all: without keys, or not wholly looked at.
///
/// # Errors
/// Only where serialisation itself fails, which for these types it does not.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for line in lines(report) {
        text.push_str(&serde_json::to_string(&line)?);
        text.push('\n');
    }
    Ok(text)
}
