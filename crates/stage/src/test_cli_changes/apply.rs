//! `apply`: a saved plan, shown first, confirmed, and carried out by the deployed function, and no more than was reviewed.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use keywheel_core::contract::plan_file::{PlanFile, PlannedAccount};
use keywheel_core::ledger::{AccountLedger, Claim};
use keywheel_core::time::plus;

use super::{Bench, ROLE, ROTATION, interrupted_amid, keys, said, shows};
use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::test_night::checks::Checks;

/// How many accounts are sent at once.
const AT_ONCE: usize = 8;
/// The end of the question.
const ASKED: &str = "to go on: ";

fn apply<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ["apply", "plan.json"].iter().chain(&ROTATION).chain(more).copied().collect()
}

pub(super) async fn check(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let account = bench.payments()?;
    let path = bench.hub.folder.path().join("plan.json");
    let file = path.display().to_string();
    let plan = ["plan", "--account", account.as_str(), "--user", "deploy-bot", "--save", &file];
    let planned = bench.management.keywheel(&plan.iter().chain(&ROLE).copied().collect::<Vec<_>>())?;
    checks.holds("a plan is saved where the accounts can be seen", planned.code == Some(0), || said(&planned));
    let before = bench.world().await?;
    refusals(bench, &path, checks).await?;
    checks.none("what is refused changes nothing", bench.world().await?.differences(&before));
    interrupted(bench, checks)?;
    checks.none("what is interrupted changes nothing", bench.world().await?.differences(&before));
    left(bench, checks, &path).await?;
    checks.none("accounts that cannot be reached change nothing", bench.world().await?.differences(&before));
    beside_a_night(bench, checks).await?;
    checks.none("what a night holds is not changed", bench.world().await?.differences(&before));
    carried_out(bench, checks).await
}

/// Ctrl-C while as many accounts are under way as are sent at once: these answer, and the others are named.
async fn left(bench: &Bench<'_>, checks: &mut Checks, path: &Path) -> anyhow::Result<()> {
    let plan = PlanFile::parse(&std::fs::read(path)?)?;
    let mut many = Vec::new();
    // Nobody has these accounts.
    for number in 0..AT_ONCE + 2 {
        let account_id = format!("{:012}", 100_000_000_001_usize + number).parse()?;
        many.extend(plan.accounts.first().map(|account| PlannedAccount { account_id, ..account.clone() }));
    }
    let many = PlanFile::new(plan.organization_id, plan.made_at, plan.mode, many)?;
    std::fs::write(bench.hub.folder.path().join("many.json"), many.text()?)?;
    let call = ["apply", "many.json", ROTATION[0], ROTATION[1], "--yes"];
    let ended = interrupted_amid(bench, &bench.hub, &call, "lambda:InvokeFunction", AT_ONCE).await?;
    let says = "interrupted: nothing was sent for 2 accounts: 100000000009, 100000000010";
    let is_said = ended.code == Some(130) && ended.err.contains(says) && ended.err.contains("8 accounts not complete");
    checks.holds("Ctrl-C of apply lets those end that are under way, and says who is left", is_said, || said(&ended));
    Ok(())
}

/// An account that a night holds is left to it.
async fn beside_a_night(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let (account, state) = (bench.payments()?, &bench.stage.state);
    let key = format!("ledger/{account}.json");
    let claim = Claim {
        run_id: "a-night".parse()?,
        writer: "a-night-1".to_owned(),
        until: plus(Timestamp::now(), SignedDuration::from_mins(5)),
    };
    state.put(&key, &AccountLedger { claim: Some(claim), ..AccountLedger::new(account.clone()) }).await?;
    shows(checks, "apply-busy", "apply leaves an account to a night", bench.hub.keywheel(&apply(&["--yes"])));
    state.remove(&key).await
}

/// Ctrl-C at the question of a fresh plan: the look before it had listened for it.
fn interrupted(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let id = format!("{}\n", bench.stage.organization.id);
    let fresh = ["apply", "--account", bench.payments()?.as_str(), "--key-rotation", "key-rotation"];
    let fresh: Vec<_> = fresh.iter().chain(&ROLE).copied().collect();
    // Whoever is still there after the Ctrl-C gets the answer that would start it.
    if let Some(ended) = bench.management.typing(&fresh, ASKED, &["\u{3}", &id])? {
        let is_ended = ended.code == Some(130) && !ended.out.contains("steps done");
        checks.holds("Ctrl-C at the question ends apply", is_ended, || said(&ended));
    }
    Ok(())
}

async fn refusals(bench: &Bench<'_>, path: &Path, checks: &mut Checks) -> anyhow::Result<()> {
    let hub = &bench.hub;
    shows(
        checks,
        "apply-unconfirmed",
        "apply asks, and refuses where there is nobody to ask",
        hub.keywheel(&apply(&[])),
    );
    let id = &bench.stage.organization.id;
    if let Some(typed) = hub.typing(&apply(&[]), ASKED, &["yes\n"])? {
        let refused =
            typed.code == Some(1) && typed.out.contains("nothing was changed") && typed.out.contains(id.as_str());
        checks.holds("apply wants the organization's id typed, and nothing else", refused, || said(&typed));
    }
    let text = std::fs::read_to_string(path)?;
    std::fs::write(path, text.replace("deploy-bot", "late-bot"))?;
    let tampered = hub.keywheel(&apply(&["--yes"]))?;
    let refused = tampered.code == Some(2) && tampered.err.contains("it was changed since it was saved");
    checks.holds("apply refuses a plan that was changed", refused, || said(&tampered));
    let own = PlanFile::parse(text.as_bytes())?;
    let other = PlanFile::new(Some("o-another000".to_owned()), own.made_at, own.mode, own.accounts)?;
    std::fs::write(path, other.text()?)?;
    shows(checks, "apply-other", "apply refuses the plan of another organization", hub.keywheel(&apply(&["--yes"])));
    std::fs::write(path, text)?;
    let functions = &bench.stage.functions;
    let mut audit = functions.variables(KEY_ROTATION);
    audit.insert("RUN_MODE".to_owned(), "audit".to_owned());
    functions.configure(KEY_ROTATION, TIMEOUT, audit).await?;
    shows(checks, "apply-audit", "apply refuses a function that runs in audit", hub.keywheel(&apply(&["--yes"])));
    functions.configure(KEY_ROTATION, TIMEOUT, functions.variables(KEY_ROTATION)).await
}

async fn carried_out(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let account = bench.payments()?;
    let id = format!("{}\n", bench.stage.organization.id);
    shows(checks, "apply", "apply carries a saved plan out", bench.hub.keywheel(&apply(&["--yes"])));
    let after = bench.calm_world().await?;
    let (reviewed, other) = (keys(&after, account, "deploy-bot").len(), keys(&after, account, "late-bot").len());
    let say = || format!("{reviewed} keys of deploy-bot, {other} of late-bot");
    checks.holds("apply does what was reviewed, and not what else is due", (reviewed, other) == (2, 1), say);
    shows(checks, "apply-again", "what changed since the review is deferred", bench.hub.keywheel(&apply(&["--yes"])));
    if let Some(typed) = bench.hub.typing(&apply(&[]), ASKED, &[&id])? {
        let is_sent = typed.code == Some(1) && typed.out.contains("0 steps done, 1 deferred, 0 failed");
        checks.holds("apply goes on when the organization's id is typed", is_sent, || said(&typed));
    }
    checks.none("a plan that is applied again changes nothing", bench.calm_world().await?.differences(&after));
    Ok(())
}
