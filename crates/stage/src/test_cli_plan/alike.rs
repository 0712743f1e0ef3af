//! The whole organization, from the management account, as before anything is deployed.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{ACCOUNTS, ROLE};
use crate::command_line::{CommandLine, Ended};
use crate::stage::Stage;
use crate::test_night::checks::Checks;

const POLL: Duration = Duration::from_millis(50);

pub(super) async fn check(stage: &Stage, management: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let before = stage.world().await?;
    let began = Instant::now();
    let ended = management.keywheel(&["plan", ROLE[0], ROLE[1], "--output", "json", "--save", "all.json"])?;
    let took = began.elapsed();
    let plan = super::json(&ended);
    // Left out are the management account, and one that is being closed.
    let accounts = json!({ "listed": ACCOUNTS + 2, "looked_at": ACCOUNTS, "skipped": 2, "failed": 0 });
    let is_whole = ended.code == Some(0) && plan["accounts"] == accounts;
    let say = || format!("{:?} {} {}", ended.code, plan["accounts"], ended.err);
    checks.holds(&format!("plan sees {ACCOUNTS} accounts and accounts for every other"), is_whole, say);
    let created = plan["steps"]["create"] == ACCOUNTS;
    checks.holds("plan has a replacement for every account", created, || plan["steps"].to_string());
    let forgets = plan["has_state_bucket"] == false && ended.err.contains("no state bucket is set");
    checks.holds("plan says that nothing is remembered without a state bucket", forgets, || ended.err.clone());
    checks.holds("what is no data goes to standard error", ended.out.starts_with('{'), || ended.out.clone());
    let is_quick = took.as_secs() < 30;
    checks.holds("plan over all accounts takes no longer than half a minute", is_quick, || format!("{took:?}"));
    checks.none("plan changes nothing", stage.world().await?.differences(&before));
    below_a_unit(stage, management, checks)?;
    on_a_terminal(management, checks)?;
    interrupted(stage, management, checks).await
}

/// One OU, in which the hub is alone: every other account is left out, and counted.
fn below_a_unit(stage: &Stage, management: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let unit = stage.organization.unit_id("few");
    let ended = management.keywheel(&["plan", ROLE[0], ROLE[1], "--organizational-unit", unit, "--output", "json"])?;
    let found = super::json(&ended)["accounts"].clone();
    let wanted = json!({ "listed": ACCOUNTS + 2, "looked_at": 1, "skipped": ACCOUNTS + 1, "failed": 0 });
    checks.holds("plan of an OU looks at its accounts alone", found == wanted, || format!("{found} {}", ended.err));
    Ok(())
}

/// Ctrl-C while accounts are looked at.
async fn interrupted(stage: &Stage, management: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let assumed = async || {
        let calls = stage.admin.calls().await?;
        anyhow::Ok(calls.iter().filter(|call| call.operation.ends_with("AssumeRole")).count())
    };
    let before = assumed().await?;
    let child = management.start(&["plan", ROLE[0], ROLE[1], "--output", "jsonl"])?;
    while assumed().await? < before + 5 {
        tokio::time::sleep(POLL).await;
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    let ended = Ended::of(child.wait_with_output()?);
    let left = ended.out.matches("not looked at: interrupted").count();
    let seen = ended.out.matches("\"step\":\"create\"").count();
    let said = ended.err.contains(&format!("interrupted: {left} accounts of {ACCOUNTS} not looked at"));
    let is_whole = ended.code == Some(130) && said && left > 0 && seen > 0 && left + seen == ACCOUNTS;
    let say = || format!("{:?} seen {seen}, left {left}: {}", ended.code, ended.err);
    checks.holds("Ctrl-C ends what is under way and says what is left", is_whole, say);
    Ok(())
}

fn on_a_terminal(management: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let Some(ended) = management.on_a_terminal(&["plan", ROLE[0], ROLE[1], "--organizational-unit", "r-none"])? else {
        return Ok(());
    };
    let coloured = ended.out.contains("\u{1b}[31merror\u{1b}[0m");
    checks.holds("errors are red on a terminal", coloured && ended.code == Some(2), || ended.out.clone());
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let arguments = ["plan", ROLE[0], ROLE[1], "--organizational-unit", "r-none"];
        let Some(ended) = management.on_a_terminal_with(&arguments, &[variable])? else { return Ok(()) };
        let is_plain = ended.out.contains("error: ") && !ended.out.contains('\u{1b}') && ended.code == Some(2);
        let says = format!("nothing is coloured with {}={}", variable.0, variable.1);
        checks.holds(&says, is_plain, || ended.out.clone());
    }
    let quiet = ["plan", ROLE[0], ROLE[1], "--organizational-unit", "r-none", "--quiet"];
    if let Some(ended) = management.on_a_terminal(&quiet)? {
        checks.holds("errors are told even with --quiet", ended.out.contains("r-none"), || ended.out.clone());
    }
    let Some(ended) = management.on_a_terminal(&["plan", ROLE[0], ROLE[1]])? else { return Ok(()) };
    let told = ended.out.contains(&format!("of {ACCOUNTS} accounts looked at")) && ended.code == Some(0);
    checks.holds("progress is shown on a terminal", told, || ended.out.chars().take(2000).collect());
    Ok(())
}
