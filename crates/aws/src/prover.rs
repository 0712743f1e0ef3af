//! Proves a new pair by using it.

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use keywheel_core::observed::AWSPENDING;
use keywheel_core::secret::{KeyPair, VersionId};
use keywheel_engine::ports::{Proof, Prover};
use secrecy::ExposeSecret;

use crate::error::{code, port_error};
use crate::quiet::Quietly;
use crate::session::with_credentials;

const GET: &str = "secretsmanager:GetSecretValue";
const IDENTIFY: &str = "sts:GetCallerIdentity";

/// Proves new pairs in one account and region. Each call is sent once: when to try again is the engine's choice.
#[derive(Clone, Debug)]
pub struct AwsProver {
    config: SdkConfig,
}

impl AwsProver {
    /// The configuration's region is where STS is asked and the secret is read; its credentials are not used.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.to_builder().retry_config(RetryConfig::disabled()).build() }
    }
}

impl Prover for AwsProver {
    async fn prove(&self, pair: &KeyPair, user_arn: &str, secret: &str, version: &VersionId) -> Proof {
        let credentials = Credentials::new(pair.id.as_str(), pair.secret.expose_secret(), None, None, "keywheel-proof");
        let config = with_credentials(&self.config, credentials);
        match names_the_user(&config, user_arn).await {
            Err(why) => Proof::NotYet { why },
            Ok(()) => reads_its_secret(&config, secret, version).await,
        }
    }
}

async fn names_the_user(config: &SdkConfig, user_arn: &str) -> Result<(), String> {
    let answer = aws_sdk_sts::Client::new(config).get_caller_identity().send().quietly();
    let answer = answer.await.map_err(|error| port_error(IDENTIFY, &error).to_string())?;
    match answer.arn {
        Some(arn) if arn == user_arn => Ok(()),
        other => Err(format!("{IDENTIFY} names {other:?}, not {user_arn}")),
    }
}

async fn reads_its_secret(config: &SdkConfig, secret: &str, version: &VersionId) -> Proof {
    let request = aws_sdk_secretsmanager::Client::new(config).get_secret_value().secret_id(secret);
    let request = request.version_id(version.as_str()).version_stage(AWSPENDING);
    match request.send().quietly().await {
        Ok(value) if is_pending(&value, version) => Proof::Proven,
        Ok(_) => Proof::NotYet { why: format!("the version that {GET} brought is not the one under {AWSPENDING}") },
        Err(error) => {
            let denied = code(&error).is_some_and(|code| code.contains("AccessDenied"));
            let why = port_error(GET, &error).to_string();
            if denied { Proof::RetrievalDenied { why } } else { Proof::NotYet { why } }
        }
    }
}

fn is_pending(value: &GetSecretValueOutput, version: &VersionId) -> bool {
    value.version_id.as_deref() == Some(version.as_str())
        && value.version_stages().iter().any(|stage| stage == AWSPENDING)
        && value.secret_string.is_some()
}
