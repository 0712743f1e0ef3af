//! A KMS key that an account does not have: it shows when the first secret is to be made with it, before there is a key.

use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::secret::secret_name;
use serde_json::json;

use super::central::{forced, has_done, keys};
use super::parameters::account;
use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// No account has it.
const ALIAS: &str = "alias/not-there";
const USER: &str = "third";

pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let before = stage.functions.variables(KEY_ROTATION);
    let mut variables = before.clone();
    variables.insert("SECRET_KMS_KEY_ID".to_owned(), ALIAS.to_owned());
    stage.functions.configure(KEY_ROTATION, TIMEOUT, variables).await?;
    // The emulator asks for no key, so this is what AWS says where there is none.
    let missing =
        json!({ "operation": "secretsmanager:CreateSecret", "error": "InvalidParameterException", "times": -1 });
    stage.admin.add_fault(missing).await?;
    let result = forced(stage, &[USER]).await?;
    stage.admin.clear_faults().await?;
    let row = result.steps.iter().find(|row| row.user.as_str() == USER && row.step == StepKind::Create);
    let error = row.and_then(|row| row.error.clone()).unwrap_or_default();
    let is_named = row.is_some_and(|row| row.status == StepStatus::Failed)
        && error.contains(&format!("the KMS key {ALIAS} must be"));
    let secrets = aws_sdk_secretsmanager::Client::new(&stage.clients.root_of(&account(stage)?));
    let name = secret_name(&account(stage)?, &USER.parse()?);
    let is_untouched = keys(stage, USER).await?.len() == 1
        && secrets.describe_secret().secret_id(name).send().await.is_err()
        && !has_done(&result, USER, StepKind::Publish);
    let told = || vec![format!("named {is_named}, untouched {is_untouched}: {:?}", result.steps)];
    let wrong = if is_named && is_untouched { Vec::new() } else { told() };
    checks.tried("an account without the KMS key gets neither secret nor key, and is told which one", Ok(wrong));
    stage.functions.configure(KEY_ROTATION, TIMEOUT, before).await
}
