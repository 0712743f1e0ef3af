use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::builders::GetSecretValueFluentBuilder;
use jiff::Timestamp;
use keywheel_core::id::AccessKeyId;
use keywheel_core::observed::AWSCURRENT;
use keywheel_core::secret::{KeyPair, PreviousKey, VersionId};
use keywheel_engine::ports::{ErrorKind, PortError};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::error::port_error;
use crate::quiet::Quietly;

const GET: &str = "secretsmanager:GetSecretValue";

/// What a value tells of the former key. The secret half is not even taken out of the text.
#[derive(Deserialize)]
struct Witness {
    #[serde(rename = "Previous")]
    previous: Option<PreviousKey>,
}

/// The pair in a value.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pair {
    access_key_id: AccessKeyId,
    secret_access_key: Option<SecretString>,
    create_date: Timestamp,
}

pub(super) async fn previous_key(client: &Client, name: &str) -> Result<Option<AccessKeyId>, PortError> {
    let text = match text(client.get_secret_value().secret_id(name).version_stage(AWSCURRENT)).await {
        Err(error) if error.kind == ErrorKind::NotFound => None,
        other => other?,
    };
    let witness = text.and_then(|text| serde_json::from_str::<Witness>(text.expose_secret()).ok());
    Ok(witness.and_then(|witness| witness.previous).map(|previous| previous.access_key_id))
}

pub(super) async fn pair(client: &Client, name: &str, version: &VersionId) -> Result<Option<KeyPair>, PortError> {
    let text = text(client.get_secret_value().secret_id(name).version_id(version.as_str())).await?;
    let pair = text.and_then(|text| serde_json::from_str::<Pair>(text.expose_secret()).ok());
    Ok(pair.and_then(|pair| {
        Some(KeyPair { id: pair.access_key_id, created: pair.create_date, secret: pair.secret_access_key? })
    }))
}

/// The text of a value; none when it is binary.
async fn text(request: GetSecretValueFluentBuilder) -> Result<Option<SecretString>, PortError> {
    let answer = request.send().quietly().await;
    answer.map(|value| value.secret_string.map(SecretString::from)).map_err(|error| port_error(GET, &error))
}
