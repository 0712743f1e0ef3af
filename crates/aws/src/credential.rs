//! Credentials of mailers, in Parameter Store or Secrets Manager.

use aws_config::SdkConfig;
use keywheel_channels::{CredentialStore, CredentialUnreadable};
use keywheel_engine::ports::PortError;
use secrecy::SecretString;

use crate::error::{bad_answer, port_error_of_secret};
use crate::quiet::Quietly;

const GET_PARAMETER: &str = "ssm:GetParameter";
const GET_SECRET_VALUE: &str = "secretsmanager:GetSecretValue";

/// Where a credential is kept, in the function's own account and region.
#[derive(Clone, Debug)]
pub enum KeptCredential {
    /// A parameter of Parameter Store, a SecureString rather than a String.
    Parameter {
        /// Its name.
        name: String,
        /// Parameter Store.
        client: aws_sdk_ssm::Client,
    },
    /// A secret of Secrets Manager.
    Secret {
        /// Its name.
        name: String,
        /// Secrets Manager.
        client: aws_sdk_secretsmanager::Client,
    },
}

impl KeptCredential {
    /// A parameter of this name.
    #[must_use]
    pub fn parameter(config: &SdkConfig, name: impl Into<String>) -> Self {
        Self::Parameter { name: name.into(), client: aws_sdk_ssm::Client::new(config) }
    }

    /// A secret of this name.
    #[must_use]
    pub fn secret(config: &SdkConfig, name: impl Into<String>) -> Self {
        Self::Secret { name: name.into(), client: aws_sdk_secretsmanager::Client::new(config) }
    }

    async fn text(&self) -> Result<SecretString, PortError> {
        let (operation, text) = match self {
            Self::Parameter { name, client } => {
                let answer = client.get_parameter().name(name).with_decryption(true).send().quietly().await;
                let answer = answer.map_err(|error| port_error_of_secret(GET_PARAMETER, &error))?;
                (GET_PARAMETER, answer.parameter.and_then(|parameter| parameter.value))
            }
            Self::Secret { name, client } => {
                let answer = client.get_secret_value().secret_id(name).send().quietly().await;
                let answer = answer.map_err(|error| port_error_of_secret(GET_SECRET_VALUE, &error))?;
                (GET_SECRET_VALUE, answer.secret_string)
            }
        };
        text.map(SecretString::from).ok_or_else(|| bad_answer(operation, "it has no text"))
    }
}

impl CredentialStore for KeptCredential {
    async fn read(&self) -> Result<SecretString, CredentialUnreadable> {
        let read = self.text().await;
        read.map_err(|error| CredentialUnreadable { place: self.place(), why: error.to_string() })
    }

    fn place(&self) -> String {
        match self {
            Self::Parameter { name, .. } => format!("ssm:{name}"),
            Self::Secret { name, .. } => format!("secretsmanager:{name}"),
        }
    }
}
