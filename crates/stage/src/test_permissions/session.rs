//! Sessions of the roles, taken on as the functions do it.

use anyhow::Context;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_sts::Client as StsClient;
use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata};
use keywheel_core::id::AccountId;

use crate::functions::KEY_ROTATION;
use crate::policies::{EXTERNAL_ID, MEMBER_ROLE};
use crate::stage::Stage;

/// A session of a role of the hub. Such a role trusts Lambda alone, for which the emulator takes the account's root.
pub(crate) async fn of_hub(stage: &Stage, role: &str) -> anyhow::Result<SdkConfig> {
    let hub = stage.organization.hub();
    assume(stage, &stage.clients.root_of(hub), hub, role, None).await
}

/// A session of the member role, taken on by key-rotation's.
pub(super) async fn of_member(stage: &Stage, account: &AccountId) -> anyhow::Result<SdkConfig> {
    let rotation = of_hub(stage, KEY_ROTATION).await?;
    assume(stage, &rotation, account, MEMBER_ROLE, Some(EXTERNAL_ID)).await
}

/// Takes a role on with somebody's credentials.
///
/// # Errors
/// When that is refused; the error has the code.
pub(super) async fn assume(
    stage: &Stage,
    caller: &SdkConfig,
    account: &AccountId,
    role: &str,
    external_id: Option<&str>,
) -> anyhow::Result<SdkConfig> {
    let assume = StsClient::new(caller).assume_role().role_arn(format!("arn:aws:iam::{account}:role/{role}"));
    let assume = assume.role_session_name("permissions").set_external_id(external_id.map(str::to_owned));
    let assumed = assume
        .send()
        .await
        .map_err(|error| anyhow::anyhow!("{}: {}", error.code().unwrap_or("no code"), DisplayErrorContext(&error)))?;
    let given = assumed.credentials().context("no credentials in the answer")?;
    let token = Some(given.session_token().to_owned());
    Ok(stage.clients.with(Credentials::new(given.access_key_id(), given.secret_access_key(), token, None, "stage")))
}
