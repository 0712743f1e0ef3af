//! The plan for programs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::rows::{COLUMNS, Row};
use crate::look::Looked;
use crate::output;

/// The version of the JSON document's shape.
const SCHEMA: u32 = 1;

fn object(row: &Row<'_>) -> Value {
    let fields = COLUMNS.iter().map(|(name, value)| ((*name).to_owned(), value(row)));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// One document.
pub(super) fn json(looked: &Looked, rows: &[Row<'_>], now: Timestamp) -> serde_json::Result<String> {
    let mut steps: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        if let Row::Step(_, step) = row {
            *steps.entry(step.kind.as_str()).or_default() += 1;
        }
    }
    let seen: Vec<_> = looked.surveys().collect();
    let document = json!({
        "schema_version": SCHEMA,
        "generated": now,
        "organization": looked.organization,
        "mode": looked.rotation.mode,
        "has_state_bucket": !looked.lacks_memory,
        "accounts": {
            "listed": looked.accounts.len() + looked.skipped.len(),
            "looked_at": seen.len(),
            "skipped": looked.skipped.len(),
            "failed": looked.accounts.len() - seen.len(),
        },
        "users": seen.iter().map(|(_, survey)| survey.result.users).sum::<usize>(),
        "keys": seen.iter().map(|(_, survey)| survey.result.keys).sum::<usize>(),
        "steps": steps,
        "rows": rows.iter().map(object).collect::<Vec<_>>(),
    });
    output::json(&document)
}

/// A row per line.
pub(super) fn json_lines(rows: &[Row<'_>]) -> serde_json::Result<String> {
    rows.iter().map(|row| Ok(serde_json::to_string(&object(row))? + "\n")).collect()
}

/// The same rows as CSV.
pub(super) fn csv(rows: &[Row<'_>]) -> anyhow::Result<String> {
    let rows = rows.iter().map(|row| COLUMNS.iter().map(|(_, value)| value(row)).collect());
    Ok(keywheel_report::csv::write(COLUMNS.map(|(name, _)| name), rows)?)
}
