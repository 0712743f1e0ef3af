//! `rollback` and `emergency`: shown by the function in audit, confirmed by the user's name, done.

use std::time::Instant;

use aws_sdk_iam::types::StatusType;
use jiff::{SignedDuration, Timestamp};
use keywheel_core::id::AccessKeyId;
use keywheel_core::ledger::Claim;
use keywheel_core::observed::KeyStatus;
use keywheel_core::time::plus;
use serde_json::json;

use super::{Bench, PATIENCE, POLL, ROTATION, interrupted, interrupted_at, is_told, keys, said, shows};
use crate::command_line::Ended;
use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::policies::{Policies, make_role};
use crate::test_night::checks::Checks;

/// What the mail about a rollback says.
const WORDS: &str = "asked to go back to this key";

pub(super) async fn check(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let account = bench.payments()?;
    let lister = lister(bench).await?;
    let call = |verb: &'static str, more: &[&str]| {
        let parts = [verb, "deploy-bot", "--account", account.as_str(), "--org-list-role-arn", &lister];
        let parts: Vec<_> = parts.iter().chain(&ROTATION).chain(more).map(|part| (*part).to_owned()).collect();
        bench.hub.keywheel(&parts.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let before = bench.calm_world().await?;
    shows(checks, "rollback-unconfirmed", "rollback shows first, and asks", call("rollback", &[]));
    shows(checks, "rollback-wrong-guard", "rollback takes guards by name", call("rollback", &["--override", "clock"]));
    let begun = ["rollback", "deploy-bot", "--account", account.as_str(), "--yes"];
    let begun: Vec<_> = begun.iter().chain(&ROTATION).copied().collect();
    let early = interrupted(bench, &bench.hub, &begun, "lambda:InvokeFunction").await;
    shows(checks, "rollback-interrupted", "Ctrl-C while rollback looks changes nothing", early);
    beside_a_night(bench, checks, || call("rollback", &["--yes"])).await?;
    checks.none("what is only shown changes nothing", bench.calm_world().await?.differences(&before));
    let mails = bench.stage.admin.mails().await?;
    let told = mails.iter().filter(|mail| mail.text().contains(WORDS)).count();
    checks.holds("what is only shown is mailed to nobody", told == 0, || format!("{told} mails"));
    unknown_owner(bench, checks)?;
    freeze(bench, true).await?;
    shows(
        checks,
        "rollback-frozen",
        "what a guard refuses is shown with what lifts it",
        call("rollback", &["--dry-run"]),
    );
    let lifted = call("rollback", &["--override", "freeze", "--yes"]);
    shows(checks, "rollback", "rollback makes the old key active again, with a guard lifted", lifted);
    freeze(bench, false).await?;
    is_told(checks, "the account owner is told of a rollback", bench, "owner@example.com", WORDS).await?;
    let rolled_back = keys(&bench.world().await?, account, "deploy-bot");
    let active = rolled_back.iter().filter(|(_, status)| *status == KeyStatus::Active).count();
    checks.holds("one of the two keys gave way", active == 1 && rolled_back.len() == 2, || format!("{rolled_back:?}"));
    shows(checks, "rollback-again", "rollback finds nothing more to do", call("rollback", &["--yes"]));
    let leaked = rolled_back.iter().find(|(_, status)| *status == KeyStatus::Active).map(|(key, _)| key.to_string());
    let leaked = leaked.unwrap_or_default();
    shows(checks, "emergency", "emergency makes the key inactive", call("emergency", &[&leaked, "--yes"]));
    shows(checks, "rollback-refused", "what a guard refuses is said, and what lifts it", call("rollback", &["--yes"]));
    let wrong = call("emergency", &["not-a-key", "--yes"])?;
    checks.holds("emergency takes a key id", wrong.code == Some(2) && wrong.out.is_empty(), || said(&wrong));
    let left = keys(&bench.world().await?, account, "deploy-bot");
    let none_works = left.iter().all(|(_, status)| *status == KeyStatus::Inactive);
    checks.holds("the leaked key no longer works", none_works, || format!("{left:?}"));
    Ok(())
}

/// An account that a night holds is left to it.
async fn beside_a_night(
    bench: &Bench<'_>,
    checks: &mut Checks,
    rollback: impl Fn() -> anyhow::Result<Ended>,
) -> anyhow::Result<()> {
    let (key, state) = (format!("ledger/{}.json", bench.payments()?), &bench.stage.state);
    let ledger = state.values(&key).await?.remove(&key).unwrap_or_default();
    let until = plus(Timestamp::now(), SignedDuration::from_mins(5));
    let claim = Claim { run_id: "a-night".parse()?, writer: "a-night-1".to_owned(), until };
    let mut claimed = ledger.clone();
    claimed["claim"] = serde_json::to_value(claim)?;
    state.put(&key, &claimed).await?;
    shows(checks, "rollback-busy", "rollback leaves an account to a night, and says what to do", rollback());
    state.put(&key, &ledger).await
}

/// Has the function change nothing today, or anything.
async fn freeze(bench: &Bench<'_>, is_frozen: bool) -> anyhow::Result<()> {
    let functions = &bench.stage.functions;
    let mut variables = functions.variables(KEY_ROTATION);
    if is_frozen {
        variables.insert("FREEZE".to_owned(), "2026-01-01/2999-12-31".to_owned());
    }
    functions.configure(KEY_ROTATION, TIMEOUT, variables).await
}

/// `emergency` that replaces, of a key that is not there, and without a function.
pub(super) async fn emergencies(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let account = bench.payments()?;
    let emergency = |more: &[&str]| {
        let parts = ["emergency", "late-bot", "--account", account.as_str(), "--yes"];
        bench.hub.keywheel(&parts.iter().chain(more).copied().collect::<Vec<_>>())
    };
    let other = emergency(&["AKIAEXAMPLE000000000", ROTATION[0], ROTATION[1]]);
    shows(checks, "emergency-no-key", "emergency refuses a key that the user does not have", other);
    let leaked = keys(&bench.world().await?, account, "late-bot").first().map(|(key, _)| key.to_string());
    let leaked = leaked.unwrap_or_default();
    shows(checks, "emergency-by-hand", "without a function emergency says what to do by hand", emergency(&[&leaked]));
    let foreign = ["--key-rotation", "arn:aws:lambda:eu-central-1:123456789012:function:key-rotation"];
    let foreign = emergency(&[&[leaked.as_str()][..], &foreign].concat());
    shows(checks, "emergency-foreign", "a stranger's function is not asked", foreign);
    in_audit(bench, checks, || emergency(&[&leaked, ROTATION[0], ROTATION[1]])).await?;
    let nowhere = ["emergency", "late-bot", &leaked, "--dry-run", ROTATION[0], ROTATION[1]];
    let says = "emergency without --account looks where the key is";
    shows(checks, "emergency-no-account", says, bench.hub.keywheel(&nowhere));
    let replaced = emergency(&[&leaked, "--replace", ROTATION[0], ROTATION[1]]);
    shows(checks, "emergency-replace", "emergency --replace makes a replacement", replaced);
    let found = keys(&bench.world().await?, account, "late-bot");
    let works = |(key, status): &(AccessKeyId, KeyStatus)| (key.to_string() == leaked, *status == KeyStatus::Active);
    let mut standing: Vec<_> = found.iter().map(works).collect();
    standing.sort_unstable();
    let is_replaced = standing == [(false, true), (true, false)];
    checks.holds("the leaked key gave way to a new one", is_replaced, || format!("{found:?}"));
    changed_between(bench, checks).await?;
    let new = found.iter().find(|(_, status)| *status == KeyStatus::Active).map(|(key, _)| key.to_string());
    going_on(bench, checks, &new.unwrap_or_default()).await
}

/// A function that changes nothing is found out before anybody is asked.
async fn in_audit(
    bench: &Bench<'_>,
    checks: &mut Checks,
    emergency: impl Fn() -> anyhow::Result<Ended>,
) -> anyhow::Result<()> {
    let functions = &bench.stage.functions;
    let mut audit = functions.variables(KEY_ROTATION);
    audit.insert("RUN_MODE".to_owned(), "audit".to_owned());
    functions.configure(KEY_ROTATION, TIMEOUT, audit).await?;
    shows(checks, "emergency-audit", "emergency refuses a function that runs in audit", emergency());
    functions.configure(KEY_ROTATION, TIMEOUT, functions.variables(KEY_ROTATION)).await
}

/// Ctrl-C while the function does it, which goes on.
async fn going_on(bench: &Bench<'_>, checks: &mut Checks, key: &str) -> anyhow::Result<()> {
    let account = bench.payments()?;
    let call = ["emergency", "late-bot", key, "--account", account.as_str(), "--yes"];
    let call: Vec<_> = call.iter().chain(&ROTATION).copied().collect();
    let ended = interrupted_at(bench, &bench.hub, &call, "lambda:InvokeFunction", 2).await;
    let says = "Ctrl-C while the function acts says that it may go on";
    shows(checks, "emergency-interrupted", says, ended);
    let began = Instant::now();
    let is_inactive = async || {
        let found = keys(&bench.world().await?, account, "late-bot");
        anyhow::Ok(found.iter().any(|(id, status)| id.as_str() == key && *status == KeyStatus::Inactive))
    };
    while !is_inactive().await? && began.elapsed() < PATIENCE {
        tokio::time::sleep(POLL).await;
    }
    checks.holds("and it does go on", is_inactive().await?, || format!("{key} is still active"));
    Ok(())
}

/// Somebody makes the key inactive while the function's answer to the preview is under way.
async fn changed_between(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let (account, admin) = (bench.payments()?, &bench.stage.admin);
    let key = keys(&bench.world().await?, account, "terraform").first().map(|(key, _)| key.to_string());
    let key = key.unwrap_or_default();
    let call = ["emergency", "terraform", &key, "--account", account.as_str(), "--replace", "--yes"];
    admin.add_fault(json!({ "operation": "lambda:InvokeFunction", "delay_ms": 1500, "times": 1 })).await?;
    let child = bench.hub.start(&call.iter().chain(&ROTATION).copied().collect::<Vec<_>>())?;
    let began = Instant::now();
    let is_previewed = async || {
        let calls = admin.function_calls().await?;
        anyhow::Ok(calls.iter().any(|call| call.event["username"] == "terraform" && !call.answer.is_null()))
    };
    while !is_previewed().await? && began.elapsed() < PATIENCE {
        tokio::time::sleep(POLL).await;
    }
    let iam = aws_sdk_iam::Client::new(&bench.stage.clients.root_of(account));
    let update = iam.update_access_key().user_name("terraform").access_key_id(&key);
    update.status(StatusType::Inactive).send().await?;
    let ended = Ended::of(child.wait_with_output()?);
    admin.clear_faults().await?;
    let says = "where the user's keys changed after the preview, nothing is done";
    shows(checks, "emergency-changed", says, Ok(ended));
    let found = keys(&bench.world().await?, account, "terraform");
    checks.holds("no key is made that nobody was shown", found.len() == 1, || format!("{found:?}"));
    Ok(())
}

/// A role for people with the permissions of the deployment's own one, which trusts account-inventory alone.
async fn lister(bench: &Bench<'_>) -> anyhow::Result<String> {
    let organization = &bench.stage.organization;
    let iam = aws_sdk_iam::Client::new(&bench.stage.clients.root_of(&organization.management));
    let policies = Policies::of(organization);
    let trust = policies.text("trust-account", &[("account", organization.hub().as_str())])?;
    make_role(&iam, "people-list", &trust, &policies.text("organization-list", &[])?).await?;
    Ok(format!("arn:aws:iam::{}:role/people-list", organization.management))
}

/// By the name in `keywheel.toml`, and as somebody who may not ask for the owner.
fn unknown_owner(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let file = bench.hub.folder.path().join("keywheel.toml");
    std::fs::write(&file, "ROTATION_FUNCTION = \"key-rotation\"\n")?;
    let call = ["rollback", "deploy-bot", "--account", bench.payments()?.as_str(), "--dry-run"];
    let says = "an owner who is not known is said, and keywheel.toml names the function";
    shows(checks, "rollback-unknown-owner", says, bench.hub.keywheel(&call));
    Ok(std::fs::remove_file(file)?)
}
