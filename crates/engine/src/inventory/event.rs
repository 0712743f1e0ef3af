//! What starts an invocation: any event of a scheduler, an object of a person's own that narrows the run, what the function handed itself,
//! or the wish to account for a run.

use std::collections::BTreeSet;

use keywheel_core::clean::quoted;
use keywheel_core::contract::LONGEST_REASON;
use keywheel_core::contract::fan_out::LATEST;
use keywheel_core::contract::hand_on::MAX_HOPS;
use keywheel_core::id::{AccountId, InvalidId, RunId};
use keywheel_core::policy::Mode;
use serde_json::{Map, Value};

use super::WantedRun;

/// What an event asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InventoryEvent {
    /// A run.
    Run(RunEvent),
    /// To go on with a run.
    GoOn(GoOnEvent),
    /// To account for a run: `{"finish":"<run id>"}`, or `latest` in place of the id.
    Finish(WantedRun),
}

/// A run that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunEvent {
    /// A mode to lower the run to.
    pub mode: Option<Mode>,
    /// Every user is looked at.
    pub sweep: bool,
    /// The only accounts to look after.
    pub accounts: Option<BTreeSet<AccountId>>,
    /// The id that the run shall have.
    pub run_id: Option<RunId>,
}

/// A run that handed itself on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoOnEvent {
    /// The run.
    pub run_id: RunId,
    /// The mode that it had.
    pub mode: Option<Mode>,
    /// How often it has handed itself on by now.
    pub hop: u32,
}

/// An event that cannot be carried out as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event cannot be carried out: {why}. Send {{}} or nothing for all accounts; mode (\"audit\"), accounts ([\"111122223333\"]), \
     run_id and sweep (true) may be added. {{\"finish\":\"latest\"}}, or a run id in its place, accounts for a run"
)]
pub struct InvalidEvent {
    /// What is wrong with it.
    pub why: String,
}

/// Fields of events for key-rotation. Left unread here, a `dryrun` would run in full.
const OF_KEY_ROTATION: &[&str] = &["action", "dryrun", "force_rotate", "ForceRotate", "override", "username"];
const OURS: &[&str] = &["accounts", "finish", "hand_on", "mode", "run_id", "sweep"];

impl InventoryEvent {
    /// Reads an event. Fields that mean nothing to Keywheel are let be: schedulers send their own.
    ///
    /// # Errors
    /// Names what is wrong: a value of ours that cannot be read, a field that belongs to key-rotation, or no object at all.
    pub fn parse(event: &Value) -> Result<Self, InvalidEvent> {
        Self::read(event).map_err(|error| InvalidEvent { why: quoted(&error.why, LONGEST_REASON) })
    }

    fn read(event: &Value) -> Result<Self, InvalidEvent> {
        let fields = match event {
            Value::Null => return Ok(Self::Run(RunEvent::default())),
            Value::Object(fields) => fields,
            _ => return invalid("it is not a JSON object"),
        };
        refuse_what_would_be_missed(fields)?;
        if let Some(wanted) = present(fields, "finish") {
            return finish(fields, wanted).map(Self::Finish);
        }
        let (mode, accounts, run_id) = (mode(fields)?, accounts(fields)?, run_id(fields)?);
        match present(fields, "hand_on") {
            None => Ok(Self::Run(RunEvent { mode, sweep: sweep(fields)?, accounts, run_id })),
            Some(hand_on) => go_on(hand_on, accounts.is_some(), run_id, mode).map(Self::GoOn),
        }
    }
}

fn invalid<T>(why: impl Into<String>) -> Result<T, InvalidEvent> {
    Err(InvalidEvent { why: why.into() })
}

/// Whoever writes one of these expects something that would not happen.
fn refuse_what_would_be_missed(fields: &Map<String, Value>) -> Result<(), InvalidEvent> {
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

/// `finish` is about one run, all of it: whoever adds something expects what would not happen.
fn finish(fields: &Map<String, Value>, wanted: &Value) -> Result<WantedRun, InvalidEvent> {
    if let Some(other) = OURS.iter().find(|name| **name != "finish" && present(fields, name).is_some()) {
        return invalid(format!("it has \"finish\" and {other:?}; send \"finish\" alone"));
    }
    match wanted {
        Value::String(text) if text == LATEST => Ok(WantedRun::Latest),
        Value::String(text) => {
            let wrong = |wrong: InvalidId| InvalidEvent { why: format!("in finish, {wrong}") };
            text.parse().map(WantedRun::Named).map_err(wrong)
        }
        other => invalid(format!("finish is {}, which is neither a run id nor \"latest\"", shown(other))),
    }
}

fn go_on(
    hand_on: &Value,
    has_accounts: bool,
    run_id: Option<RunId>,
    mode: Option<Mode>,
) -> Result<GoOnEvent, InvalidEvent> {
    let hop = hand_on.get("hop").and_then(Value::as_u64).and_then(|hop| u32::try_from(hop).ok());
    match (hop.filter(|hop| (1..=MAX_HOPS).contains(hop)), run_id, has_accounts) {
        (Some(hop), Some(run_id), false) => Ok(GoOnEvent { run_id, mode, hop }),
        _ => invalid(format!(
            "hand_on is {}: it needs a hop from 1 to {MAX_HOPS}, run_id, and no accounts; the function itself adds hand_on, nobody else needs to",
            shown(hand_on)
        )),
    }
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

fn sweep(fields: &Map<String, Value>) -> Result<bool, InvalidEvent> {
    match present(fields, "sweep") {
        None => Ok(false),
        Some(Value::Bool(sweep)) => Ok(*sweep),
        Some(other) => invalid(format!("sweep is {}, which is neither true nor false", shown(other))),
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
        Some(Value::String(text)) if text == LATEST => {
            invalid("run_id is \"latest\", which means whichever run is the latest; name the run otherwise")
        }
        Some(Value::String(text)) => {
            text.parse().map(Some).map_err(|wrong: InvalidId| InvalidEvent { why: wrong.to_string() })
        }
        Some(other) => invalid(format!("run_id is {}, which is not text", shown(other))),
    }
}

/// A value for an error.
fn shown(value: &Value) -> String {
    quoted(&value.to_string(), 80)
}

#[cfg(test)]
mod tests;
