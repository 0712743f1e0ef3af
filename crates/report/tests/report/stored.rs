//! The report of a stored run says what it does not know.

use keywheel_core::contract::manifest::Manifest;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::policy::Policy;
use keywheel_report::Report;
use keywheel_report::model::{About, Compliance, Ended, KeyReport, LastUse, Standing};
use keywheel_report::stored::{StoredRun, report};
use serde_json::{Value, json};

use crate::organization::now;
use crate::totals::check_sums;

const PAST: &str = "2026-11-10T02:00:00Z";
const SOON: &str = "2026-11-22T02:00:00Z";
const LATE: &str = "2026-12-24T02:00:00Z";

fn manifest() -> Manifest {
    let account =
        |number: u32| json!({ "account": format!("{:012}", 111_100_000_000_u64 + u64::from(number)), "name": "x" });
    let accounts: Vec<Value> = (1..=4).map(account).collect();
    let manifest = json!({ "schema_version": 1, "run_id": "r-1", "mode": "enforce", "at": "2026-11-20T02:00:00Z", "accounts": accounts,
        "skipped": [{ "account": "999900000000", "reason": "suspended" }] });
    serde_json::from_value(manifest).unwrap()
}

fn result(account: &str, keys: usize, steps: &Value, more: &Value) -> AccountResult {
    let mut result = json!({ "schema_version": 1, "run_id": "r-1", "account": account, "mode": "enforce",
        "at": "2026-11-20T02:00:00Z", "complete": true, "users": 5, "keys": keys, "steps": steps, "counts": {} });
    result.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(result).unwrap()
}

fn step(key: &str, step: &str, reason: &str, status: &str, due: &str) -> Value {
    json!({ "user": "alice", "access_key_id": key, "step": step, "reason": reason, "status": status, "due": due, "error": null })
}

fn steps() -> Value {
    json!([
        step("AKIAHELDHELDHELD", "hold", "still-in-use", "done", PAST),
        step("AKIACREATECREATE", "create", "rotation-due", "done", PAST),
        step("AKIAFAILEDFAILED", "create", "rotation-due", "failed", PAST),
        step("AKIAWARNEDWARNED", "warn", "rotation-ahead", "done", SOON),
        step("AKIARETIRERETIRE", "warn", "retirement-ahead", "done", LATE),
        step("AKIADELETEDELETE", "delete", "recovery-grace-over", "done", PAST),
        step("AKIALONGGONEGONE", "warn", "deletion-untold", "done", PAST),
        step("AKIAUNKNOWNUNKNO", "skip", "last-used-unknown", "done", PAST),
        step("AKIABLOCKEDBLOCK", "skip", "slot-blocked", "done", PAST),
        step("AKIABLOCKEDBLOCK", "create", "rotation-due", "deferred", PAST),
        { "user": "bob", "access_key_id": null, "step": "skip", "reason": "exempt-group", "status": "done", "due": null, "error": null },
    ])
}

pub(crate) fn stored() -> Report {
    stored_with(Some(&Policy::default()))
}

fn stored_with(policy: Option<&Policy>) -> Report {
    let results = [
        result("111100000001", 12, &steps(), &json!({})),
        result("111100000002", 0, &json!([]), &json!({ "complete": false, "unreachable": true, "error": "denied" })),
        result("111100000003", 3, &json!([]), &json!({ "complete": false, "error": "out of time" })),
        result("222200000000", 1, &json!([]), &json!({})),
    ];
    let about = About { generated: now(), policy, organization: None };
    report(&about, StoredRun { manifest: &manifest(), not_invoked: &[], results: &results })
}

fn key<'a>(report: &'a Report, id: &str) -> &'a KeyReport {
    report.keys().map(|(_, key)| key).find(|key| key.access_key_id.as_str().starts_with(id)).unwrap()
}

#[test]
fn what_uses_a_held_key_is_in_the_report_and_is_unknown_of_others() {
    let mut held = step("AKIAHELDHELDHELD", "hold", "still-in-use", "done", PAST);
    held["last_used"] = json!({ "at": "2026-11-19T22:10:00Z", "service": "s3", "region": "eu-central-1" });
    let results = [result("111100000001", 12, &json!([held]), &json!({}))];
    let about = About { generated: now(), policy: None, organization: None };
    let report = report(&about, StoredRun { manifest: &manifest(), not_invoked: &[], results: &results });
    assert!(matches!(&key(&report, "AKIAHELD").last_used, LastUse::Used(used) if used.service == "s3"));
    assert_eq!(key(&stored(), "AKIAHELD").last_used, LastUse::Unknown { error: None });
}

#[test]
fn every_account_is_accounted_for_also_one_that_nobody_listed() {
    let report = stored();
    let ended: Vec<_> = report.accounts.iter().map(|account| (account.account.as_str(), account.ended)).collect();
    let expected = [
        ("111100000001", Ended::Answered),
        ("111100000002", Ended::Unreachable),
        ("111100000003", Ended::Incomplete),
        ("111100000004", Ended::NeverAnswered),
        ("222200000000", Ended::Incomplete),
        ("999900000000", Ended::Skipped),
    ];
    assert_eq!(ended, expected);
    assert_eq!(report.accounts[4].error.as_deref(), Some("it has a result, and the run's manifest does not name it"));
    check_sums(&report);
}

#[test]
fn what_a_run_does_not_store_is_unknown_and_not_guessed() {
    let report = stored();
    let first = &report.accounts[0];
    assert_eq!(
        (first.keys.len(), first.keys_without_details),
        (8, 4),
        "a key that was deleted earlier is no key of this run"
    );
    assert!(report.keys().all(|(_, key)| key.created.is_none() && key.last_use().is_none()));
    assert_eq!((first.totals.listed, first.totals.deleted), (12, 1));
    assert_eq!(first.notes[0].user.as_str(), "bob");
}

#[test]
fn the_steps_of_a_run_say_how_keys_stand() {
    let report = stored();
    let stands = |id: &str| (key(&report, id).standing, key(&report, id).compliance);
    assert_eq!(stands("AKIAHELD"), (Standing::Superseded, Compliance::Held));
    assert_eq!(stands("AKIACREATE"), (Standing::Superseded, Compliance::Compliant));
    assert_eq!(stands("AKIAFAILED"), (Standing::Unknown, Compliance::Overdue));
    assert_eq!(stands("AKIAWARNED"), (Standing::Unknown, Compliance::Due));
    assert_eq!(stands("AKIARETIRE"), (Standing::Unknown, Compliance::Compliant));
    assert_eq!(stands("AKIADELETE"), (Standing::Deleted, Compliance::Compliant));
    assert_eq!(stands("AKIAUNKNOWN"), (Standing::Unknown, Compliance::Unknown));
    assert_eq!(stands("AKIABLOCKED"), (Standing::Unknown, Compliance::Overdue));
    // Where the warning days are not known, whatever was announced is due.
    assert_eq!(key(&stored_with(None), "AKIARETIRE").compliance, Compliance::Due);
}
