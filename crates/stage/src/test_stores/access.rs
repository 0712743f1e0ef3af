//! What a host may do that holds its user's key, with the policy `keywheel-host` attached to the user.

use anyhow::Context;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_s3::Client as StorageClient;
use aws_sdk_s3::types::CreateBucketConfiguration;
use aws_sdk_secretsmanager::Client as SecretsClient;
use aws_sdk_ssm::Client as ParameterClient;
use keywheel_core::parameter::ParameterContent;
use keywheel_core::secret::{secret_name, smtp_password};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::look_alike;
use super::parameters::{account, name_of, store};
use crate::clients::REGION;
use crate::policies::{ACK_BUCKET, Policies};
use crate::stage::Stage;
use crate::test_night::checks::Checks;

const USERS: [&str; 5] = ["alice", "later", "plain", "moved", "other"];

pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    attach(stage).await?;
    let storage = StorageClient::new(&stage.clients.root_of(stage.organization.hub()));
    let place = CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    storage.create_bucket().bucket(ACK_BUCKET).create_bucket_configuration(place).send().await?;
    storage.put_bucket_policy().bucket(ACK_BUCKET).policy(bucket_policy(stage)).send().await?;
    let host = as_host(stage, "alice").await?;
    checks.tried("a host reads its user's secret and parameter and nobody else's", reads(stage, &host).await);
    checks
        .tried("a user who is called as another's parameter is spelt does not read it", look_alike::reads(stage).await);
    checks.tried(
        "the secret of a tagged user has SES's SMTP passwords for just the Regions named",
        smtp(stage, &host).await,
    );
    checks.tried("it changes neither", changes_nothing(stage, &host).await);
    checks.tried("it acknowledges for its user alone", acknowledges(stage, &host).await);
    Ok(())
}

/// In another account than the hosts' the bucket must allow what their policy does: here it allows whole accounts their part, so that what keeps
/// users apart is `keywheel-host`.
fn bucket_policy(stage: &Stage) -> String {
    let statement = json!({
        "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{ACK_BUCKET}/acks/*"),
        "Condition": { "StringEquals": { "aws:PrincipalOrgID": stage.organization.id } },
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

async fn attach(stage: &Stage) -> anyhow::Result<()> {
    let account = account(stage)?;
    let text = Policies::of(&stage.organization).text("host", &[("account", account.as_str())])?;
    let iam = IamClient::new(&stage.clients.root_of(&account));
    let made = iam.create_policy().policy_name("keywheel-host").policy_document(text).send().await?;
    let arn = made.policy.and_then(|policy| policy.arn).context("a policy without ARN")?;
    for user in USERS {
        iam.attach_user_policy().user_name(user).policy_arn(&arn).send().await?;
    }
    Ok(())
}

/// The configuration of a host that has installed what its parameter hands out.
async fn as_host(stage: &Stage, user: &str) -> anyhow::Result<SdkConfig> {
    let found = store(stage)?.get_parameter().name(name_of(stage, user)?).with_decryption(true).send().await?;
    let text = found.parameter.and_then(|parameter| parameter.value).context("no value")?;
    let content = ParameterContent::parse(&text).context("no pair")?;
    let issued = stage.admin.credentials().await?;
    let pair = issued.iter().find(|one| one.access_key_id == content.new.id.as_str()).context("never issued")?;
    let credentials = Credentials::new(&pair.access_key_id, &pair.secret_access_key, None, None, "stage");
    Ok(stage.clients.with(credentials))
}

/// What an attempt came to, where that is not what it should have.
pub(super) fn unexpected<T, E: std::fmt::Debug>(what: &str, tried: Result<T, E>, allowed: bool) -> Option<String> {
    match tried {
        Ok(_) if !allowed => Some(format!("{what} is allowed")),
        Err(error) if allowed => Some(format!("{what} is refused: {error:?}")),
        Err(error) if !format!("{error:?}").contains("AccessDenied") => Some(format!("{what}: {error:?}")),
        _ => None,
    }
}

async fn reads(stage: &Stage, host: &SdkConfig) -> anyhow::Result<Vec<String>> {
    let (secrets, parameters) = (SecretsClient::new(host), ParameterClient::new(host));
    let mut wrong = Vec::new();
    for user in ["alice", "later"] {
        let own = user == "alice";
        let secret = secret_name(&account(stage)?, &user.parse()?);
        let read = secrets.get_secret_value().secret_id(secret).send().await;
        wrong.extend(unexpected(&format!("the secret of {user}"), read, own));
        let parameter = parameters.get_parameter().name(name_of(stage, user)?).with_decryption(true).send().await;
        wrong.extend(unexpected(&format!("the parameter of {user}"), parameter, own));
    }
    Ok(wrong)
}

async fn smtp(stage: &Stage, host: &SdkConfig) -> anyhow::Result<Vec<String>> {
    let secret = secret_name(&account(stage)?, &"alice".parse()?);
    let read = SecretsClient::new(host).get_secret_value().secret_id(secret).send().await?;
    let value: Value = serde_json::from_str(read.secret_string().unwrap_or_default())?;
    let half: SecretString = value["SecretAccessKey"].as_str().context("no secret half")?.to_owned().into();
    let expected = ["eu-west-1", "us-east-1"].map(|region| (region, smtp_password(&half, region)));
    let held = value["SmtpPasswords"].as_object().context("no passwords")?;
    let is_held =
        |(region, password): &(&str, SecretString)| held.get(*region) == Some(&password.expose_secret().into());
    let is_whole = held.len() == expected.len() && expected.iter().all(is_held);
    Ok(if is_whole { Vec::new() } else { vec![format!("it has those of {:?}", held.keys().collect::<Vec<_>>())] })
}

async fn changes_nothing(stage: &Stage, host: &SdkConfig) -> anyhow::Result<Vec<String>> {
    let (secrets, parameters) = (SecretsClient::new(host), ParameterClient::new(host));
    let secret = secret_name(&account(stage)?, &"alice".parse()?);
    let put = parameters.put_parameter().name(name_of(stage, "alice")?).value("mine").overwrite(true).send().await;
    let value = secrets.put_secret_value().secret_id(secret).secret_string("mine").send().await;
    let all = [unexpected("ssm:PutParameter", put, false), unexpected("secretsmanager:PutSecretValue", value, false)];
    Ok(all.into_iter().flatten().collect())
}

async fn acknowledges(stage: &Stage, host: &SdkConfig) -> anyhow::Result<Vec<String>> {
    let storage = StorageClient::new(host);
    let account = account(stage)?;
    let mut wrong = Vec::new();
    for (place, allowed) in [
        (format!("acks/{account}/alice/host-1.json"), true),
        (format!("acks/{account}/later/host-1.json"), false),
        ("acks/999900001111/alice/host-1.json".to_owned(), false),
    ] {
        let put = storage.put_object().bucket(ACK_BUCKET).key(&place).body(b"{}".to_vec().into()).send().await;
        wrong.extend(unexpected(&place, put, allowed));
    }
    Ok(wrong)
}
