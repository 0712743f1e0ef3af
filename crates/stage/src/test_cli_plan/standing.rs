//! Where accounts, users and keys stand, after a night: `explain` and `report`.

use anyhow::Context;

use super::{ROLE, shows};
use crate::command_line::CommandLine;
use crate::stage::Stage;
use crate::test_night::checks::Checks;

pub(super) fn check(
    stage: &Stage,
    hub: &CommandLine<'_>,
    management: &CommandLine<'_>,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    explain(stage, hub, management, checks)?;
    report(hub, checks)
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
