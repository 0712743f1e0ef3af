//! The forecast for programs.

use jiff::Timestamp;
use keywheel_forecast::{ASSUMPTIONS, AccountForecast, ForecastNight, ForecastStep, Hosts, sums};
use serde_json::{Value, json};

use crate::look::Looked;
use crate::output;

/// The version of the JSON document's shape.
const SCHEMA: u32 = 1;

type Column = (&'static str, fn(&AccountForecast, &ForecastNight, &ForecastStep) -> Value);

const COLUMNS: [Column; 14] = [
    ("account", |account, _, _| json!(account.account)),
    ("account_name", |account, _, _| json!(account.name)),
    ("day", |_, night, _| json!(night.number)),
    ("at", |_, night, _| json!(night.at)),
    ("user", |_, _, step| json!(step.user)),
    ("access_key_id", |_, _, step| json!(step.access_key_id)),
    ("is_new_key", |_, _, step| json!(step.is_new_key)),
    ("replaces", |_, _, step| json!(step.replaces)),
    ("step", |_, _, step| json!(step.step)),
    ("reason", |_, _, step| json!(step.reason)),
    ("status", |_, _, step| json!(step.status)),
    ("due", |_, _, step| json!(step.due)),
    ("cuts_off_hosts", |_, _, step| json!(step.cuts_off_hosts)),
    ("error", |_, _, step| json!(step.error)),
];

/// One document: the sums of every day, and every account with its nights.
pub(super) fn json(
    looked: &Looked,
    forecasts: &[AccountForecast],
    hosts: Hosts,
    now: Timestamp,
) -> serde_json::Result<String> {
    let days: Vec<_> = sums(forecasts).into_iter().map(|(day, sums)| json!({ "day": day, "sums": sums })).collect();
    let document = json!({
        "schema_version": SCHEMA,
        "generated": now,
        "organization": looked.organization,
        "has_state_bucket": !looked.lacks_memory,
        "assume": hosts,
        "assumptions": ASSUMPTIONS,
        "listed": looked.accounts.len() + looked.skipped.len(),
        "skipped": looked.skipped.len(),
        "failed": looked.accounts.len() - forecasts.len(),
        "days": days,
        "accounts": forecasts,
    });
    output::json(&document)
}

fn rows(forecasts: &[AccountForecast]) -> impl Iterator<Item = Vec<Value>> {
    let nights = forecasts.iter().flat_map(|account| account.nights.iter().map(move |night| (account, night)));
    let steps = nights.flat_map(|(account, night)| night.steps.iter().map(move |step| (account, night, step)));
    steps.map(|(account, night, step)| COLUMNS.iter().map(|(_, value)| value(account, night, step)).collect())
}

/// A step per line.
pub(super) fn json_lines(forecasts: &[AccountForecast]) -> serde_json::Result<String> {
    let object = |row: Vec<Value>| -> Value {
        COLUMNS.iter().zip(row).map(|((name, _), value)| ((*name).to_owned(), value)).collect()
    };
    rows(forecasts).map(|row| Ok(serde_json::to_string(&object(row))? + "\n")).collect()
}

/// The same rows as CSV.
pub(super) fn csv(forecasts: &[AccountForecast]) -> anyhow::Result<String> {
    Ok(keywheel_report::csv::write(COLUMNS.map(|(name, _)| name), rows(forecasts))?)
}
