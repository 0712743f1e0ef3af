//! Buckets and roles that are not there, and an account that another run holds.

use jiff::{SignedDuration, Timestamp};
use keywheel_core::ledger::{AccountLedger, Claim};
use serde_json::{Value, json};

use super::bad_event::wrong_error;
use super::checks::Checks;
use crate::functions::{ACCOUNT_INVENTORY, Answer, KEY_ROTATION};
use crate::policies::MEMBER_ROLE;
use crate::stage::Stage;

const NOWHERE: &str = "keywheel-stage-nowhere";

/// Tries each.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let account = stage.account("network")?.id.clone();
    let job = json!({ "account": account, "name": "network", "email": "network@example.com" });

    let answer = with(stage, KEY_ROTATION, "STATE_BUCKET", NOWHERE, &job).await?;
    let words = [account.as_str(), NOWHERE];
    checks.none(
        "key-rotation without its bucket names account and bucket",
        wrong_error(&answer, STATE_UNAVAILABLE, &words),
    );

    let invoked = invocations(stage).await?;
    let answer = with(stage, ACCOUNT_INVENTORY, "STATE_BUCKET", NOWHERE, &json!({})).await?;
    checks.none(
        "account-inventory without its bucket names the bucket",
        wrong_error(&answer, STATE_UNAVAILABLE, &[NOWHERE]),
    );
    let missing = format!("arn:aws:iam::{}:role/{NOWHERE}", stage.organization.management);
    let answer = with(stage, ACCOUNT_INVENTORY, "ORG_LIST_ROLE_ARN", &missing, &json!({})).await?;
    checks.none(
        "account-inventory without its role names the role",
        wrong_error(&answer, "Keywheel.InventoryFailed", &[&missing, "ORG_LIST_ROLE_ARN"]),
    );
    let now = invocations(stage).await?;
    checks
        .holds("account-inventory invokes nothing before all is well", now == invoked, || format!("{now} - {invoked}"));

    let answer = with(stage, KEY_ROTATION, "MEMBER_ROLE_EXTERNAL_ID", "another-one", &job).await?;
    checks
        .none("a wrong external id is a result that names account and role", unreachable_result(&answer, &words[..1]));

    claimed(stage, checks, &job).await
}

const STATE_UNAVAILABLE: &str = "Keywheel.StateUnavailable";

/// Invokes a function that has another value in one variable.
async fn with(stage: &Stage, function: &str, variable: &str, value: &str, event: &Value) -> anyhow::Result<Answer> {
    let mut variables = stage.functions.variables(function);
    variables.insert(variable.to_owned(), value.to_owned());
    let name = format!("{function}-{}", variable.to_lowercase().replace('_', "-"));
    stage.functions.create(&name, function, variables).await?;
    stage.functions.invoke(&name, event).await
}

async fn invocations(stage: &Stage) -> anyhow::Result<usize> {
    let calls = stage.admin.calls().await?;
    let by_inventory =
        |principal: &Option<String>| principal.as_deref().is_some_and(|arn| arn.contains("/account-inventory/"));
    let invocations =
        calls.iter().filter(|call| call.operation == "lambda:InvokeFunction" && by_inventory(&call.principal));
    Ok(invocations.count())
}

fn unreachable_result(answer: &Answer, words: &[&str]) -> Vec<String> {
    let error = answer.payload["error"].as_str().unwrap_or_default();
    let says_all = words.iter().chain(&[MEMBER_ROLE, "external id"]).all(|word| error.contains(word));
    if !answer.failed && answer.payload["complete"] == false && says_all {
        return Vec::new();
    }
    vec![format!("found {}", answer.payload)]
}

/// A live claim of another run is an error that a retry mends.
async fn claimed(stage: &Stage, checks: &mut Checks, job: &Value) -> anyhow::Result<()> {
    let account = stage.account("network")?.id.clone();
    let key = format!("ledger/{account}.json");
    let text = stage.state.texts(&key).await?.remove(&key).unwrap_or_default();
    let mut ledger = AccountLedger::parse(&account, text.as_bytes())?;
    let until = Timestamp::now() + SignedDuration::from_mins(1);
    ledger.claim = Some(Claim { run_id: "another-run".parse()?, writer: "another-writer".to_owned(), until });
    stage.state.put(&key, &ledger).await?;
    let forced =
        json!({ "account": account, "name": job["name"], "email": job["email"], "force_rotate": ["dns-sync"] });
    let answer = stage.functions.invoke(KEY_ROTATION, &forced).await?;
    let words = [account.as_str(), "another-run"];
    checks.none(
        "a live claim of another run stops a run, which says so",
        wrong_error(&answer, "Keywheel.AccountBusy", &words),
    );
    stage.state.put_text(&key, text.into_bytes()).await
}
