//! One policy's text: placeholders for the fixture's values, and always the same order.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The values of the layers' `tests/policies.tftest.hcl`, and what the stage calls them.
const PLACEHOLDERS: [(&str, &str); 17] = [
    ("999900001111", "${hub}"),
    ("999900002222", "${management}"),
    ("999900003333", "${account}"),
    ("fixture-region-1", "${region}"),
    ("fixture-member-role", "${member_role}"),
    ("fixture-organization-list-role", "${organization_list_role}"),
    ("fixture-external-id", "${external_id}"),
    ("fixture-exemption-group", "${exemption_group}"),
    ("fixture-state-bucket", "${state_bucket}"),
    ("fixture-key", "${key}"),
    ("fixture-event-bus", "${event_bus}"),
    ("fixture-topic", "${topic}"),
    ("fixture-ack-bucket", "${ack_bucket}"),
    ("fixture-smtp", "${smtp_parameter}"),
    ("fixture-mailgun", "${mailgun_secret}"),
    ("fixture@sender.example", "${sender}"),
    ("o-fixtureorganization", "${organization_id}"),
];

/// What no rendered policy may have: a fixture's value that has no placeholder.
const FIXTURE: [&str; 2] = ["fixture", "99990000"];

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Policy {
    version: String,
    statement: Vec<Statement>,
}

/// A statement as the stage reads it; `NotAction` and the like would be an error here.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    effect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Value>,
    action: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_resource: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Value>,
}

/// Adds to a resource's policy the statements that another plan of the same resource has on top. One of the same name must be the same.
pub(super) fn add(first: &mut Value, later: &Value) -> Result<()> {
    let (Some(text), Some(more)) = (first["policy"].as_str(), later["policy"].as_str()) else { return Ok(()) };
    let mut policy: Policy = serde_json::from_str(text).context("is no policy")?;
    let more: Policy = serde_json::from_str(more).context("is no policy")?;
    for statement in more.statement {
        let known = policy.statement.iter().find(|known| known.sid == statement.sid);
        match known {
            None => policy.statement.push(statement),
            Some(known) => {
                let is_same = serde_json::to_value(known)? == serde_json::to_value(&statement)?;
                ensure!(is_same, "the plans differ in the statement {:?}", statement.sid);
            }
        }
    }
    first["policy"] = serde_json::to_string(&policy)?.into();
    Ok(())
}

/// The text of a policy's file; `function` is the function whose role has the policy, where it is one of several alike.
pub(super) fn text(policy: &str, function: Option<&str>) -> Result<String> {
    let mut text = policy.to_owned();
    for (value, placeholder) in PLACEHOLDERS {
        text = text.replace(value, placeholder);
    }
    if let Some(function) = function {
        text = text.replace(&format!("/aws/lambda/{function}:"), "/aws/lambda/${function}:");
    }
    for value in FIXTURE {
        ensure!(!text.contains(value), "a value of the fixture has no placeholder: {text}");
    }
    let mut policy: Policy = serde_json::from_str(&text).with_context(|| format!("cannot be read: {text}"))?;
    for statement in &mut policy.statement {
        statement.action = Value::Array(sorted(statement.action.take()));
        statement.resource = statement.resource.take().map(one_or_all);
    }
    Ok(serde_json::to_string_pretty(&policy)? + "\n")
}

/// A value, or a list of them, as a list in order.
fn sorted(value: Value) -> Vec<Value> {
    let mut values = if let Value::Array(values) = value { values } else { vec![value] };
    values.sort_by_key(ToString::to_string);
    values
}

fn one_or_all(value: Value) -> Value {
    if value.is_array() { Value::Array(sorted(value)) } else { value }
}
