//! Which events are accepted.

use keywheel_core::contract::digest::RecipientRole;
use keywheel_core::policy::Mode;
use keywheel_mail::event::parse;
use serde_json::{Value, json};

use crate::support::{digest, every_kind, rotated};

fn event() -> Value {
    serde_json::to_value(digest(Mode::Enforce, vec![rotated(1, "alice")])).unwrap()
}

/// The error that the event brings when the value at this place is another.
fn error_with(place: &str, value: Value) -> String {
    let mut event = event();
    *event.pointer_mut(place).unwrap() = value;
    parse(event).unwrap_err().to_string()
}

#[test]
fn a_digest_as_key_rotation_writes_it_is_read_unchanged() {
    let mut digest = digest(Mode::Enforce, every_kind());
    // One of its entries brings an encrypted pair.
    digest.recipient.role = RecipientRole::KeyOwner;
    assert_eq!(parse(serde_json::to_value(&digest).unwrap()).unwrap(), digest);
}

#[test]
fn a_newer_schema_is_refused_before_anything_else_is_read() {
    let error = parse(json!({"schema_version": 2, "shape": "unknown"})).unwrap_err().to_string();
    assert!(error.contains("schema_version is 2 and this release knows 1 at most"), "{error}");
    let error = parse(json!({"accounts": []})).unwrap_err().to_string();
    assert!(error.contains("it has no schema_version"), "{error}");
}

#[test]
fn an_unknown_template_is_named() {
    let error = error_with("/template", json!("../digest\r\n"));
    assert!(error.contains("there is no template \"../digest\"; there is \"digest\""), "{error}");
}

#[test]
fn addresses_that_are_none_are_refused_and_not_shown() {
    for address in ["", "owner", "owner@example.com\r\nBcc: x@example.com", "a@example.com,b@example.com"] {
        let error = error_with("/recipient/email", json!(address));
        assert!(error.contains("recipient.email is not one plain address"), "{error}");
        assert!(!error.contains("owner") && error.lines().count() == 1, "{error}");
    }
    let error = error_with("/recipient", json!("owner@example.com"));
    assert!(error.contains("o***@example.com") && !error.contains("owner@"), "{error}");
}

#[test]
fn what_would_end_in_a_shell_command_is_checked() {
    for name in [
        "name; curl evil | sh",
        "Account_111122223333_User_bob_AccessKey",
        "Account_222233334444_User_alice_AccessKey",
        "arn:aws:secretsmanager:eu-central-1:111122223333:secret:Account_111122223333_User_alice_AccessKey-AbCdEf",
        "",
    ] {
        let error = error_with("/entries/0/secret_name", json!(name));
        assert!(error.contains("the secret_name of user alice"), "{error}");
    }
    for arn in [
        "Account_111122223333_User_alice_AccessKey",
        "arn:aws:secretsmanager:eu-central-1:999988887777:secret:Account_111122223333_User_bob_AccessKey-AbCdEf",
        "arn:aws:secretsmanager:eu-west-1:999988887777:secret:Account_111122223333_User_alice_AccessKey-AbCdEf",
        "arn:aws:secretsmanager:eu-central-1:999988887777:secret:Account_111122223333_User_alice_AccessKey-$(id);",
        "arn:aws:secretsmanager:eu-central-1:x;id:secret:Account_111122223333_User_alice_AccessKey-AbCdEf",
    ] {
        let mut event = event();
        event["entries"][0]["secret_arn"] = json!(arn);
        let error = parse(event).unwrap_err().to_string();
        assert!(error.contains("the secret_arn of user alice"), "{error}");
    }
    let error = error_with("/region", json!("eu-west-1 $(id)"));
    assert!(error.contains("which is no region"), "{error}");
}

#[test]
fn an_unknown_reason_or_a_bad_account_is_one_clear_error() {
    let error = error_with("/entries/0/reason", json!("no-such-reason"));
    assert!(error.contains("no-such-reason"), "{error}");
    let error = error_with("/account/id", json!("12"));
    assert!(error.contains("an AWS account id: 12 digits"), "{error}");
    assert!(error.contains("Nothing was sent"), "{error}");
}

#[test]
fn a_secret_in_the_hub_is_read_by_its_arn() {
    let arn =
        "arn:aws:secretsmanager:eu-central-1:999988887777:secret:Account_111122223333_User_alice_AccessKey-AbCdEf";
    let mut event = event();
    event["entries"][0]["secret_arn"] = json!(arn);
    let text = crate::support::rendered(&parse(event).unwrap()).text;
    assert!(text.contains(&format!("get-secret-value --secret-id {arn} --region eu-central-1")), "{text}");
}
