//! Users who are gone, and what is left of them: a secret and a parameter in the account, a secret in the hub; and the former secret of a user who moved.

use anyhow::Context;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_s3::Client as StorageClient;
use aws_sdk_secretsmanager::Client as SecretsClient;
use keywheel_core::plan::StepKind;
use keywheel_core::secret::secret_name;

use super::central::{KEY, forced, has_done, hub, keys};
use super::parameters::{PREFIX, account, name_of, store};
use super::replicas::replica;
use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::night;
use crate::policies::ACK_BUCKET;
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// Longer than there is between two looks at everybody.
const WEEK: i32 = 8;
/// Longer than `HOUSEKEEPING_AFTER`.
const GRACE: i32 = 31;

/// While secrets are kept in the account: gives one of those a secret who leave later.
pub(super) async fn prepare(stage: &Stage) -> anyhow::Result<()> {
    forced(stage, &["gone"]).await.map(drop)
}

/// Once secrets are kept in the hub.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let result = forced(stage, &["left"]).await?;
    anyhow::ensure!(has_done(&result, "left", StepKind::Publish), "left has no new key: {:?}", result.steps);
    move_to_the_hub(stage, "plain").await?;
    for user in ["gone", "left", "far"] {
        delete(stage, user).await?;
    }
    acknowledge(stage).await?;
    let [there, scheduled, away] = [Some(false), Some(true), None];
    for (days, name, secrets, has_parameter) in [
        (
            WEEK,
            "the secrets of users who were found gone, and one of a user who moved, are there until the grace is over",
            there,
            true,
        ),
        (GRACE, "after it they are scheduled for deletion, in the account and in the hub", scheduled, true),
        (WEEK, "a later sweep changes nothing more while they can be restored", scheduled, true),
        (GRACE, "after that the parameter is deleted", away, false),
    ] {
        stage.admin.age(days).await?;
        let night = night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
        let is_kept = (is_acknowledged(stage).await?, is_replicated(stage).await?, parameter_is_there(stage).await?);
        let found = (found(stage).await?, is_kept);
        let all = ["gone", "far", "plain", "left"].map(|user| (user, secrets)).to_vec();
        let is_expected = found == (all, (secrets == there, secrets == there, has_parameter));
        let wrong = (!is_expected).then(|| format!("{found:?}, {:?}", night.results));
        checks.tried(name, Ok(wrong.into_iter().collect()));
    }
    Ok(())
}

async fn delete(stage: &Stage, user: &str) -> anyhow::Result<()> {
    let iam = IamClient::new(&stage.clients.root_of(&account(stage)?));
    for key in keys(stage, user).await? {
        iam.delete_access_key().user_name(user).access_key_id(key.as_str()).send().await?;
    }
    iam.delete_user().user_name(user).send().await.map(drop).context("the user cannot be deleted")
}

/// The user's next key goes to the hub, and the keys before it go, so that nobody needs the secret in the account any more.
async fn move_to_the_hub(stage: &Stage, user: &str) -> anyhow::Result<()> {
    let iam = IamClient::new(&stage.clients.root_of(&account(stage)?));
    let oldest = async || anyhow::Ok(keys(stage, user).await?.into_iter().next().context("no key")?.to_string());
    iam.delete_access_key().user_name(user).access_key_id(oldest().await?).send().await?;
    let result = forced(stage, &[user]).await?;
    anyhow::ensure!(has_done(&result, user, StepKind::Publish), "{user} has no new key: {:?}", result.steps);
    iam.delete_access_key().user_name(user).access_key_id(oldest().await?).send().await?;
    Ok(())
}

/// A host of each user acknowledged, and from now on that is looked at.
async fn acknowledge(stage: &Stage) -> anyhow::Result<()> {
    let mut variables = stage.functions.variables(KEY_ROTATION);
    let more = [
        ("SECRET_STORE", "central"),
        ("SECRET_KMS_KEY_ID", KEY),
        ("PARAMETER_PREFIX", PREFIX),
        ("ACK_BUCKET", ACK_BUCKET),
    ];
    variables.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    stage.functions.configure(KEY_ROTATION, TIMEOUT, variables).await?;
    for user in ["gone", "other"] {
        let put = storage(stage).put_object().bucket(ACK_BUCKET).key(acknowledgement(stage, user)?);
        put.body("{}".to_owned().into_bytes().into()).send().await?;
    }
    Ok(())
}

fn storage(stage: &Stage) -> StorageClient {
    StorageClient::new(&stage.clients.root_of(stage.organization.hub()))
}

fn acknowledgement(stage: &Stage, user: &str) -> anyhow::Result<String> {
    Ok(format!("acks/{}/{user}/host-1.json", account(stage)?))
}

/// Whether it is still there what the host of the user who is gone acknowledged. That of somebody else always must be.
async fn is_acknowledged(stage: &Stage) -> anyhow::Result<bool> {
    let listed = storage(stage).list_objects_v2().bucket(ACK_BUCKET).send().await?;
    let keys: Vec<_> = listed.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect();
    anyhow::ensure!(keys.contains(&acknowledgement(stage, "other")?), "{keys:?}");
    Ok(keys.contains(&acknowledgement(stage, "gone")?))
}

async fn is_replicated(stage: &Stage) -> anyhow::Result<bool> {
    Ok(replica(stage)?.describe_secret().secret_id(super::replicas::name(stage)?).send().await.is_ok())
}

async fn parameter_is_there(stage: &Stage) -> anyhow::Result<bool> {
    let name = name_of(stage, "gone")?;
    let found = store(stage)?.get_parameters().names(name).send().await?;
    Ok(!found.parameters.unwrap_or_default().is_empty())
}

/// Whether each secret is scheduled for deletion; none where it is not there at all.
async fn found(stage: &Stage) -> anyhow::Result<Vec<(&'static str, Option<bool>)>> {
    let account = account(stage)?;
    let member = SecretsClient::new(&stage.clients.root_of(&account));
    let mut found = Vec::new();
    for (user, secrets) in [("gone", &member), ("far", &member), ("plain", &member), ("left", &hub(stage))] {
        let name = secret_name(&account, &user.parse()?);
        let described = secrets.describe_secret().secret_id(name).send().await;
        found.push((user, described.ok().map(|secret| secret.deleted_date.is_some())));
    }
    Ok(found)
}
