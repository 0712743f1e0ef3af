//! The store of one account's secrets.

mod labels;
mod place;
mod replicas;
mod value;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use keywheel_core::id::AccessKeyId;
use keywheel_core::observed::{AWSPENDING, SecretState};
use keywheel_core::secret::{KeyPair, RECOVERY_WINDOW, SecretValue, VersionId};
use keywheel_engine::deployment::SecretOptions;
use keywheel_engine::ports::{ErrorKind, NewSecret, PortError, Secrets};

use crate::error::{code, port_error, port_error_of_secret};
use crate::quiet::Quietly;
use place::Places;

const CREATE: &str = "secretsmanager:CreateSecret";
const DELETE: &str = "secretsmanager:DeleteSecret";
const GET_POLICY: &str = "secretsmanager:GetResourcePolicy";
const PUT_POLICY: &str = "secretsmanager:PutResourcePolicy";
const PUT_VALUE: &str = "secretsmanager:PutSecretValue";

/// Secrets Manager, as far as the users of one account are concerned, in one region.
#[derive(Clone, Debug)]
pub struct AwsSecrets {
    places: Places,
    options: SecretOptions,
}

impl AwsSecrets {
    /// Secrets of the account whose credentials `member` has, kept where the options say: in `member`'s Region or in that of `hub`.
    #[must_use]
    pub fn new(member: &SdkConfig, hub: &SdkConfig, options: SecretOptions) -> Self {
        Self { places: Places::new(member, hub, &options), options }
    }

    /// A secret is made before its user's key is: here it shows whether the account has the KMS key.
    fn naming_the_key(&self, failure: PortError) -> PortError {
        let Some(key) = self.options.kms_key_id.as_ref().filter(|_| refused_for_good(&failure)) else { return failure };
        let message = format!(
            "{}; hint: the KMS key {key} must be in the account and Region that keep the secret, and the role that writes it needs kms:Decrypt \
             and kms:GenerateDataKey on it",
            failure.message
        );
        PortError { message, ..failure }
    }
}

fn refused_for_good(failure: &PortError) -> bool {
    matches!(failure.kind, ErrorKind::Denied | ErrorKind::Invalid | ErrorKind::NotFound)
}

impl Secrets for AwsSecrets {
    async fn describe(&self, name: &str) -> Result<Option<SecretState>, PortError> {
        self.places.describe(name).await
    }

    async fn central_arn(&self, name: &str) -> Result<Option<String>, PortError> {
        self.places.central_arn(name).await
    }

    fn knows_central(&self) -> bool {
        self.places.know_central()
    }

    async fn previous_key(&self, name: &str) -> Result<Option<AccessKeyId>, PortError> {
        value::previous_key(self.places.of(name).await?, name).await
    }

    async fn pair(&self, name: &str, version: &VersionId) -> Result<Option<KeyPair>, PortError> {
        value::pair(self.places.of(name).await?, name, version).await
    }

    async fn schedule_deletion(&self, name: &str) -> Result<(), PortError> {
        let (client, regions) = self.places.with_replicas(name).await?;
        schedule(client, name, regions).await
    }

    async fn former(&self, name: &str) -> Result<Option<SecretState>, PortError> {
        Ok(self.places.former(name).await?.1.map(|described| described.state))
    }

    async fn schedule_former(&self, name: &str) -> Result<(), PortError> {
        let (client, described) = self.places.former(name).await?;
        schedule(client, name, described.map(|described| described.regions()).unwrap_or_default()).await
    }

    fn knows_former(&self) -> bool {
        self.places.know_former()
    }

    fn has_replicas(&self) -> bool {
        self.places.have_replicas()
    }

    async fn replicate(&self, name: &str) -> Result<(), PortError> {
        self.places.replicate(name).await
    }

    async fn create(&self, secret: NewSecret<'_>) -> Result<(), PortError> {
        let made = self
            .places
            .configured()
            .create_secret()
            .name(secret.name)
            .description(secret.description)
            .client_request_token(secret.version.as_str())
            .secret_string(secret.value.expose())
            .set_kms_key_id(self.options.kms_key_id.clone())
            .send()
            .quietly()
            .await;
        self.places.forget(secret.name);
        let Err(error) = made else {
            return Ok(());
        };
        let exists = code(&error) == Some("ResourceExistsException");
        let failure = self.naming_the_key(port_error_of_secret(CREATE, &error));
        match self.describe(secret.name).await {
            Ok(Some(state)) if exists && !state.scheduled_for_deletion && !state.left_behind => Ok(()),
            _ => Err(failure),
        }
    }

    async fn policy(&self, name: &str) -> Result<Option<String>, PortError> {
        let request = self.places.of(name).await?.get_resource_policy().secret_id(name);
        let answer = request.send().await.map_err(|error| port_error(GET_POLICY, &error))?;
        Ok(answer.resource_policy.filter(|policy| !policy.is_empty()))
    }

    async fn put_policy(&self, name: &str, policy: &str) -> Result<(), PortError> {
        let client = self.places.of(name).await?;
        let request = client.put_resource_policy().secret_id(name).resource_policy(policy).block_public_policy(true);
        request.send().await.map(|_| ()).map_err(|error| port_error(PUT_POLICY, &error))
    }

    async fn put_pending(&self, name: &str, version: &VersionId, value: &SecretValue) -> Result<(), PortError> {
        let client = self.places.of(name).await?;
        let request = client
            .put_secret_value()
            .secret_id(name)
            .client_request_token(version.as_str())
            .secret_string(value.expose())
            .version_stages(AWSPENDING);
        let put = request.send().quietly().await;
        put.map(|_| ()).map_err(|error| port_error_of_secret(PUT_VALUE, &error))
    }

    async fn move_current(&self, name: &str, to: &VersionId, from: Option<&VersionId>) -> Result<(), PortError> {
        labels::move_current(self.places.of(name).await?, name, to, from).await
    }

    async fn remove_label(&self, name: &str, label: &str, version: &VersionId) -> Result<(), PortError> {
        labels::remove(self.places.of(name).await?, name, label, version).await
    }
}

/// Schedules a secret for deletion, once it has no replicas.
async fn schedule(client: &Client, name: &str, regions: Vec<String>) -> Result<(), PortError> {
    replicas::remove(client, name, regions).await?;
    let request = client.delete_secret().secret_id(name).recovery_window_in_days(RECOVERY_WINDOW.0.into());
    request.send().await.map(|_| ()).map_err(|error| port_error(DELETE, &error))
}

/// Whether AWS refused for what the labels are like now, so that a look at them tells whether the wish is fulfilled already.
fn refused_for_the_state(error: &PortError) -> bool {
    matches!(error.kind, ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::NotFound)
}

#[cfg(test)]
mod tests;
