//! The report as CSV (RFC 4180), for spreadsheets.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and runs it. Strangers choose names, tags and errors, so
//! such a cell gets an apostrophe in front (OWASP, "CSV Injection").

use serde_json::Value;

use crate::Report;
use crate::line::{COLUMNS, lines};

/// What a cell must not begin with; spreadsheets take some of their wide forms for the same.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The same lines as [`crate::json_lines`], with a head.
///
/// # Errors
/// Only where writing to memory fails, which it does not.
pub fn render(report: &Report) -> Result<String, csv::Error> {
    let rows = lines(report).map(|line| line.values().map(|(_, value)| value).collect());
    write(COLUMNS.map(|(name, _)| name), rows)
}

/// Rows under a head, no cell a formula.
///
/// # Errors
/// Only where writing to memory fails, which it does not.
pub fn write<'a>(
    head: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Vec<Value>>,
) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(head)?;
    for row in rows {
        writer.write_record(row.into_iter().map(cell))?;
    }
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn cell(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(FORMULA) => format!("'{text}"),
        Value::String(text) => text,
        other => other.to_string(),
    }
}
