//! A report as flat lines: one per key, and one per account of which the keys alone do not tell all.

use keywheel_core::contract::result::StepStatus;
use keywheel_core::ledger::Actor;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::Report;
use crate::model::{AccountReport, Ended, KeyReport, LastUse};

/// One line: an account, with one of its keys or without.
pub(crate) struct Line<'a> {
    report: &'a Report,
    account: &'a AccountReport,
    key: Option<&'a KeyReport>,
}

type Column = (&'static str, fn(&Line<'_>) -> Value);

/// The columns in order. Every line has all of them; what is not known is null.
pub(crate) const COLUMNS: [Column; 39] = [
    ("record", |line| json!(if line.key.is_some() { "key" } else { "account" })),
    ("generated", |line| json!(line.report.generated)),
    ("account", |line| json!(line.account.account)),
    ("account_name", |line| json!(line.account.name)),
    ("account_email", |line| json!(line.account.email)),
    ("account_ended", |line| json!(line.account.ended)),
    ("account_skip_reason", |line| json!(line.account.skip_reason)),
    ("account_error", |line| json!(line.account.error)),
    ("account_looked_at", |line| json!(line.account.looked_at)),
    ("keys_without_details", |line| match line.key {
        Some(_) => Value::Null,
        None => json!(line.account.keys_without_details),
    }),
    ("user", |line| line.of(|key| json!(key.user))),
    ("user_arn", |line| line.of(|key| json!(key.user_arn))),
    ("access_key_id", |line| line.of(|key| json!(key.access_key_id))),
    ("status", |line| line.of(|key| json!(key.status))),
    ("created", |line| line.of(|key| json!(key.created))),
    ("age_days", |line| line.of(|key| json!(key.age(line.account.looked_at.unwrap_or(line.report.generated))))),
    ("last_used", |line| line.of(|key| json!(last_used(key)))),
    ("last_used_at", |line| line.of(|key| json!(key.last_use().map(|used| used.at)))),
    ("last_used_service", |line| line.of(|key| json!(key.last_use().map(|used| &used.service)))),
    ("last_used_region", |line| line.of(|key| json!(key.last_use().map(|used| &used.region)))),
    ("standing", |line| line.of(|key| json!(key.standing))),
    ("replaces", |line| line.of(|key| json!(key.replaces))),
    ("superseded_by", |line| line.of(|key| json!(key.superseded_by))),
    ("made_inactive_at", |line| line.of(|key| json!(key.made_inactive.as_ref().map(|inactive| inactive.at)))),
    ("made_inactive_by", |line| line.of(|key| json!(key.made_inactive.as_ref().map(|inactive| actor(inactive.by))))),
    ("held_since", |line| line.of(|key| json!(key.held_since))),
    ("hold_ends", |line| line.of(|key| json!(key.hold_ends))),
    ("exempt_by", |line| line.of(|key| json!(key.exemption.as_ref().map(|exemption| exemption.by)))),
    ("exempt_until", |line| line.of(|key| json!(key.exemption.as_ref().and_then(|exemption| exemption.until)))),
    ("exempt_why", |line| line.of(|key| json!(key.exemption.as_ref().and_then(|exemption| exemption.why.as_ref())))),
    ("next_step", |line| line.of(|key| json!(key.next_step.map(StepKind::as_str)))),
    ("reason", |line| line.of(|key| json!(key.reason.map(Reason::code)))),
    ("due", |line| line.of(|key| json!(key.due))),
    ("step_status", |line| line.of(|key| json!(key.step_status.map(StepStatus::as_str)))),
    ("error", |line| line.of(|key| json!(key.error))),
    ("compliance", |line| line.of(|key| json!(key.compliance))),
    ("organization", |line| json!(line.report.organization)),
    ("mode", |line| json!(line.report.mode)),
    ("hosts", |line| line.of(|key| if key.hosts.is_empty() { Value::Null } else { json!(key.hosts.to_string()) })),
];

impl Line<'_> {
    fn of(&self, column: impl Fn(&KeyReport) -> Value) -> Value {
        self.key.map_or(Value::Null, column)
    }

    /// The line's values in the order of [`COLUMNS`].
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, Value)> {
        COLUMNS.iter().map(|(name, value)| (*name, value(self)))
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(COLUMNS.len()))?;
        for (name, value) in self.values() {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

/// Every line of a report.
pub(crate) fn lines(report: &Report) -> impl Iterator<Item = Line<'_>> {
    report.accounts.iter().flat_map(move |account| {
        let own = (!is_told_by_keys(account)).then_some(Line { report, account, key: None });
        own.into_iter().chain(account.keys.iter().map(move |key| Line { report, account, key: Some(key) }))
    })
}

/// Whether the lines of an account's keys say all that is known of it.
fn is_told_by_keys(account: &AccountReport) -> bool {
    account.ended == Ended::Answered && account.keys_without_details == 0 && !account.keys.is_empty()
}

fn last_used(key: &KeyReport) -> &'static str {
    match key.last_used {
        LastUse::Never => "never",
        LastUse::Used(_) => "used",
        LastUse::Unknown { .. } => "unknown",
    }
}

fn actor(actor: Actor) -> &'static str {
    match actor {
        Actor::Keywheel => "keywheel",
        Actor::Person => "person",
    }
}
