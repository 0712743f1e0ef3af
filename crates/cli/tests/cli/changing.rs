//! The verbs that change something refuse what makes no sense before they call anybody.

use std::fs;

use crate::support::keywheel;

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_called() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plan.json"), "{\"schema_version\": 2}").unwrap();
    fs::write(folder.path().join("twice.json"), r#"{"alice": {"a": "1"}, "alice": {"a": "2"}}"#).unwrap();
    fs::write(folder.path().join("users.csv"), "name,a\nalice,1\n").unwrap();
    fs::write(folder.path().join("none.json"), "{}").unwrap();
    let exempt = |until, reason| ["exempt", "add", "alice", "--until", until, "--reason", reason];
    for (call, says) in [
        (&["apply", "plan.json", "--yes"][..], "error: plan.json cannot be applied: it has schema version 2"),
        (&["apply", "plan.json", "--own-account"], "a saved plan goes with no flag that says where to look"),
        (&["apply", "plan.json", "--yes", "--no-input"], "cannot be used with"),
        (&["apply", "missing.json"], "hint: keywheel plan --save FILE writes a plan"),
        (&["tag-users", "missing.csv"], "hint: keywheel tag-users --help shows both forms"),
        (&["tag-users", "twice.json"], "user alice is there twice"),
        (&["tag-users", "users.csv"], "its first column is not user"),
        (&["tag-users", "none.json"], "none.json names no users"),
        (&["tag-users", "none.json", "--yes"], "error: --yes goes with --apply"),
        (&["template", "push", "x", "s3://bucket", "--yes", "--no-input"], "cannot be used with"),
        (&exempt("2020-01-01", "x"), "error: 2020-01-01 is past (UTC)"),
        (&exempt("31.12.2099", "x"), "invalid value '31.12.2099'"),
        (&exempt("2099-12-31", " "), "error: the reason is empty"),
        (&["rollback", "alice", "--override", "clock"], "is none of last-used, take-up"),
        (&["rollback", "../alice"], "is not an IAM user name"),
        (&["emergency", "alice"], "<ACCESS_KEY_ID>"),
        (&["run", "--mode", "enforce"], "[possible values: audit]"),
        (&["run", "--yes"], "a run is followed in the state bucket, and none is set"),
    ] {
        let ended = keywheel(folder.path(), call.iter().copied(), "");
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{call:?}: {}", ended.err);
        assert!(ended.err.contains(says), "{call:?}: {}", ended.err);
    }
}

const HALF: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

#[test]
fn a_secret_in_a_wrong_place_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let token = format!("IQoJb3JpZ2luX2VjEJr{}==", "aB3/dE5+gH7jK9mN".repeat(20));
    let (of_flag, unknown) = (format!("--secret-access-key={HALF}"), "--session-token=short".to_owned());
    for call in [
        &["emergency", "alice", HALF][..],
        &["plan", HALF],
        &["plan", &token],
        &[HALF],
        &["apply", HALF],
        &["apply", "plan.json", "--account", HALF],
        &["rollback", HALF],
        &["exempt", "add", "alice", "--until", HALF, "--reason", "x"],
        &["run", "--timeout", HALF],
        &["tag-users", &token],
        &["plan", &of_flag],
        &["plan", &unknown],
        &["plan", "--secret-access-key", HALF],
    ] {
        let ended = keywheel(folder.path(), call.iter().copied(), "");
        let said = format!("{}{}", ended.out, ended.err);
        assert_ne!(ended.code, 0, "{call:?}");
        let repeats = ["wJalr", "IQoJ", "=short"].into_iter().any(|part| said.contains(part));
        assert!(!repeats && said.contains("error"), "{call:?}: {said}");
    }
}

#[test]
fn every_verb_that_changes_something_says_what_it_does_with_examples() {
    let folder = tempfile::tempdir().unwrap();
    for verb in [
        &["apply"][..],
        &["run"],
        &["rollback"],
        &["emergency"],
        &["exempt"],
        &["exempt", "add"],
        &["exempt", "list"],
        &["exempt", "expire"],
        &["tag-users"],
        &["template", "push"],
    ] {
        let ended = keywheel(folder.path(), verb.iter().copied().chain(["--help"]), "");
        let has_examples = *verb == ["exempt"] || ended.out.contains("Examples:\n  keywheel");
        assert!(ended.code == 0 && ended.err.is_empty() && has_examples, "{verb:?}: {}", ended.out);
        insta::assert_snapshot!(format!("help-{}", verb.join("-")), ended.shown(folder.path()));
    }
}

#[test]
fn where_nothing_can_be_reached_an_emergency_is_told_what_to_do_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".aws")).unwrap();
    let profile = format!("[keys]\naws_access_key_id = AKIAEXAMPLE0000000001\naws_secret_access_key = {HALF}\n");
    fs::write(folder.path().join(".aws/credentials"), profile).unwrap();
    let key = "AKIAEXAMPLE0000000002";
    let call = ["emergency", "alice", key, "--account", "111122223333", "--region", "eu-central-1", "--yes"];
    for way in [&["--profile", "keys", "--endpoint-url", "http://127.0.0.1:1"][..], &["--profile", "nobody"]] {
        let ended = keywheel(folder.path(), call.iter().chain(way).copied(), "");
        let by_hand = format!(
            "hint: by hand, as an administrator of account 111122223333: aws iam update-access-key --user-name alice --access-key-id {key} --status Inactive"
        );
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{}", ended.err);
        assert!(ended.err.starts_with("error: ") && ended.err.matches("hint: ").count() == 2, "{}", ended.err);
        assert!(ended.err.contains(&by_hand) && !ended.err.contains("wJalr"), "{}", ended.err);
    }
}
