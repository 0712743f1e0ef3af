//! `keywheel status` on runs that were written by hand, days that are long past among them.

use serde_json::{Value, json};

use super::shows;
use crate::command_line::CommandLine;
use crate::policies::STATE_BUCKET;
use crate::stage::Stage;
use crate::test_night::checks::Checks;

const LAST: &str = "20260110T020000Z-aaaaaaaa";
const BEFORE: &str = "20260109T020000Z-bbbbbbbb";
const FIRST: &str = "20260108T020000Z-cccccccc";

pub(super) async fn check(stage: &Stage, hub: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let status = ["status", "--state-bucket", STATE_BUCKET];
    let with = |more: &[&'static str]| status.iter().chain(more).copied().collect::<Vec<_>>();
    shows(checks, "status-none", "status says that there was no run yet", hub.keywheel(&status));
    shows(checks, "status-no-bucket", "status asks for a bucket", hub.keywheel(&["status"]));
    let missing = ["status", "--state-bucket", "no-such-bucket"];
    shows(checks, "status-missing", "status says that there is no such bucket", hub.keywheel(&missing));
    write_runs(stage).await?;
    let says = "status accounts for every account of every run, and says what waits, is held, fails or is silent";
    shows(checks, "status", says, hub.keywheel(&status));
    let says = "status --output json has the same, and --check exits with 3";
    shows(checks, "status-json", says, hub.keywheel(&with(&["--output", "json", "--check", "--runs", "1"])));
    stage.state.put_text(&format!("runs/{LAST}/manifest.json"), b"{\"schema_version\":9}".to_vec()).await?;
    shows(checks, "status-newer", "status refuses what a newer release wrote", hub.keywheel(&status));
    let asked_for = asked_for();
    for run in [LAST, BEFORE, FIRST].into_iter().chain(asked_for.iter().map(String::as_str)) {
        for key in stage.state.texts(&format!("runs/{run}/")).await?.into_keys() {
            stage.state.remove(&key).await?;
        }
    }
    stage.state.remove("runs/latest.json").await
}

async fn write_runs(stage: &Stage) -> anyhow::Result<()> {
    for (run, at) in [(LAST, "2026-01-10T02:00:00Z"), (BEFORE, "2026-01-09T02:00:00Z"), (FIRST, "2026-01-08T02:00:00Z")]
    {
        stage.state.put(&format!("runs/{run}/manifest.json"), &manifest(run, at)).await?;
        for number in 1..=4 {
            // The fourth answered the first run alone.
            if number < 4 || run == FIRST {
                let result = if run == LAST { last_result(number) } else { result(run, at, number, &json!({})) };
                let key = format!("runs/{run}/accounts/11110000000{number}.json");
                stage.state.put(&key, &result).await?;
            }
        }
    }
    stage.state.put(&format!("runs/{LAST}/inventory.json"), &inventory()).await?;
    stage.state.put(&format!("runs/{BEFORE}/finish.json"), &finish()).await?;
    for run in asked_for() {
        let key = format!("runs/{run}/accounts/111100000001.json");
        stage.state.put(&key, &result(&run, "2026-01-11T02:00:00Z", 1, &json!({}))).await?;
    }
    let latest = json!({ "schema_version": 1, "run_id": LAST, "at": "2026-01-10T02:00:00Z" });
    stage.state.put("runs/latest.json", &latest).await
}

/// An explicit action, and as many reviewed plans as `status` shows runs.
fn asked_for() -> Vec<String> {
    ["action-1".to_owned()].into_iter().chain((1..=7).map(|number| format!("apply-20260111T02000{number}Z"))).collect()
}

fn manifest(run: &str, at: &str) -> Value {
    let accounts: Vec<_> = ["payments", "web-shop", "data-lake", "legacy"]
        .iter()
        .enumerate()
        .map(|(place, name)| json!({ "account": format!("11110000000{}", place + 1), "name": name }))
        .collect();
    json!({ "schema_version": 1, "run_id": run, "mode": "enforce", "at": at, "accounts": accounts,
        "skipped": [{ "account": "111100000009", "reason": "suspended" }] })
}

fn inventory() -> Value {
    json!({ "schema_version": 1, "run_id": LAST, "mode": "enforce", "at": "2026-01-10T02:00:03Z", "listed_at": "2026-01-10T02:00:00Z",
        "accounts": { "listed": 5, "invoked": 4, "skipped": [{ "account": "111100000009", "reason": "suspended" }],
            "failed": [] } })
}

fn result(run: &str, at: &str, number: u32, more: &Value) -> Value {
    let mut result = json!({ "schema_version": 1, "run_id": run, "account": format!("11110000000{number}"),
        "mode": "enforce", "at": at, "complete": true, "users": 2, "keys": 3, "steps": [], "counts": {} });
    if let (Some(result), Some(more)) = (result.as_object_mut(), more.as_object()) {
        result.extend(more.clone());
    }
    result
}

fn last_result(number: u32) -> Value {
    let more = match number {
        1 => json!({ "steps": [
            { "user": "nightly-backup", "access_key_id": "AKIAHELDHELDHELD0001", "step": "hold", "reason": "still-in-use",
              "status": "done", "due": "2026-01-01T02:00:00Z", "error": null,
              "last_used": { "at": "2026-01-09T22:00:00Z", "service": "s3", "region": "eu-central-1" } },
            { "user": "deploy-bot", "access_key_id": "AKIAWARNWARNWARN0002", "step": "warn", "reason": "owner-unreachable",
              "status": "done", "due": null, "error": null },
            { "user": "deploy-bot", "access_key_id": "AKIAWARNWARNWARN0002", "step": "create", "reason": "rotation-due",
              "status": "done", "due": "2026-01-10T01:00:00Z", "error": null },
            { "user": "web-upload", "access_key_id": "AKIAFAILFAILFAIL0003", "step": "delete", "reason": "rotation-due",
              "status": "failed", "due": "2026-01-10T01:00:00Z", "error": "iam:DeleteAccessKey: AccessDenied" },
        ] }),
        2 => json!({ "complete": false, "unreachable": true,
            "error": "account 111100000002: role arn:aws:iam::111100000002:role/keywheel-member cannot be assumed: AccessDenied" }),
        _ => json!({ "complete": false, "error": "the exemption group \"keywheel-exempt\" is missing" }),
    };
    result(LAST, "2026-01-10T02:00:05Z", number, &more)
}

fn finish() -> Value {
    json!({ "schema_version": 1, "run_id": BEFORE, "mode": "enforce", "listed_at": "2026-01-09T02:00:00Z",
        "at": "2026-01-09T10:00:00Z", "state": "ended", "fan_out_finished": true,
        "accounts": { "listed": 5, "scanned": { "complete": 3, "incomplete": [] },
            "skipped": { "count": 1, "reasons": { "suspended": 1 } },
            "unreachable": { "role": [], "unanswered": ["111100000004"] }, "failed": [] },
        "sums": { "users": 6, "keys": 9, "steps": {}, "keys_overdue": 0 } })
}
