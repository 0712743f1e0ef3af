//! `keywheel forecast`, held against what the nights then do.

use anyhow::Context;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::AccountId;
use serde_json::{Value, json};

use super::shows;
use crate::command_line::CommandLine;
use crate::night;
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// How many nights are foretold and then lived.
const NIGHTS: usize = 3;

/// The own account, as the deployed function would see it. No host on the stage installs anything.
const OWN: [&str; 8] =
    ["forecast", "--own-account", "--function", "key-rotation", "--days", "3", "--assume", "not-installed"];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    OWN.iter().chain(more).copied().collect()
}

pub(super) async fn check(stage: &Stage, hub: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    shows(checks, "forecast", "forecast shows the sums of each day, and whom they concern", hub.keywheel(&OWN));
    let says = "forecast --output csv has a row per step";
    shows(checks, "forecast-csv", says, hub.keywheel(&with(&["--output", "csv"])));
    let quick = with(&["--quick"]);
    shows(checks, "forecast-quick", "forecast refuses to pass over users", hub.keywheel(&quick));
    let never = ["forecast", "--own-account", "--days", "0"];
    shows(checks, "forecast-no-days", "forecast refuses no days", hub.keywheel(&never));
    let ended = hub.keywheel(&with(&["--output", "json"]))?;
    let foretold: Value = serde_json::from_str(&ended.out).context("the forecast is no JSON")?;
    agrees(stage, &foretold, checks).await
}

async fn agrees(stage: &Stage, foretold: &Value, checks: &mut Checks) -> anyhow::Result<()> {
    let account = stage.organization.hub();
    let nights = foretold["accounts"][0]["nights"].as_array().cloned().unwrap_or_default();
    let known: Vec<String> = known_keys(&nights);
    let mut steps = 0;
    for (number, expected) in nights.iter().enumerate().take(NIGHTS) {
        if number > 0 {
            stage.admin.age(1).await?;
        }
        // As the schedule does it, so that it becomes the latest run, at which doctor looks.
        let night = night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
        let done = done(night.results.get(account), account, &known)?;
        let expected = told(expected, &known);
        steps += done.len();
        let say = || format!("foretold {expected:#?}, done {done:#?}");
        checks.holds(&format!("night {} does what was foretold", number + 1), expected == done, say);
    }
    checks.holds("there was something to foretell", nights.len() == NIGHTS && steps > 4, || format!("{steps} steps"));
    Ok(())
}

/// The keys that the forecast knows by their ids: those there are.
fn known_keys(nights: &[Value]) -> Vec<String> {
    let steps = nights.iter().filter_map(|night| night["steps"].as_array()).flatten();
    steps.filter_map(|step| step["access_key_id"].as_str().map(str::to_owned)).collect()
}

/// User, key, step, reason and status of each step; a key that is new has no name.
type Told = (String, String, String, String, String);

fn told(night: &Value, known: &[String]) -> Vec<Told> {
    let mut told: Vec<_> = night["steps"].as_array().into_iter().flatten().map(|step| row(step, known)).collect();
    told.sort();
    told
}

fn row(step: &Value, known: &[String]) -> Told {
    let text = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
    let key = match step["access_key_id"].as_str() {
        Some(key) if known.iter().any(|one| one == key) => key.to_owned(),
        Some(_) => "new".to_owned(),
        None if step["is_new_key"] == true => "new".to_owned(),
        None => String::new(),
    };
    (text("user"), key, text("step"), text("reason"), text("status"))
}

fn done(result: Option<&AccountResult>, account: &AccountId, known: &[String]) -> anyhow::Result<Vec<Told>> {
    let result = result.with_context(|| format!("account {account} has no result"))?;
    let steps = serde_json::to_value(&result.steps)?;
    Ok(told(&json!({ "steps": steps }), known))
}
