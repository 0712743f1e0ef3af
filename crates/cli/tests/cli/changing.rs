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
        (&["tag-users", "twice.json"], "user alice is there twice"),
        (&["tag-users", "users.csv"], "its first column is not user"),
        (&["tag-users", "none.json"], "none.json names no users"),
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

#[test]
fn a_secret_half_in_the_place_of_a_key_id_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let half = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let ended = keywheel(folder.path(), ["emergency", "alice", half], "");
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(!ended.err.contains("wJalr"), "{}", ended.err);
}
