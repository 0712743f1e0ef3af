//! The store of one account's secrets.

mod labels;
mod value;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::ReplicaRegionType;
use keywheel_core::id::AccessKeyId;
use keywheel_core::observed::{AWSPENDING, SecretState};
use keywheel_core::secret::{KeyPair, SecretValue, VersionId};
use keywheel_engine::ports::{ErrorKind, NewSecret, PortError, Secrets};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use crate::error::{code, port_error, port_error_of_secret};

const CREATE: &str = "secretsmanager:CreateSecret";
const GET_POLICY: &str = "secretsmanager:GetResourcePolicy";
const PUT_POLICY: &str = "secretsmanager:PutResourcePolicy";
const PUT_VALUE: &str = "secretsmanager:PutSecretValue";

/// Secrets Manager in one account and region.
#[derive(Clone, Debug)]
pub struct AwsSecrets {
    client: Client,
    options: SecretOptions,
}

/// How new secrets are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretOptions {
    /// The KMS key; `aws/secretsmanager` when none is named.
    pub kms_key_id: Option<String>,
    /// Regions that get a replica.
    pub replica_regions: Vec<String>,
}

impl AwsSecrets {
    /// Secrets Manager of the account whose credentials the configuration has, in its region.
    #[must_use]
    pub fn new(config: &SdkConfig, options: SecretOptions) -> Self {
        Self { client: Client::new(config), options }
    }

    /// None rather than an empty list: CreateSecret takes the list with one entry at least (API, `AddReplicaRegions`).
    fn replicas(&self) -> Option<Vec<ReplicaRegionType>> {
        let replica = |region: &String| ReplicaRegionType::builder().region(region).build();
        let replicas: Vec<_> = self.options.replica_regions.iter().map(replica).collect();
        (!replicas.is_empty()).then_some(replicas)
    }
}

impl Secrets for AwsSecrets {
    async fn describe(&self, name: &str) -> Result<Option<SecretState>, PortError> {
        labels::describe(&self.client, name).await
    }

    async fn previous_key(&self, name: &str) -> Result<Option<AccessKeyId>, PortError> {
        value::previous_key(&self.client, name).await
    }

    async fn pair(&self, name: &str, version: &VersionId) -> Result<Option<KeyPair>, PortError> {
        value::pair(&self.client, name, version).await
    }

    async fn create(&self, secret: NewSecret<'_>) -> Result<(), PortError> {
        let made = self
            .client
            .create_secret()
            .name(secret.name)
            .description(secret.description)
            .client_request_token(secret.version.as_str())
            .secret_string(secret.value.expose())
            .set_kms_key_id(self.options.kms_key_id.clone())
            .set_add_replica_regions(self.replicas())
            .send()
            .with_subscriber(NoSubscriber::new())
            .await;
        let Err(error) = made else {
            return Ok(());
        };
        let exists = code(&error) == Some("ResourceExistsException");
        let failure = port_error_of_secret(CREATE, &error);
        match self.describe(secret.name).await {
            Ok(Some(state)) if exists && !state.scheduled_for_deletion => Ok(()),
            _ => Err(failure),
        }
    }

    async fn policy(&self, name: &str) -> Result<Option<String>, PortError> {
        let request = self.client.get_resource_policy().secret_id(name);
        let answer = request.send().await.map_err(|error| port_error(GET_POLICY, &error))?;
        Ok(answer.resource_policy.filter(|policy| !policy.is_empty()))
    }

    async fn put_policy(&self, name: &str, policy: &str) -> Result<(), PortError> {
        let request =
            self.client.put_resource_policy().secret_id(name).resource_policy(policy).block_public_policy(true);
        request.send().await.map(|_| ()).map_err(|error| port_error(PUT_POLICY, &error))
    }

    async fn put_pending(&self, name: &str, version: &VersionId, value: &SecretValue) -> Result<(), PortError> {
        let request = self
            .client
            .put_secret_value()
            .secret_id(name)
            .client_request_token(version.as_str())
            .secret_string(value.expose())
            .version_stages(AWSPENDING);
        let put = request.send().with_subscriber(NoSubscriber::new()).await;
        put.map(|_| ()).map_err(|error| port_error_of_secret(PUT_VALUE, &error))
    }

    async fn move_current(&self, name: &str, to: &VersionId, from: Option<&VersionId>) -> Result<(), PortError> {
        labels::move_current(&self.client, name, to, from).await
    }

    async fn remove_label(&self, name: &str, label: &str, version: &VersionId) -> Result<(), PortError> {
        labels::remove(&self.client, name, label, version).await
    }
}

/// Whether AWS refused for what the labels are like now, so that a look at them tells whether the wish is fulfilled already.
fn refused_for_the_state(error: &PortError) -> bool {
    matches!(error.kind, ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::NotFound)
}
