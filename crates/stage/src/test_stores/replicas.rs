//! Replicas of a secret in a further Region, which at first takes none.

use aws_sdk_secretsmanager::Client as SecretsClient;
use aws_sdk_secretsmanager::config::Region;
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::secret::secret_name;
use serde_json::json;

use super::central::{forced, has_done};
use super::parameters::account;
use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::stage::Stage;
use crate::test_night::checks::Checks;

const FAR: &str = "us-east-1";

pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let mut variables = stage.functions.variables(KEY_ROTATION);
    variables.insert("SECRET_REPLICA_REGIONS".to_owned(), FAR.to_owned());
    stage.functions.configure(KEY_ROTATION, TIMEOUT, variables).await?;
    let closed = json!({ "operation": "secretsmanager:ReplicateSecretToRegions", "error": "InvalidParameterException", "times": -1 });
    stage.admin.add_fault(closed).await?;
    let first = forced(stage, &["far"]).await?;
    stage.admin.clear_faults().await?;
    let second = forced(stage, &[]).await?;
    let is_behind = (behind(&first), has_done(&first, "far", StepKind::Publish)) == (Some(StepStatus::Deferred), true);
    let told = |result: &AccountResult| vec![format!("{:?}", result.steps)];
    let wrong = if is_behind { Vec::new() } else { told(&first) };
    checks.tried("a Region that takes no replica undoes no rotation and is named", Ok(wrong));
    let is_there = replica(stage)?.describe_secret().secret_id(name(stage)?).send().await.is_ok();
    let is_mended = behind(&second) == Some(StepStatus::Done) && is_there;
    checks.tried("the next night replicates there", Ok(if is_mended { Vec::new() } else { told(&second) }));
    Ok(())
}

fn behind(result: &AccountResult) -> Option<StepStatus> {
    let mut rows = result.steps.iter().filter(|row| row.user.as_str() == "far" && row.reason == Reason::ReplicaBehind);
    rows.next().map(|row| row.status)
}

pub(super) fn name(stage: &Stage) -> anyhow::Result<String> {
    Ok(secret_name(&account(stage)?, &"far".parse()?))
}

pub(super) fn replica(stage: &Stage) -> anyhow::Result<SecretsClient> {
    let config = stage.clients.root_of(&account(stage)?).to_builder().region(Region::new(FAR)).build();
    Ok(SecretsClient::new(&config))
}
