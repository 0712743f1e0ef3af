//! Where accounts, users and keys stand, after a night: `explain` and `report`.

use anyhow::Context;

use super::good::RUN;
use super::{ROLE, shows};
use crate::command_line::CommandLine;
use crate::policies::STATE_BUCKET;
use crate::stage::Stage;
use crate::test_night::checks::Checks;

pub(super) async fn check(
    stage: &Stage,
    hub: &CommandLine<'_>,
    management: &CommandLine<'_>,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    explain(stage, hub, management, checks)?;
    report(hub, checks)?;
    stored(stage, hub, checks);
    gone(stage, hub, checks).await
}

/// `--account` chooses among a stored run's accounts.
fn stored(stage: &Stage, hub: &CommandLine<'_>, checks: &mut Checks) {
    let account = stage.organization.hub().as_str();
    let of_run = ["report", "--run", RUN, "--state-bucket", STATE_BUCKET, "--account"];
    let with = |more: &[&'static str]| of_run.iter().chain(more).copied().collect::<Vec<_>>();
    let chosen = of_run.iter().copied().chain([account]).collect::<Vec<_>>();
    shows(checks, "report-run-one", "report --run --account is of that account alone", hub.keywheel(&chosen));
    let unknown = hub.keywheel(&with(&["123456789012"]));
    shows(
        checks,
        "report-run-account",
        "report --run --account refuses an account that the run does not list",
        unknown,
    );
    let own = ["report", "--run", RUN, "--state-bucket", STATE_BUCKET, "--own-account"];
    shows(checks, "report-run-own", "report --run refuses flags of a look", hub.keywheel(&own));
}

/// A person deletes a key; the ledger has not forgotten it yet.
async fn gone(stage: &Stage, hub: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let key = stage.user("tape-writer")?.keys.values().next().context("tape-writer has no key")?.id.to_string();
    let iam = aws_sdk_iam::Client::new(&stage.clients.root_of(stage.organization.hub()));
    iam.delete_access_key().user_name("tape-writer").access_key_id(&key).send().await?;
    let explain = ["explain", &key, "--own-account", "--function", "key-rotation"];
    shows(checks, "explain-gone", "explain tells what is remembered of a key that is gone", hub.keywheel(&explain));
    let forgotten = ["explain", "AKIAIOSFODNN7EXAMPLE", "--own-account", "--function", "key-rotation"];
    shows(checks, "explain-forgotten", "explain says that nothing is known of a key", hub.keywheel(&forgotten));
    let ended = hub.keywheel(&["explain", &key, "--own-account", "--function", "key-rotation", "--output", "json"])?;
    let document = super::json(&ended);
    let is_told =
        document["is_gone"] == true && document["access_key_id"] == key.as_str() && document["schema_version"] == 1;
    checks.holds("explain --output json of a key that is gone has what is remembered", is_told, || ended.out.clone());
    Ok(())
}

fn explain(
    stage: &Stage,
    hub: &CommandLine<'_>,
    management: &CommandLine<'_>,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let own = ["--own-account", "--function", "key-rotation"];
    for (name, says, user) in [
        ("explain-held", "explain says what uses a key that is held, and since when", "nightly-backup"),
        ("explain-rotated", "explain says which key took over and who was told", "deploy-bot"),
        ("explain-young", "explain says when a young key's day comes", "terraform"),
    ] {
        shows(checks, name, says, hub.keywheel(&["explain", user, own[0], own[1], own[2]]));
    }
    let key = stage.user("vpn-monitor")?.keys.values().next().context("vpn-monitor has no key")?.id.to_string();
    let by_key = management.keywheel(&["explain", &key, ROLE[0], ROLE[1]]);
    shows(checks, "explain-key", "explain finds the account of a key", by_key);
    let account = stage.organization.hub().to_string();
    let by_account = management.keywheel(&["explain", &account, ROLE[0], ROLE[1]]);
    shows(checks, "explain-account", "explain shows every key of an account", by_account);
    let closing = stage.account("closing")?.id.to_string();
    let skipped = management.keywheel(&["explain", &closing, ROLE[0], ROLE[1]]);
    shows(checks, "explain-skipped", "explain says why an account is left out", skipped);
    let nobody = hub.keywheel(&["explain", "deploy-bto", own[0]]);
    shows(checks, "explain-nobody", "explain says that there is no such user", nobody);
    shows(checks, "explain-where", "explain asks for the account of a name", hub.keywheel(&["explain", "deploy-bot"]));
    Ok(())
}

fn report(hub: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let live = ["report", "--own-account", "--function", "key-rotation"];
    let with = |more: &[&'static str]| live.iter().chain(more).copied().collect::<Vec<_>>();
    shows(
        checks,
        "report-table",
        "report shows what needs somebody, and --check exits with 3",
        hub.keywheel(&with(&["--check"])),
    );
    let latest = ["report", "--run", "latest", "--function", "key-rotation", "--all"];
    shows(checks, "report-no-run", "report says that no run became the latest", hub.keywheel(&latest));
    for (output, begins) in [
        ("json", "{"),
        ("jsonl", "{\"record\":\"key\""),
        ("csv", "record,generated,account"),
        ("html", "<!DOCTYPE html>"),
        ("ocsf", "["),
        ("asff", "["),
    ] {
        let arguments = with(&["--output", output, "--out", "report.file"]);
        let ended = hub.keywheel(&arguments)?;
        let text = std::fs::read_to_string(hub.folder.path().join("report.file")).unwrap_or_default();
        let keys = text.matches("AKIA").count();
        let is_whole = ended.code == Some(0) && ended.out.is_empty() && text.starts_with(begins) && keys >= 7;
        let say = || format!("{:?} {} {}", ended.code, ended.err, text.chars().take(200).collect::<String>());
        checks.holds(&format!("report --output {output} writes a file with every key"), is_whole, say);
    }
    Ok(())
}
