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

/// Sends every bad event.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) {
    let account = stage.organization.hub().to_string();
    for (name, function, event, words) in bad_events(&account) {
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
