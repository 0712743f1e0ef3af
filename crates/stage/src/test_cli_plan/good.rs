//! The hub's own account with its ledger, by the settings of the deployed function: the plan is what the night then does.

use std::collections::BTreeSet;

use keywheel_core::contract::plan_file::PlanFile;
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::plan::StepKind;
use serde_json::json;

use super::shows;
use crate::command_line::CommandLine;
use crate::night;
use crate::policies::STATE_BUCKET;
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// The own account, as the deployed function would see it.
const OWN: [&str; 4] = ["plan", "--own-account", "--function", "key-rotation"];

/// The night's name.
pub(super) const RUN: &str = "night-after-plan";

fn with(more: &[&'static str]) -> Vec<&'static str> {
    OWN.iter().chain(more).copied().collect()
}

pub(super) async fn check(stage: &Stage, hub: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    shows(checks, "plan-table", "plan shows every step, why, and what comes next", hub.keywheel(&OWN));
    for (output, name) in [("json", "plan-json"), ("jsonl", "plan-jsonl"), ("csv", "plan-csv")] {
        let says = format!("plan --output {output} is for programs");
        shows(checks, name, &says, hub.keywheel(&with(&["--output", output])));
    }
    let user = with(&["--user", "tape-writer", "--check"]);
    shows(checks, "plan-check", "plan --check of one user exits with 3", hub.keywheel(&user));
    shows(checks, "plan-quiet", "plan --quiet prints data alone", hub.keywheel(&with(&["--quiet"])));
    let shown = hub.keywheel(&["config", "show", "--origin", "--function", "key-rotation", "--set", "MAX_HOLD=none"]);
    shows(checks, "config-show", "config show tells values and where they come from", shown);
    agrees(stage, hub, checks).await
}

/// The saved plan, held against what the next night makes of that account.
async fn agrees(stage: &Stage, hub: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let ended = hub.keywheel(&with(&["--save", "plan.json"]))?;
    let file = PlanFile::parse(&std::fs::read(hub.folder.path().join("plan.json"))?)?;
    let told = ended.code == Some(0) && ended.err.contains("saved as plan.json");
    checks.holds("plan --save writes a plan file", told && file.accounts.len() == 1, || ended.err.clone());
    let account = stage.organization.hub();
    let night = night::run(stage, &json!({ "accounts": [account], "run_id": RUN }), &mut |_| {}).await?;
    let done = done(night.results.get(account));
    let steps = file.accounts.iter().flat_map(|account| &account.steps);
    let planned: BTreeSet<_> = steps.map(|step| (step.user.to_string(), step.kind)).collect();
    let say = || format!("planned {planned:?}, done {done:?}");
    checks.holds("the night does what the plan says", !planned.is_empty() && planned == done, say);
    let stored = ["report", "--run", RUN, "--state-bucket", STATE_BUCKET];
    shows(checks, "report-run", "report --run tells what the night made of each key", hub.keywheel(&stored));
    let after = hub.keywheel(&with(&["--check"]))?;
    let say = || format!("{:?} {}", after.code, after.out);
    checks.holds("after the night nothing is left to do", after.code == Some(0), say);
    Ok(())
}

/// What was done to whom. That a replacement was published goes with its creation.
fn done(result: Option<&AccountResult>) -> BTreeSet<(String, StepKind)> {
    let steps = result.into_iter().flat_map(|result| &result.steps);
    let done = steps.filter(|step| step.status == StepStatus::Done && step.step != StepKind::Publish);
    done.map(|step| (step.user.to_string(), step.step)).collect()
}
