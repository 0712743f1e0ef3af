//! Events that cannot be carried out: one clear error each, which names what is wrong and shows what is accepted.

use serde_json::{Value, json};

use super::checks::Checks;
use crate::functions::{ACCOUNT_INVENTORY, Answer, KEY_ROTATION, NOTIFICATION};
use crate::stage::Stage;

/// A function, an event, and words that the error must have.
type BadEvent = (&'static str, &'static str, Value, &'static [&'static str]);

fn bad_events(account: &str) -> Vec<BadEvent> {
    let job = |more: Value| {
        let mut job = json!({ "account": account });
        if let (Some(job), Some(more)) = (job.as_object_mut(), more.as_object()) {
            job.extend(more.clone());
        }
        job
    };
    vec![
        ("an account job without an account", KEY_ROTATION, json!({ "name": "payments" }), &["account"]),
        ("a bad account id", KEY_ROTATION, json!({ "account": "12345" }), &["12345", "12 digits"]),
        ("an account id as a number", KEY_ROTATION, json!({ "account": 111_122_223_333_u64 }), &["account"]),
        ("an unknown mode", KEY_ROTATION, job(json!({ "mode": "destroy" })), &["destroy", "audit", "enforce"]),
        (
            "both spellings of the mode",
            KEY_ROTATION,
            job(json!({ "mode": "audit", "dryrun": true })),
            &["mode", "dryrun"],
        ),
        (
            "a dryrun that is neither true nor false",
            KEY_ROTATION,
            job(json!({ "dryrun": "maybe" })),
            &["dryrun", "maybe"],
        ),
        (
            "both spellings of forced users",
            KEY_ROTATION,
            job(json!({ "force_rotate": ["alice"], "ForceRotate": "bob" })),
            &["force_rotate", "ForceRotate"],
        ),
        ("a forced user with an impossible name", KEY_ROTATION, job(json!({ "force_rotate": ["a b"] })), &["a b"]),
        ("an unknown field", KEY_ROTATION, job(json!({ "forcerotate": ["alice"] })), &["forcerotate"]),
        ("no event at all", KEY_ROTATION, Value::Null, &["account"]),
        ("a list", KEY_ROTATION, json!([1, 2]), &["account"]),
        ("an unknown mode of the run", ACCOUNT_INVENTORY, json!({ "mode": "destroy" }), &["destroy", "audit"]),
        ("a bad account id of the run", ACCOUNT_INVENTORY, json!({ "accounts": ["12"] }), &["12", "12 digits"]),
        ("an account that is not there", ACCOUNT_INVENTORY, json!({ "accounts": ["999999999999"] }), &["999999999999"]),
        ("a field of the other function", ACCOUNT_INVENTORY, json!({ "dryrun": true }), &["dryrun"]),
        ("a bad run id", ACCOUNT_INVENTORY, json!({ "run_id": "../../x" }), &["../../x"]),
        ("a digest without a recipient", NOTIFICATION, json!({ "schema_version": 1 }), &["digest"]),
        ("text for a digest", NOTIFICATION, json!("hello"), &["digest"]),
    ]
}

/// What the error of an action shows.
const SHOWN: &str = r#"{"action":"create|deactivate|delete|rollback|emergency""#;

/// Actions that would change the keys of a user who is there, if they were taken for what they nearly are.
fn bad_actions(user: &str) -> Vec<BadEvent> {
    let action = |action: &str, field: &str, value: Value| {
        let mut event = json!({ "action": action, "username": user });
        event[field] = value;
        event
    };
    vec![
        ("an unknown action", KEY_ROTATION, json!({ "action": "rotate", "username": user }), &["rotate", SHOWN]),
        (
            "an unknown override",
            KEY_ROTATION,
            action("deactivate", "override", json!(["last-used", "recovery-grace"])),
            &["recovery-grace", "install-grace", SHOWN],
        ),
        (
            "an override that the action does not know",
            KEY_ROTATION,
            action("create", "override", json!(["take-up"])),
            &["take-up", "create", "freeze"],
        ),
        (
            "an emergency without a key",
            KEY_ROTATION,
            action("emergency", "replace", json!(true)),
            &["emergency", "add access_key_id"],
        ),
        (
            "an action with an unknown field",
            KEY_ROTATION,
            action("create", "force_rotate", json!([user])),
            &["force_rotate", "access_key_id"],
        ),
    ]
}

/// Sends every bad event.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) {
    let account = stage.organization.hub().to_string();
    for (name, function, event, words) in bad_events(&account).into_iter().chain(bad_actions("terraform")) {
        let answer = stage.functions.invoke(function, &event).await;
        let wrong = answer.map(|answer| wrong_error(&answer, "Keywheel.EventInvalid", words));
        checks.tried(&format!("{function} refuses {name}"), wrong);
    }
}

/// Where an answer is not the error that it should be.
pub(super) fn wrong_error(answer: &Answer, name: &str, words: &[&str]) -> Vec<String> {
    let message = answer.payload["errorMessage"].as_str().unwrap_or_default();
    let missing: Vec<_> = words.iter().filter(|word| !message.contains(**word)).collect();
    if answer.failed && answer.payload["errorType"] == name && missing.is_empty() {
        return Vec::new();
    }
    vec![format!("expected {name} with {words:?}, found {}", answer.payload)]
}
