//! What starts a run: any event of a scheduler, or an object of a person's own that narrows the run.

use std::collections::BTreeSet;

use keywheel_core::id::{AccountId, InvalidId, RunId};
use keywheel_core::policy::Mode;
use serde_json::{Map, Value};

/// What an event asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InventoryEvent {
    /// A mode to lower the run to.
    pub mode: Option<Mode>,
    /// The only accounts to look after.
    pub accounts: Option<BTreeSet<AccountId>>,
    /// The id that the run shall have.
    pub run_id: Option<RunId>,
}

/// An event that cannot be carried out as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event cannot be carried out: {why}. Send {{}} or nothing for all accounts; mode (\"audit\"), accounts ([\"111122223333\"]) and \
     run_id may be added"
)]
pub struct InvalidEvent {
    /// What is wrong with it.
    pub why: String,
}

/// Fields of events for key-rotation. Left unread here, a `dryrun` would run in full.
const OF_KEY_ROTATION: &[&str] = &["action", "dryrun", "force_rotate", "ForceRotate", "override", "username"];
const OURS: &[&str] = &["accounts", "finish", "mode", "run_id"];

impl InventoryEvent {
    /// Reads an event. Fields that mean nothing to Keywheel are let be: schedulers send their own.
    ///
    /// # Errors
    /// Names what is wrong: a value of ours that cannot be read, a field that belongs to key-rotation, or no object at all.
    pub fn parse(event: &Value) -> Result<Self, InvalidEvent> {
        let fields = match event {
            Value::Null => return Ok(Self::default()),
            Value::Object(fields) => fields,
            _ => return invalid("it is not a JSON object"),
        };
        refuse_what_would_be_missed(fields)?;
        Ok(Self { mode: mode(fields)?, accounts: accounts(fields)?, run_id: run_id(fields)? })
    }
}

fn invalid<T>(why: impl Into<String>) -> Result<T, InvalidEvent> {
    Err(InvalidEvent { why: why.into() })
}

/// Whoever writes one of these expects something that would not happen.
fn refuse_what_would_be_missed(fields: &Map<String, Value>) -> Result<(), InvalidEvent> {
    if present(fields, "finish").is_some() {
        return invalid("this release does not know \"finish\"");
    }
    for field in fields.keys() {
        if OF_KEY_ROTATION.contains(&field.as_str()) {
            return invalid(format!("{field:?} belongs into an event for key-rotation"));
        }
        if let Some(ours) = OURS.iter().find(|ours| field.eq_ignore_ascii_case(ours) && field != *ours) {
            return invalid(format!("it has {field:?}; write {ours:?}"));
        }
    }
    // EventBridge's own events have an "account" too, that of the rule, and always a "source" (EventBridge user guide, "Event structure").
    if present(fields, "account").is_some() && !fields.contains_key("source") {
        return invalid("it has \"account\"; write \"accounts\" and a list");
    }
    Ok(())
}

fn present<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

fn mode(fields: &Map<String, Value>) -> Result<Option<Mode>, InvalidEvent> {
    match present(fields, "mode") {
        None => Ok(None),
        Some(Value::String(text)) if text == "audit" => Ok(Some(Mode::Audit)),
        Some(Value::String(text)) if text == "enforce" => Ok(Some(Mode::Enforce)),
        Some(other) => invalid(format!("mode is {}, which is neither \"audit\" nor \"enforce\"", shown(other))),
    }
}

fn accounts(fields: &Map<String, Value>) -> Result<Option<BTreeSet<AccountId>>, InvalidEvent> {
    let list = match present(fields, "accounts") {
        None => return Ok(None),
        Some(Value::Array(list)) if list.is_empty() => {
            return invalid("accounts is empty; leave it out for all accounts");
        }
        Some(Value::Array(list)) => list,
        Some(other) => return invalid(format!("accounts is {}, which is not a list", shown(other))),
    };
    let account = |value: &Value| match value {
        Value::String(text) => {
            text.parse().map_err(|wrong: InvalidId| InvalidEvent { why: format!("in accounts, {wrong}") })
        }
        other => invalid(format!("in accounts, {} is not text; account ids may begin with 0", shown(other))),
    };
    list.iter().map(account).collect::<Result<_, _>>().map(Some)
}

fn run_id(fields: &Map<String, Value>) -> Result<Option<RunId>, InvalidEvent> {
    match present(fields, "run_id") {
        None => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => {
            text.parse().map(Some).map_err(|wrong: InvalidId| InvalidEvent { why: wrong.to_string() })
        }
        Some(other) => invalid(format!("run_id is {}, which is not text", shown(other))),
    }
}

/// A value for an error: escaped, and cut.
fn shown(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(event: &Value) -> String {
        InventoryEvent::parse(event).expect_err("the event should be refused").to_string()
    }

    #[test]
    fn a_schedulers_own_event_asks_for_nothing() {
        let scheduled = json!({
            "version": "0", "id": "d4aa1d57", "detail-type": "Scheduled Event", "source": "aws.scheduler",
            "account": "111122223333", "time": "2026-11-20T02:00:00Z", "region": "eu-central-1", "resources": [], "detail": "{}"
        });
        for event in
            [json!(null), json!({}), scheduled, json!({ "trigger": "nightly" }), json!({ "mode": null, "run_id": "" })]
        {
            assert_eq!(InventoryEvent::parse(&event), Ok(InventoryEvent::default()), "{event}");
        }
    }

    #[test]
    fn mode_accounts_and_run_id_narrow_a_run() {
        let event = json!({ "mode": "audit", "accounts": ["111122223333", "000000000001", "111122223333"], "run_id": "by-hand" });
        let read = InventoryEvent::parse(&event).unwrap();
        assert_eq!(read.mode, Some(Mode::Audit));
        assert_eq!(read.accounts.unwrap().len(), 2);
        assert_eq!(read.run_id.unwrap().as_str(), "by-hand");
    }

    #[test]
    fn a_malformed_value_is_named() {
        for (event, part) in [
            (json!([]), "not a JSON object"),
            (json!("audit"), "not a JSON object"),
            (json!({ "mode": "Audit" }), "mode is \"Audit\""),
            (json!({ "mode": true }), "mode is true"),
            (json!({ "accounts": [] }), "accounts is empty"),
            (json!({ "accounts": "111122223333" }), "not a list"),
            (json!({ "accounts": ["111122223333", "1\r\n2"] }), r#""1\r\n2" is not an AWS account id"#),
            (json!({ "accounts": [111_122_223_333_u64] }), "111122223333 is not text"),
            (json!({ "run_id": "../x" }), "is not a run id"),
            (json!({ "run_id": 7 }), "run_id is 7"),
        ] {
            let message = wrong(&event);
            assert!(message.contains(part), "{event}: {message}");
            assert!(!message.contains('\n'));
        }
    }

    #[test]
    fn what_would_be_silently_missed_is_refused() {
        for (event, part) in [
            (json!({ "finish": "r-1" }), "this release does not know \"finish\""),
            (json!({ "dryrun": true }), "belongs into an event for key-rotation"),
            (json!({ "force_rotate": ["alice"] }), "belongs into an event for key-rotation"),
            (json!({ "account": "111122223333" }), "write \"accounts\""),
            (json!({ "Mode": "audit" }), "write \"mode\""),
            (json!({ "ACCOUNTS": ["111122223333"] }), "write \"accounts\""),
        ] {
            let message = wrong(&event);
            assert!(message.contains(part), "{event}: {message}");
        }
    }
}
