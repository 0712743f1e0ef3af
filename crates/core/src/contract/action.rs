//! What key-rotation is handed when somebody asks for one thing to be done to one user.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::LONGEST_REASON;
use crate::clean::quoted;
use crate::id::{AccessKeyId, AccountId, RunId, UserName};
use crate::policy::Mode;

pub use super::action_kind::{ActionKind, Guard};
pub use super::reviewed_change::ReviewedChange;

/// One thing to do to one user, asked for by a person or by a schedule that sends constant JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplicitAction {
    /// What is asked for.
    pub action: ActionKind,
    /// Whose keys.
    pub username: UserName,
    /// The account; none for the function's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The account's name, for the mail; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The address of the account's owner; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// The key, where one is named; an emergency must name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<AccessKeyId>,
    /// An emergency: a replacement is made as well.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replace: bool,
    /// The changes that somebody was shown and wants: where others would be made, none is. Empty where nobody was shown any.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub reviewed: BTreeSet<ReviewedChange>,
    /// The guards that are lifted for this once.
    #[serde(rename = "override", skip_serializing_if = "BTreeSet::is_empty")]
    pub overrides: BTreeSet<Guard>,
    /// The run; none when somebody invoked the function by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// A mode to lower the action to: `audit` only says what would be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}

/// An event that names an action and is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event is not an explicit action: {why}. Send {{\"action\":\"create|deactivate|delete|rollback|emergency\",\"username\":\"alice\"}}; account \
     (left out: the function's own), name, email, access_key_id, override ([\"last-used\"]), reviewed (changes that an audit of the action showed), run_id (\"action-…\"), mode (\"audit\") and, for an \
     emergency, replace (true) may be added"
)]
pub struct InvalidAction {
    /// What is wrong with it.
    pub why: String,
}

/// The action as it arrives.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAction {
    action: ActionKind,
    username: String,
    account: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    access_key_id: Option<String>,
    #[serde(default)]
    replace: bool,
    #[serde(default)]
    reviewed: BTreeSet<ReviewedChange>,
    #[serde(default, rename = "override")]
    overrides: BTreeSet<Guard>,
    run_id: Option<String>,
    mode: Option<Mode>,
}

/// How the run of an action is named, so that its result never takes the place of a night's.
pub const ACTION_RUN: &str = "action-";

/// A key's id. What is none may be a secret half that somebody put into the wrong place, so it is not shown.
fn key(text: &str) -> Result<AccessKeyId, InvalidAction> {
    let why = format!(
        "access_key_id is not an AWS access key id, such as AKIAEXAMPLE0000000001 (it has {} characters)",
        text.chars().count()
    );
    text.parse().map_err(|_| InvalidAction { why })
}

impl ExplicitAction {
    /// Reads an event that asks for one action.
    ///
    /// # Errors
    /// Names what is wrong: an unknown field, action or guard, a bad id, what does not go with the action.
    pub fn parse(event: serde_json::Value) -> Result<Self, InvalidAction> {
        Self::read(event).map_err(|error| InvalidAction { why: quoted(&error.why, LONGEST_REASON) })
    }

    fn read(event: serde_json::Value) -> Result<Self, InvalidAction> {
        let raw: RawAction = serde_json::from_value(event).map_err(|error| InvalidAction { why: error.to_string() })?;
        let id = |error: crate::id::InvalidId| InvalidAction { why: error.to_string() };
        let action = Self {
            action: raw.action,
            username: raw.username.parse().map_err(id)?,
            account: raw.account.map(|text| text.parse()).transpose().map_err(id)?,
            name: raw.name,
            email: raw.email,
            access_key_id: raw.access_key_id.map(|text| key(&text)).transpose()?,
            replace: raw.replace,
            reviewed: raw.reviewed,
            overrides: raw.overrides,
            run_id: raw.run_id.map(|text| text.parse()).transpose().map_err(id)?,
            mode: raw.mode,
        };
        action.contradiction().map_or(Ok(action), |why| Err(InvalidAction { why }))
    }

    /// What of the event does not go with the action: somebody meant something else.
    fn contradiction(&self) -> Option<String> {
        let name = self.action.as_str();
        if let Some(guard) = self.overrides.iter().find(|guard| !self.action.liftable().contains(guard)) {
            let lifts: Vec<_> = self.action.liftable().iter().map(|guard| guard.as_str()).collect();
            return Some(format!("{guard} stands in no {name}'s way; override can lift {}", lifts.join(", ")));
        }
        if self.replace && self.action != ActionKind::Emergency {
            return Some(format!("replace goes with emergency, not with {name}"));
        }
        let is_foreign = |id: &&RunId| !id.as_str().starts_with(ACTION_RUN);
        if let Some(run_id) = self.run_id.as_ref().filter(is_foreign) {
            return Some(format!("run_id {run_id} does not begin with {ACTION_RUN}: an action has a run of its own"));
        }
        match (self.action, &self.access_key_id) {
            (ActionKind::Emergency, None) => Some("an emergency names the key: add access_key_id".to_owned()),
            (ActionKind::Create, Some(_)) => {
                Some("create replaces the key that the user has; leave access_key_id out".to_owned())
            }
            _ => None,
        }
    }

    /// Whether this guard is lifted.
    #[must_use]
    pub fn lifts(&self, guard: Guard) -> bool {
        self.overrides.contains(&guard)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(event: Value) -> Result<ExplicitAction, String> {
        ExplicitAction::parse(event).map_err(|error| error.why)
    }

    const KEY: &str = "AKIAEXAMPLEOLD000001";

    #[test]
    fn the_constant_event_of_a_schedule_is_enough() {
        for name in ["create", "deactivate", "delete", "rollback"] {
            let action = parse(json!({"action": name, "username": "alice"})).unwrap();
            assert_eq!((action.action.as_str(), action.username.as_str(), &action.account), (name, "alice", &None));
            assert!(action.overrides.is_empty() && action.mode.is_none() && !action.replace);
        }
    }

    #[test]
    fn what_is_read_comes_back_the_same() {
        let event = json!({"action": "emergency", "username": "alice", "account": "111122223333", "name": "payments",
            "email": "owner@example.com", "access_key_id": KEY, "replace": true, "override": ["freeze"],
            "run_id": "action-1a2b3c4d", "mode": "audit"});
        assert_eq!(serde_json::to_value(parse(event.clone()).unwrap()).unwrap(), event);
        let action = parse(json!({"action": "deactivate", "username": "alice", "override": ["take-up", "last-used"]}));
        let action = action.unwrap();
        assert!(action.lifts(Guard::TakeUp) && action.lifts(Guard::LastUsed) && !action.lifts(Guard::InstallGrace));
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        let with = |field: &str, value: Value| {
            let mut event = json!({"action": "deactivate", "username": "alice"});
            event[field] = value;
            event
        };
        for (event, named) in [
            (json!({"username": "alice"}), "missing field `action`"),
            (json!({"action": "create"}), "missing field `username`"),
            (with("action", json!("remove")), "unknown variant `remove`"),
            (with("action", json!("Create")), "unknown variant `Create`"),
            (with("username", json!("../x")), "\"../x\" is not an IAM user name"),
            (with("account", json!("1234")), "\"1234\" is not an AWS account id"),
            (with("access_key_id", json!("K1")), "access_key_id is not an AWS access key id"),
            (with("override", json!(["recovery-grace"])), "unknown variant `recovery-grace`"),
            (with("override", json!("last-used")), "expected a sequence"),
            (with("mode", json!("force")), "unknown variant `force`"),
            (with("force_rotate", json!(["alice"])), "unknown field `force_rotate`"),
            (with("run_id", json!("20261120T020007Z-1a2b3c4d")), "does not begin with action-"),
            (with("run_id", json!("")), "is not a run id"),
        ] {
            let why = parse(event.clone()).unwrap_err();
            assert!(why.contains(named), "{event}: {why}");
        }
    }

    #[test]
    fn a_secret_half_in_the_place_of_a_key_id_is_not_shown() {
        let half = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let why = parse(json!({"action": "emergency", "username": "alice", "access_key_id": half})).unwrap_err();
        assert!(why.contains("it has 40 characters") && !why.contains("wJalr"), "{why}");
    }

    #[test]
    fn what_does_not_go_with_the_action_is_refused() {
        for (event, named) in [
            (json!({"action": "emergency", "username": "alice"}), "add access_key_id"),
            (json!({"action": "create", "username": "alice", "access_key_id": KEY}), "leave access_key_id out"),
            (json!({"action": "rollback", "username": "alice", "replace": true}), "replace goes with emergency"),
            (json!({"action": "delete", "username": "alice", "override": ["last-used"]}), "stands in no delete's way"),
            (json!({"action": "create", "username": "alice", "override": ["take-up"]}), "override can lift freeze"),
        ] {
            let why = parse(event.clone()).unwrap_err();
            assert!(why.contains(named), "{event}: {why}");
        }
    }
}
