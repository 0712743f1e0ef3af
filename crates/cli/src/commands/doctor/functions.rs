//! The functions: whether they can run, and whether their settings hold and fit together.

use keywheel_aws::port_error;
use keywheel_runtime::config::InvalidConfiguration;
use keywheel_runtime::config::variable::{FANOUT_CONCURRENCY, RUN_MODE};
use keywheel_runtime::{InventoryConfig, NotificationConfig, RotationConfig};

use super::finding::{Finding, Verdict};
use super::ground::{Deployed, Found, Ground};
use super::queues;

const GROUP: &str = "functions";

/// The longest that Lambda lets a function run (Lambda quotas), and what the layers set.
const LONGEST: i32 = 900;

/// Invocations of others that are left room for.
const SPARE: i32 = 10;

pub(super) async fn findings(ground: &Ground) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, found) in ground.functions() {
        findings.push(runs(found).of(GROUP, name));
        let Some(function) = found.deployed() else { continue };
        findings.push(settings(name, function).of(GROUP, format!("{name} settings")));
        findings.push(time_out(name, function).of(GROUP, format!("{name} time-out")));
        findings.push(queues::failed_events(ground, function).await.of(GROUP, format!("{name} failed events")));
    }
    findings.push(mode(ground).of(GROUP, "mode"));
    findings.push(same_state(ground).of(GROUP, "one state"));
    findings.push(concurrency(ground).await.of(GROUP, "concurrency"));
    findings
}

fn runs(found: &Found) -> Verdict {
    match found {
        Found::Not(verdict) => verdict.clone(),
        Found::Here(function) if function.state == "Active" && function.last_update == "Successful" => {
            Verdict::ok(format!("{} is active", function.name))
        }
        Found::Here(function) if function.state == "Pending" || function.last_update == "InProgress" => {
            let found = format!("{} is {}, its last update {}", function.name, function.state, function.last_update);
            Verdict::warn(found, "Lambda is setting it up: look again in a minute")
        }
        Found::Here(function) => Verdict::fail(
            format!("{} is {}, its last update {}", function.name, function.state, function.last_update),
            format!("aws lambda get-function-configuration --function-name {} says why", function.name),
        ),
    }
}

/// What the function's own reader makes of its environment: with what it refuses it does not start.
fn settings(name: &str, function: &Deployed) -> Verdict {
    let lookup = |variable: &str| function.variables.get(variable).cloned();
    let read: Result<(), InvalidConfiguration> = match name {
        "account-inventory" => InventoryConfig::from_lookup(lookup).map(drop),
        "key-rotation" => RotationConfig::from_lookup(lookup).map(drop),
        _ => NotificationConfig::from_lookup(lookup).map(drop),
    };
    match read {
        Ok(()) => Verdict::ok("valid"),
        Err(invalid) => {
            let problems: Vec<_> = invalid.problems.iter().map(|problem| problem.message.as_str()).collect();
            Verdict::fail(problems.join("; "), "correct the variables; the function does not start with them")
        }
    }
}

fn time_out(name: &str, function: &Deployed) -> Verdict {
    let found = format!("{} s", function.timeout);
    if function.timeout >= LONGEST || name == "notification" && function.timeout >= 60 {
        return Verdict::ok(found);
    }
    let to_do = format!("set it to {LONGEST} s: what a run has no time for is handed on, or waits for the next night");
    Verdict::warn(found, to_do)
}

fn mode(ground: &Ground) -> Verdict {
    let of = |found: &Found| found.deployed().and_then(|function| function.value(&RUN_MODE)).map(str::to_owned);
    match (of(&ground.inventory), of(&ground.rotation)) {
        (inventory, Some(rotation)) if rotation == "audit" => {
            let asks = inventory.filter(|mode| mode != "audit");
            let found = "audit: nothing is changed, and key owners are told of nothing";
            asks.map_or_else(
                || Verdict::ok(found),
                |_| Verdict::warn(found, "account-inventory has RUN_MODE=enforce: the stricter of the two holds"),
            )
        }
        (Some(inventory), Some(rotation)) if inventory != rotation => {
            let found = format!("account-inventory has {inventory} and key-rotation {rotation}: runs are audits");
            Verdict::warn(found, "give both the same RUN_MODE")
        }
        (_, Some(rotation)) => Verdict::ok(rotation),
        (_, None) => Verdict::not_checked("key-rotation was not found", "see key-rotation"),
    }
}

fn same_state(ground: &Ground) -> Verdict {
    let of = |(name, found): (&'static str, &Found)| {
        let (bucket, prefix) = found.deployed()?.state_location()?;
        Some((name, format!("s3://{bucket}/{prefix}")))
    };
    let places: Vec<_> = ground.functions().into_iter().filter_map(of).collect();
    let Some((_, first)) = places.first() else {
        return Verdict::not_checked("no function was found", "see the functions");
    };
    if places.iter().all(|(_, place)| place == first) {
        return Verdict::ok(first.clone());
    }
    let told: Vec<_> = places.iter().map(|(name, place)| format!("{name} has {place}")).collect();
    let to_do = "give all three the same STATE_BUCKET and STATE_PREFIX: what one writes another reads";
    Verdict::fail(told.join(", "), to_do)
}

async fn concurrency(ground: &Ground) -> Verdict {
    let Some(rotation) = ground.rotation.deployed() else {
        return Verdict::not_checked("key-rotation was not found", "see key-rotation");
    };
    let lambda = aws_sdk_lambda::Client::new(&ground.hub.config);
    let reserved = lambda.get_function_concurrency().function_name(&rotation.name).send().await;
    let reserved = match reserved.map_err(|error| port_error("lambda:GetFunctionConcurrency", &error)) {
        Ok(answer) => answer.reserved_concurrent_executions,
        Err(error) => return Verdict::of_error(&error, "see key-rotation"),
    };
    if reserved == Some(0) {
        return judged(reserved, None, 0, &rotation.name);
    }
    let settings = lambda.get_account_settings().send().await;
    let settings = match settings.map_err(|error| port_error("lambda:GetAccountSettings", &error)) {
        Ok(answer) => answer.account_limit,
        Err(error) => return Verdict::of_error(&error, "see the Lambda quotas"),
    };
    let most = settings.map(|limit| limit.concurrent_executions);
    let wanted = ground.inventory.deployed().and_then(|inventory| inventory.value(&FANOUT_CONCURRENCY)?.parse().ok());
    judged(reserved, most, wanted.unwrap_or(32), &rotation.name)
}

/// What may run at a time, reserved or in the whole account, against what is started at a time.
fn judged(reserved: Option<i32>, in_all: Option<i32>, wanted: i32, rotation: &str) -> Verdict {
    if reserved == Some(0) {
        let to_do = format!("aws lambda delete-function-concurrency --function-name {rotation} ends that");
        return Verdict::fail("key-rotation is stopped: its reserved concurrency is 0", to_do);
    }
    let most = reserved.or(in_all).unwrap_or_default();
    if most >= wanted + SPARE || reserved.is_some_and(|reserved| reserved >= wanted) {
        return Verdict::ok(format!("{most} executions at a time, {wanted} accounts are started at a time"));
    }
    let found = format!("{most} executions at a time, and {wanted} accounts are started at a time");
    Verdict::warn(found, "ask for a higher quota of concurrent executions, or lower FANOUT_CONCURRENCY")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_function_that_is_stopped_is_wrong_and_one_with_little_room_is_to_be_looked_at() {
        let level =
            |reserved, in_all| judged(reserved, in_all, 32, "key-rotation").of("functions", "concurrency").level;
        assert_eq!(level(Some(0), Some(1000)), Level::Fail);
        assert_eq!((level(None, Some(1000)), level(Some(32), Some(1000))), (Level::Ok, Level::Ok));
        assert_eq!((level(Some(31), Some(1000)), level(None, Some(41))), (Level::Warn, Level::Warn));
    }
}
