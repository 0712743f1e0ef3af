//! Locks the calls: one more, or one fewer, fails. Whoever means it changes the table here, and measures again.

use std::time::Duration;

use serde_json::Value;

use super::calls::Calls;
use super::cases::{Calm, Crowd, Due, Look};
use super::cold_start;
use super::process::Flight;
use super::throttle::Throttle;
use crate::test_night::Place;
use crate::test_night::checks::Checks;

type Locked = &'static [(&'static str, u64)];

/// 1,000 users on one page.
const NIGHT: Locked = &[
    ("iam:GenerateCredentialReport", 1),
    ("iam:GetAccountAuthorizationDetails", 1),
    ("iam:GetCredentialReport", 1),
    ("iam:GetGroup", 1),
    ("s3:GetObject", 1),
    ("s3:PutObject", 1),
    ("sts:AssumeRole", 1),
];

/// 300 users on one page; that all were looked at is written down.
const SWEEP: Locked = &[
    ("iam:GetAccessKeyLastUsed", 300),
    ("iam:GetAccountAuthorizationDetails", 1),
    ("iam:GetGroup", 1),
    ("iam:ListAccessKeys", 300),
    ("s3:GetObject", 1),
    ("s3:PutObject", 2),
    ("sts:AssumeRole", 1),
];

/// 1,000 users on three pages.
const SHORT_PAGES: Locked = &[
    ("iam:GenerateCredentialReport", 1),
    ("iam:GetAccountAuthorizationDetails", 3),
    ("iam:GetCredentialReport", 1),
    ("iam:GetGroup", 1),
    ("s3:GetObject", 1),
    ("s3:PutObject", 1),
    ("sts:AssumeRole", 1),
];

/// Five users whose key is replaced.
const ROTATIONS: Locked = &[
    ("iam:CreateAccessKey", 5),
    ("iam:GenerateCredentialReport", 1),
    ("iam:GetAccessKeyLastUsed", 5),
    ("iam:GetAccountAuthorizationDetails", 1),
    ("iam:GetCredentialReport", 1),
    ("iam:GetGroup", 1),
    ("iam:GetUser", 5 * 2),
    ("iam:ListAccessKeys", 5 * 3),
    ("lambda:Invoke", 2),
    ("s3:GetObject", 1),
    ("s3:PutObject", 3 + 5 * 2),
    ("secretsmanager:CreateSecret", 5),
    ("secretsmanager:DescribeSecret", 5 * 2),
    ("secretsmanager:GetResourcePolicy", 5),
    ("secretsmanager:GetSecretValue", 5),
    ("secretsmanager:ListSecretVersionIds", 5),
    ("secretsmanager:PutResourcePolicy", 5),
    ("secretsmanager:PutSecretValue", 5),
    ("secretsmanager:UpdateSecretVersionStage", 5 * 2),
    ("sts:AssumeRole", 1),
    ("sts:GetCallerIdentity", 5),
];

/// 300 accounts; stored are the manifest, which run is the latest, and the result.
const FAN_OUT: Locked = &[
    ("lambda:Invoke", 300),
    ("organizations:DescribeOrganization", 1),
    ("organizations:ListAccounts", 15),
    ("s3:PutObject", 3),
    ("sts:AssumeRole", 1),
];

/// Calls to IAM in 100 ms, where it throttles: a fraction of what a sweep would send.
const THROTTLED_TO: u32 = 10;

/// Runs each case small and without a wait, and holds its calls against the tables: `true` when none differs.
///
/// # Errors
/// When a stage cannot be set.
pub async fn run(place: &Place) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&place.out)?;
    let mut checks = Checks::new();
    looks(place, &mut checks).await?;
    let mut due = Due::set(place, 1, 5, Duration::ZERO).await?;
    hold(&mut checks, "5 rotations due", ROTATIONS, due.rotate().await);
    let crowd = Crowd::set(place, 300, Duration::ZERO).await?;
    hold(&mut checks, "fan-out of 300 accounts", FAN_OUT, crowd.fan_out().await);
    for function in cold_start::FUNCTIONS {
        let flight = cold_start::compiled(place, function).and_then(|job| cold_start::start(&job));
        hold(&mut checks, &format!("the start of {function}"), &[], flight);
    }
    Ok(checks.conclude())
}

async fn looks(place: &Place, checks: &mut Checks) -> anyhow::Result<()> {
    let calm = Calm::set(place, 1000, Duration::ZERO).await?;
    hold(checks, "nothing due, 1,000 users", NIGHT, calm.look(Look::Night, true).await);
    let calm = calm.with_short_pages().await?;
    hold(checks, "nothing due, 1,000 users, short pages", SHORT_PAGES, calm.look(Look::Night, true).await);
    let calm = Calm::set(place, 300, Duration::ZERO).await?;
    let by_emulator = calm.look(Look::Sweep, false).await;
    let by_front = calm.look(Look::Sweep, true).await;
    let results = (by_emulator.as_ref().ok().map(seen), by_front.as_ref().ok().map(seen));
    hold(checks, "full sweep, 300 users", SWEEP, by_emulator);
    hold(checks, "full sweep, 300 users, answered by the front", SWEEP, by_front);
    let throttle = Throttle::new(THROTTLED_TO);
    let slowed = calm.sweep_throttled(&throttle).await;
    let same = slowed.as_ref().ok().map(seen) == results.0 && throttle.refused() > 0;
    let told = || format!("{} calls were throttled: {:?}", throttle.refused(), slowed.as_ref().map(seen));
    checks.holds("an account that IAM throttles is swept all the same", same, told);
    checks.holds("the front answers as the emulator does", results.0 == results.1, || format!("{results:?}"));
    Ok(())
}

fn hold(checks: &mut Checks, name: &str, locked: Locked, flight: anyhow::Result<Flight>) {
    let differences = flight.map(|flight| flight.calls.differences(&Calls::of(locked)));
    checks.tried(&format!("calls: {name}"), differences);
}

/// What the function saw: its result, but for what differs from run to run.
fn seen(flight: &Flight) -> Value {
    let mut result = flight.result.clone();
    for name in ["run_id", "at"] {
        result[name].take();
    }
    result
}
