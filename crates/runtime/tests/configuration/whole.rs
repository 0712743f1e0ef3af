//! What holds for every variable: defaults, and errors that name everything.

use keywheel_core::policy::{Mode, Policy};
use keywheel_core::time::Days;
use keywheel_runtime::config::variable;

use crate::support::{inventory, message, notification, refused, rotation};

#[test]
fn what_must_be_set_is_enough_and_the_rest_has_the_defaults_of_the_design() {
    let inventory = inventory(&[]).unwrap();
    assert_eq!(inventory.mode, Mode::Audit);
    assert_eq!((inventory.fanout_concurrency, inventory.rollout_percent), (32, 100));
    assert!(!inventory.include_management_account && inventory.org_list_role_arn.is_none());
    assert_eq!(inventory.state.prefix, "keywheel/");
    assert!(inventory.include_ous.is_empty() && inventory.include_accounts.is_empty());

    let rotation = rotation(&[]).unwrap();
    assert_eq!(rotation.mode, Mode::Audit);
    assert_eq!(rotation.policy, Policy::default());
    assert!(rotation.member_role.is_none() && rotation.secret_readers.is_empty());

    assert_eq!(notification(&[]).unwrap().template_prefix, "templates/");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let names: Vec<_> = variable::ALL.iter().map(|variable| variable.name).collect();
    let empty: Vec<_> = names.iter().map(|name| (*name, "")).collect();
    assert_eq!(refused(inventory(&empty)), ["ROTATION_FUNCTION", "STATE_BUCKET"]);
    assert_eq!(refused(rotation(&empty)), ["STATE_BUCKET", "NOTIFICATION_FUNCTION"]);
    assert_eq!(refused(notification(&empty)), ["TEMPLATE_BUCKET", "SENDER_EMAIL", "STATE_BUCKET"]);
}

#[test]
fn one_error_names_every_wrong_variable_its_value_and_what_is_accepted() {
    let message = message(inventory(&[
        ("RUN_MODE", "Enforce"),
        ("STATE_BUCKET", ""),
        ("FANOUT_CONCURRENCY", "0"),
        ("EXCLUDE_ACCOUNTS", "111122223333, 12"),
        ("INCLUDE_OUS", "ou-1"),
    ]));
    for part in [
        "RUN_MODE is \"Enforce\"; accepted: `audit` or `enforce`",
        "STATE_BUCKET is not set; accepted: the name of an S3 bucket",
        "FANOUT_CONCURRENCY is \"0\"; accepted: a whole number from 1 to 500",
        "EXCLUDE_ACCOUNTS is \"111122223333, 12\" (\"12\" is not an account id",
        "INCLUDE_OUS is \"ou-1\" (\"ou-1\" is not the id of an OU or root)",
        "(5)",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
    assert!(!message.contains('\n'));
}

#[test]
fn numbers_with_anything_but_digits_are_refused() {
    for junk in ["9O", " 90", "90 ", "+90", "-90", "0x5a", "90.0", "1e2", "٩٠", "090", "4294967296", "36501"] {
        assert_eq!(refused(rotation(&[("UNUSED_AFTER", junk)])), ["UNUSED_AFTER"], "{junk:?}");
    }
    assert_eq!(rotation(&[("UNUSED_AFTER", "36500")]).unwrap().policy.unused_after, Days(36_500));
    assert_eq!(rotation(&[("LAST_USED_THRESHOLD", "0")]).unwrap().policy.last_used_threshold, Days(0));
    for percent in ["101", "-1", "50%"] {
        assert_eq!(refused(inventory(&[("ROLLOUT_PERCENT", percent)])), ["ROLLOUT_PERCENT"]);
    }
    assert_eq!(inventory(&[("ROLLOUT_PERCENT", "0")]).unwrap().rollout_percent, 0);
}

#[test]
fn a_level_of_the_log_that_does_not_exist_is_refused() {
    assert!(inventory(&[("AWS_LAMBDA_LOG_LEVEL", "WARN"), ("RUST_LOG", "debug")]).is_ok());
    assert_eq!(refused(inventory(&[("AWS_LAMBDA_LOG_LEVEL", "loud")])), ["AWS_LAMBDA_LOG_LEVEL"]);
    assert_eq!(refused(inventory(&[("RUST_LOG", "hyper=trace")])), ["RUST_LOG"]);
}

#[test]
fn a_wrong_value_is_shown_escaped_and_cut() {
    let long: &'static str = Box::leak(format!("x\n{}", "y".repeat(5_000)).into_boxed_str());
    let text = message(rotation(&[("SELECTION", long)]));
    assert!(text.contains(r"x\nyyy") && text.len() < 500, "{text}");
}

#[test]
fn every_variable_is_declared_once() {
    let names: Vec<_> = variable::ALL.iter().map(|variable| variable.name).collect();
    let unique: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(names.len(), unique.len());
}
