//! Who can read the secrets, tried out: the user and the named reader can; an administrator and another user cannot.

use anyhow::Context;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Client as SecretsClient;
use aws_sdk_sts::Client as StsClient;
use keywheel_core::id::AccountId;
use keywheel_core::secret::secret_name;
use serde_json::Value;

use crate::admin::IssuedCredential;
use crate::expected::Held;
use crate::policies::{ADMINISTRATOR_ROLE, BREAK_GLASS_ROLE};
use crate::seed::SeededUser;
use crate::stage::Stage;

/// Where the value of a secret is not what its readers are promised.
///
/// # Errors
/// When the emulator refuses a call that it should not.
pub async fn values(held: &Held<'_>) -> anyhow::Result<Vec<String>> {
    let issued = held.stage.admin.credentials().await?;
    let mut wrong = Vec::new();
    for user in &held.stage.seeded.users {
        let Some(expected) = held.current_pair(user) else { continue };
        let reader = session(held.stage, &user.account, &user.account, BREAK_GLASS_ROLE).await?;
        match read(&reader, user).await {
            Ok(value) => wrong.extend(wrong_value(user, &value, &expected, &issued)),
            Err(error) => wrong.push(format!("{BREAK_GLASS_ROLE} cannot read the secret of {}: {error}", user.name)),
        }
    }
    Ok(wrong)
}

/// The pair that a secret must hand out, and the key that it took over from.
pub struct ExpectedPair {
    /// The key that it hands out.
    pub access_key_id: String,
    /// The key before.
    pub previous: String,
}

fn wrong_value(user: &SeededUser, value: &str, expected: &ExpectedPair, issued: &[IssuedCredential]) -> Option<String> {
    let value: Value = serde_json::from_str(value).unwrap_or_default();
    let secret = issued.iter().find(|one| one.access_key_id == expected.access_key_id);
    let fields = [
        ("Version", Some(Value::from(1))),
        ("AccessKeyId", Some(expected.access_key_id.as_str().into())),
        ("SecretAccessKey", secret.map(|one| one.secret_access_key.as_str().into())),
        ("UserName", Some(user.name.as_str().into())),
        ("AccountId", Some(user.account.as_str().into())),
        ("Status", Some("Active".into())),
    ];
    let wrong: Vec<_> =
        fields.iter().filter(|(name, field)| value.get(name) != field.as_ref()).map(|(name, _)| *name).collect();
    let has_date =
        |value: &Value| value["CreateDate"].as_str().is_some_and(|date| date.parse::<jiff::Timestamp>().is_ok());
    let previous = &value["Previous"];
    if wrong.is_empty()
        && has_date(&value)
        && has_date(previous)
        && previous["AccessKeyId"] == expected.previous.as_str()
    {
        return None;
    }
    Some(format!("the secret of {} is wrong in {wrong:?}, a date or Previous", user.name))
}

/// Where somebody can read whom the policy denies, or cannot whom it allows.
///
/// Trying leaves traces: the user's own key is used. So this comes last.
///
/// # Errors
/// When the emulator refuses a call that it should not.
pub async fn access(held: &Held<'_>) -> anyhow::Result<Vec<String>> {
    let stage = held.stage;
    let issued = stage.admin.credentials().await?;
    let mut wrong = Vec::new();
    let owners: Vec<_> =
        stage.seeded.users.iter().filter_map(|user| Some((user, held.current_pair(user)?.access_key_id))).collect();
    for (user, key) in &owners {
        let own = as_user(stage, &issued, key)?;
        if let Err(error) = read(&own, user).await {
            wrong.push(format!("{} cannot read the own secret: {error}", user.name));
        }
        let administrator = session(stage, &stage.organization.management, &user.account, ADMINISTRATOR_ROLE).await?;
        if read(&administrator, user).await.is_ok() {
            wrong.push(format!("{ADMINISTRATOR_ROLE} can read the secret of {}", user.name));
        }
        let other = owners.iter().find(|(other, _)| other.account == user.account && other.name != user.name);
        if let Some((other, other_key)) = other
            && read(&as_user(stage, &issued, other_key)?, user).await.is_ok()
        {
            wrong.push(format!("{} can read the secret of {}", other.name, user.name));
        }
    }
    Ok(wrong)
}

fn as_user(stage: &Stage, issued: &[IssuedCredential], key: &str) -> anyhow::Result<SdkConfig> {
    let pair = issued.iter().find(|one| one.access_key_id == key).with_context(|| format!("{key} was never issued"))?;
    Ok(stage.clients.with(Credentials::new(&pair.access_key_id, &pair.secret_access_key, None, None, "stage")))
}

/// A session of a role of an account, assumed by the root of another.
pub(crate) async fn session(
    stage: &Stage,
    from: &AccountId,
    account: &AccountId,
    role: &str,
) -> anyhow::Result<SdkConfig> {
    let sts = StsClient::new(&stage.clients.root_of(from));
    let role = format!("arn:aws:iam::{account}:role/{role}");
    let assumed = sts.assume_role().role_arn(role).role_session_name("stage").send().await?;
    let given = assumed.credentials().context("no credentials in the answer")?;
    let token = Some(given.session_token().to_owned());
    Ok(stage.clients.with(Credentials::new(given.access_key_id(), given.secret_access_key(), token, None, "stage")))
}

async fn read(config: &SdkConfig, user: &SeededUser) -> anyhow::Result<String> {
    let client = SecretsClient::new(config);
    let read = client.get_secret_value().secret_id(secret_name(&user.account, &user.name)).send().await;
    let read = read.map_err(aws_sdk_secretsmanager::Error::from)?;
    Ok(read.secret_string().unwrap_or_default().to_owned())
}
