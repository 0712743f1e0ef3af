//! A deployment that moves: what was begun in the account ends there, and the next pairs go to the hub, where their users read them.

use anyhow::Context;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_secretsmanager::Client as SecretsClient;
use jiff::{SignedDuration, Timestamp};
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::plan::StepKind;
use keywheel_core::secret::secret_name;
use serde_json::{Value, json};

use super::access::unexpected;
use super::parameters::account;
use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::night;
use crate::policies::{MEMBER_ROLE, Policies};
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// The emulator knows no key of this name, and asks for none.
pub(super) const KEY: &str = "alias/keywheel-secrets";
/// Longer than the install grace.
const GRACE: i32 = 11;

pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let mut variables = stage.functions.variables(KEY_ROTATION);
    variables
        .extend([("SECRET_STORE", "central"), ("SECRET_KMS_KEY_ID", KEY)].map(|(a, b)| (a.to_owned(), b.to_owned())));
    stage.functions.configure(KEY_ROTATION, TIMEOUT, variables).await?;
    checks.tried("without KeepsCentralSecrets no key is made", without_permission(stage).await);
    let mails = stage.admin.mails().await?.len();
    let result = forced(stage, &["moved", "other"]).await?;
    checks.tried("after the move a pair is published in the hub, and nowhere else", in_the_hub(stage, &result).await);
    checks.tried("it is encrypted with the key, and only its user may read it", closed(stage).await);
    checks.tried("its user reads it there, and nobody else does", reads(stage).await);
    checks.tried("the mail names it by its ARN", mailed(stage, mails).await);
    checks.tried("what was begun in the account ends there", ends(stage).await);
    Ok(())
}

/// The result of a night in the account, in which these users' keys are due whatever their age.
pub(super) async fn forced(stage: &Stage, users: &[&str]) -> anyhow::Result<AccountResult> {
    let event = json!({ "account": account(stage)?, "email": "owner@example.com", "force_rotate": users });
    let answer = stage.functions.invoke(KEY_ROTATION, &event).await?;
    serde_json::from_value(answer.payload.clone()).with_context(|| answer.payload.to_string())
}

pub(super) fn has_done(result: &AccountResult, user: &str, step: StepKind) -> bool {
    result.steps.iter().any(|row| row.user.as_str() == user && row.step == step && row.status == StepStatus::Done)
}

async fn without_permission(stage: &Stage) -> anyhow::Result<Vec<String>> {
    let iam = IamClient::new(&stage.clients.root_of(stage.organization.hub()));
    let text = Policies::of(&stage.organization).text(KEY_ROTATION, &[])?;
    let mut less: Value = serde_json::from_str(&text)?;
    let statements = less["Statement"].as_array_mut().context("no statements")?;
    statements.retain(|statement| statement["Sid"] != "KeepsCentralSecrets");
    let mut said = Vec::new();
    for policy in [less.to_string(), text] {
        let put = iam.put_role_policy().role_name(KEY_ROTATION).policy_name(KEY_ROTATION).policy_document(policy);
        put.send().await?;
        if said.is_empty() {
            let event = json!({ "account": account(stage)?, "force_rotate": ["third"] });
            said.push(stage.functions.invoke(KEY_ROTATION, &event).await?.payload.to_string());
        }
    }
    let refused = said[0].contains("secretsmanager:DescribeSecret") && said[0].contains("not authorized");
    Ok(if refused && keys(stage, "third").await?.len() == 1 { Vec::new() } else { said })
}

/// The user's keys, the older one first.
pub(super) async fn keys(stage: &Stage, user: &str) -> anyhow::Result<Vec<AccessKeyId>> {
    let iam = IamClient::new(&stage.clients.root_of(&account(stage)?));
    let mut listed = iam.list_access_keys().user_name(user).send().await?.access_key_metadata;
    listed.sort_by_key(|key| key.create_date.map(|date| date.as_nanos()));
    listed.into_iter().map(|key| Ok(key.access_key_id.context("a key without id")?.parse()?)).collect()
}

fn name_of(stage: &Stage, user: &str) -> anyhow::Result<String> {
    Ok(secret_name(&account(stage)?, &user.parse::<UserName>()?))
}

pub(super) fn hub(stage: &Stage) -> SecretsClient {
    SecretsClient::new(&stage.clients.root_of(stage.organization.hub()))
}

async fn arn_of(stage: &Stage, user: &str) -> anyhow::Result<String> {
    let described = hub(stage).describe_secret().secret_id(name_of(stage, user)?).send().await?;
    described.arn.context("a secret without ARN")
}

async fn in_the_hub(stage: &Stage, result: &AccountResult) -> anyhow::Result<Vec<String>> {
    let member = SecretsClient::new(&stage.clients.root_of(&account(stage)?));
    let mut wrong = Vec::new();
    for user in ["moved", "other"] {
        if !has_done(result, user, StepKind::Publish) {
            wrong.push(format!("{user}: {:?}", result.steps));
        }
        arn_of(stage, user).await?;
        if member.describe_secret().secret_id(name_of(stage, user)?).send().await.is_ok() {
            wrong.push(format!("{user} has a secret in the account"));
        }
    }
    Ok(wrong)
}

async fn closed(stage: &Stage) -> anyhow::Result<Vec<String>> {
    let name = name_of(stage, "moved")?;
    let described = hub(stage).describe_secret().secret_id(&name).send().await?;
    let policy = hub(stage).get_resource_policy().secret_id(&name).send().await?.resource_policy.unwrap_or_default();
    let policy: Value = serde_json::from_str(&policy)?;
    let user = format!("arn:aws:iam::{}:user/moved", account(stage)?);
    let writers = [(stage.organization.hub().clone(), KEY_ROTATION), (account(stage)?, MEMBER_ROLE)];
    let writers = writers.map(|(account, role)| format!("arn:aws:iam::{account}:role/{role}"));
    let exempted = &policy["Statement"][1]["Condition"]["ArnNotLike"]["aws:PrincipalArn"];
    let is_named = |arn: &String| exempted.as_array().is_some_and(|all| all.iter().any(|one| one == arn.as_str()));
    let is_closed = policy["Statement"][0]["Principal"]["AWS"] == user.as_str() && writers.iter().all(is_named);
    let is_encrypted = described.kms_key_id.as_deref() == Some(KEY);
    Ok(if is_closed && is_encrypted { Vec::new() } else { vec![format!("{:?}, {policy}", described.kms_key_id)] })
}

/// The configuration of a host that holds the user's newest key.
async fn as_host(stage: &Stage, user: &str) -> anyhow::Result<SdkConfig> {
    let key = keys(stage, user).await?.pop().context("no key")?;
    let issued = stage.admin.credentials().await?;
    let pair = issued.iter().find(|one| one.access_key_id == key.as_str()).context("never issued")?;
    Ok(stage.clients.with(Credentials::new(&pair.access_key_id, &pair.secret_access_key, None, None, "stage")))
}

async fn reads(stage: &Stage) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    let arn = arn_of(stage, "moved").await?;
    for reader in ["moved", "other", "plain"] {
        let read = SecretsClient::new(&as_host(stage, reader).await?).get_secret_value().secret_id(&arn).send().await;
        wrong.extend(unexpected(&format!("reading the secret of moved as {reader}"), read, reader == "moved"));
    }
    let value = SecretsClient::new(&as_host(stage, "moved").await?).get_secret_value().secret_id(&arn).send().await?;
    let held: Value = serde_json::from_str(value.secret_string().unwrap_or_default())?;
    if held["AccessKeyId"] != keys(stage, "moved").await?[1].as_str() {
        wrong.push(format!("it hands out {}", held["AccessKeyId"]));
    }
    Ok(wrong)
}

async fn mailed(stage: &Stage, before: usize) -> anyhow::Result<Vec<String>> {
    let arn = arn_of(stage, "moved").await?;
    let wanted = format!("get-secret-value --secret-id {arn}");
    for _ in 0..100 {
        let mails = stage.admin.mails_after(before).await?;
        if mails.iter().any(|mail| mail.text().contains(&wanted)) {
            return Ok(Vec::new());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Ok(vec![format!("no mail has {wanted}")])
}

/// The rotation of plain's key began in the first night of all.
async fn ends(stage: &Stage) -> anyhow::Result<Vec<String>> {
    let new = keys(stage, "plain").await?.pop().context("no key")?;
    stage.admin.age(GRACE).await?;
    let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
    stage.admin.set_last_use(&new, yesterday, "s3").await?;
    let result = night::run(stage, &night::scheduler_event(), &mut |_| {}).await?.results;
    let result = result.get(&account(stage)?).context("the account has no result")?;
    let is_moved = hub(stage).describe_secret().secret_id(name_of(stage, "plain")?).send().await.is_ok();
    let is_done = has_done(result, "plain", StepKind::Deactivate);
    Ok(if is_done && !is_moved { Vec::new() } else { vec![format!("moved: {is_moved}; {:?}", result.steps)] })
}
