//! The plan as rows: a step each, and an account each of which not all could be seen.

use std::collections::BTreeSet;

use keywheel_core::contract::manifest::{ManifestAccount, SkippedAccount};
use keywheel_core::id::{AccountId, UserName};
use keywheel_core::plan::{Action, Step};
use serde_json::{Value, json};

use crate::look::{Looked, Sight};

/// One row.
pub(super) enum Row<'a> {
    /// A step.
    Step(&'a ManifestAccount, &'a Step),
    /// Something that could not be seen.
    Failure { account: &'a ManifestAccount, what: &'static str, error: String },
    /// An account that was left out on purpose.
    Skipped(&'a SkippedAccount),
}

/// A column's name, and its value in a row.
pub(super) type Column = (&'static str, fn(&Row<'_>) -> Value);

/// The columns of the data forms. Every row has all of them; what does not apply is null.
pub(super) const COLUMNS: [Column; 17] = [
    ("record", |row| json!(row.record())),
    ("account", |row| json!(row.account())),
    ("account_name", |row| row.listed().map_or(Value::Null, |account| json!(account.name))),
    ("user", |row| row.of(|step| json!(step.user))),
    ("access_key_id", |row| row.of(|step| json!(step.key))),
    ("step", |row| row.of(|step| json!(step.kind))),
    ("is_change", |row| row.of(|step| json!(step.action.is_change()))),
    ("reason", |row| row.of(|step| json!(step.reason))),
    ("meaning", |row| row.of(|step| json!(step.reason.meaning()))),
    ("due", |row| row.of(|step| json!(step.due))),
    ("ends", |row| row.of(|step| json!(step.ends))),
    ("replacement", |row| row.of(|step| json!(step.replacement))),
    ("last_used", |row| row.of(|step| json!(step.last_used.as_ref().map(|last| last.at)))),
    ("last_used_service", |row| row.of(|step| json!(step.last_used.as_ref().map(|last| &last.service)))),
    ("last_used_region", |row| row.of(|step| json!(step.last_used.as_ref().map(|last| &last.region)))),
    ("skip_reason", |row| if let Row::Skipped(skipped) = row { json!(skipped.reason) } else { Value::Null }),
    ("error", |row| row.error()),
];

/// Every step, the changes of an account first, and everything of which there is none.
pub(super) fn rows<'a>(looked: &'a Looked, users: &BTreeSet<&UserName>) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for one in &looked.accounts {
        if let Sight::Seen(survey) = &one.sight {
            let steps = survey.plan.steps.iter().filter(|step| users.is_empty() || users.contains(&step.user));
            let mut steps: Vec<_> = steps.collect();
            steps.sort_by_key(|step| !step.action.is_change());
            rows.extend(steps.into_iter().map(|step| Row::Step(&one.account, step)));
        }
        let failures = one.failures().into_iter();
        rows.extend(failures.map(|(what, error)| Row::Failure { account: &one.account, what, error }));
        if let Sight::Left = one.sight {
            rows.push(Row::Failure { account: &one.account, what: "not looked at", error: "interrupted".to_owned() });
        }
    }
    rows.extend(looked.skipped.iter().map(Row::Skipped));
    rows
}

impl Row<'_> {
    /// Whether it changes something in IAM or Secrets Manager.
    pub(super) fn is_change(&self) -> bool {
        matches!(self, Row::Step(_, step) if step.action.is_change())
    }

    fn record(&self) -> &'static str {
        match self {
            Row::Step(..) => "step",
            Row::Failure { .. } => "failure",
            Row::Skipped(_) => "skipped",
        }
    }

    fn listed(&self) -> Option<&ManifestAccount> {
        match self {
            Row::Step(account, _) | Row::Failure { account, .. } => Some(account),
            Row::Skipped(_) => None,
        }
    }

    fn account(&self) -> &AccountId {
        match self {
            Row::Step(account, _) | Row::Failure { account, .. } => &account.account,
            Row::Skipped(skipped) => &skipped.account,
        }
    }

    fn of(&self, value: impl FnOnce(&Step) -> Value) -> Value {
        if let Row::Step(_, step) = self { value(step) } else { Value::Null }
    }

    fn error(&self) -> Value {
        match self {
            Row::Failure { what, error, .. } => json!(format!("{what}: {error}")),
            Row::Step(_, Step { action: Action::Refuse { why }, .. }) => json!(why),
            _ => Value::Null,
        }
    }
}
