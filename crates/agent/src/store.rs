//! AWS itself.

use std::error::Error;

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use keywheel_aws::Quietly;
use keywheel_core::acknowledgement::Acknowledgement;
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::parameter::{ParameterContent, parameter_name};
use keywheel_core::secret::secret_name;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::failure::Trouble;
use crate::pair::Pair;
use crate::remote::{Aws, Fetched, Identity, Source};

/// AWS, over the SDK. Calls that carry a secret half run without any log subscriber.
#[derive(Clone, Debug)]
pub struct RealAws {
    config: SdkConfig,
    bucket_region: Option<Region>,
}

impl RealAws {
    /// Calls in the Region and through the connections of this configuration, whose credentials count for nothing; acknowledgements go to a
    /// bucket in `bucket_region`, where that is another one.
    #[must_use]
    pub fn new(config: SdkConfig, bucket_region: Option<String>) -> Self {
        Self { config, bucket_region: bucket_region.map(Region::new) }
    }

    fn with(&self, pair: &Pair) -> SdkConfig {
        let credentials = Credentials::new(pair.id.as_str(), pair.secret.expose_secret(), None, None, "keywheel-agent");
        let provider = SharedCredentialsProvider::new(credentials);
        self.config.to_builder().credentials_provider(provider).build()
    }

    async fn secret(&self, pair: &Pair, name: &str) -> Result<SecretString, Trouble> {
        let client = aws_sdk_secretsmanager::Client::new(&self.with(pair));
        let answer = client.get_secret_value().secret_id(name).send().quietly().await;
        let answer = answer.map_err(|error| trouble(&error))?;
        let text = answer.secret_string.ok_or_else(|| Trouble::NotAKey(format!("secret {name} holds no text")))?;
        Ok(text.into())
    }

    async fn parameter(&self, pair: &Pair, name: &str) -> Result<SecretString, Trouble> {
        let client = aws_sdk_ssm::Client::new(&self.with(pair));
        let answer = client.get_parameter().name(name).with_decryption(true).send().quietly().await;
        let answer = answer.map_err(|error| trouble(&error))?;
        let text = answer.parameter.and_then(|parameter| parameter.value);
        Ok(text.ok_or_else(|| Trouble::NotAKey(format!("parameter {name} holds no text")))?.into())
    }
}

impl Aws for RealAws {
    async fn identity(&self, pair: &Pair) -> Result<Identity, Trouble> {
        let client = aws_sdk_sts::Client::new(&self.with(pair));
        let answer = client.get_caller_identity().send().await.map_err(|error| trouble(&error))?;
        let arn = answer.arn.unwrap_or_default();
        identity(&arn).ok_or_else(|| Trouble::Other(format!("the key belongs to {arn:?}, which is no IAM user")))
    }

    async fn fetch(&self, pair: &Pair, source: &Source, identity: &Identity) -> Result<Fetched, Trouble> {
        let Identity { account, user } = identity;
        match source {
            Source::Secret(name) => {
                let name = name.clone().unwrap_or_else(|| secret_name(account, user));
                let text = self.secret(pair, &name).await?;
                read_secret(&text).ok_or_else(|| Trouble::NotAKey(format!("secret {name}")))
            }
            Source::Parameter(_) | Source::ParameterBelow(_) => {
                let name = match source {
                    Source::ParameterBelow(prefix) => parameter_name(prefix, account, user),
                    Source::Parameter(name) | Source::Secret(Some(name)) => name.clone(),
                    Source::Secret(None) => secret_name(account, user),
                };
                let text = self.parameter(pair, &name).await?;
                read_parameter(&text).ok_or_else(|| Trouble::NotAKey(format!("parameter {name}")))
            }
        }
    }

    async fn acknowledge(&self, pair: &Pair, bucket: &str, said: &Acknowledgement) -> Result<(), Trouble> {
        let config = self.with(pair);
        let mut builder = aws_sdk_s3::config::Builder::from(&config);
        builder.set_region(self.bucket_region.clone().or_else(|| config.region().cloned()));
        // Emulators have no host name per bucket.
        let builder = builder.force_path_style(config.endpoint_url().is_some());
        let client = aws_sdk_s3::Client::from_conf(builder.build());
        let body = serde_json::to_vec(said).map_err(|error| Trouble::Other(error.to_string()))?;
        let put = client.put_object().bucket(bucket).key(said.place().key()).content_type("application/json");
        put.body(body.into()).send().await.map(drop).map_err(|error| trouble(&error))
    }
}

/// The user of `arn:aws:iam::111122223333:user/path/alice`.
fn identity(arn: &str) -> Option<Identity> {
    let mut parts = arn.splitn(6, ':');
    let (_, _, service, _) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let account: AccountId = parts.next()?.parse().ok()?;
    let user: UserName = parts.next()?.strip_prefix("user/")?.rsplit('/').next()?.parse().ok()?;
    (service == "iam").then_some(Identity { account, user })
}

/// A secret holds a pair, or the record of a key from before Keywheel.
fn read_secret(text: &SecretString) -> Option<Fetched> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Record {
        access_key_id: AccessKeyId,
        secret_access_key: Option<SecretString>,
    }
    let record: Record = serde_json::from_str(text.expose_secret()).ok()?;
    match record.secret_access_key {
        Some(half) => Pair::of(record.access_key_id.as_str(), half.expose_secret()).map(Fetched::Pair),
        None => Some(Fetched::WithoutHalf(record.access_key_id)),
    }
}

/// A parameter holds a pair, in either layout.
fn read_parameter(text: &SecretString) -> Option<Fetched> {
    let content = ParameterContent::parse(text.expose_secret())?;
    let pair = content.new.made_at(jiff::Timestamp::UNIX_EPOCH);
    Pair::of(pair.id.as_str(), pair.secret.expose_secret()).map(Fetched::Pair)
}

const UNKNOWN_KEY: [&str; 3] = ["InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"];
const WRONG_SIGNATURE: [&str; 2] = ["SignatureDoesNotMatch", "InvalidSignatureException"];
const WRONG_TIME: [&str; 3] = ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"];
const DENIED: [&str; 3] = ["AccessDenied", "AccessDeniedException", "AllAccessDisabled"];
const MISSING: [&str; 3] = ["ResourceNotFoundException", "ParameterNotFound", "NoSuchBucket"];

/// What TLS says of a certificate whose time is not now. A host with a badly wrong clock gets no further than that.
fn untimely(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string().to_lowercase();
        if text.contains("certificate") {
            if text.contains("expired") && !text.contains("revocation") {
                return Some("it has expired");
            }
            if text.contains("not valid yet") || text.contains("not yet valid") || text.contains("notvalidyet") {
                return Some("it is not yet valid");
            }
        }
        cause = error.source();
    }
    None
}

/// What an error means to a host. The body of an answer is in none of these texts: it may hold a secret half.
fn trouble<E: ProvideErrorMetadata + Error + 'static, R: std::fmt::Debug>(error: &SdkError<E, R>) -> Trouble {
    if !matches!(error, SdkError::ServiceError(_)) {
        if let Some(why) = error.source().and_then(untimely) {
            return Trouble::ClockOff(format!("AWS's certificate is not valid at this machine's time: {why}"));
        }
        let why = match error {
            SdkError::TimeoutError(_) => "no answer in time",
            SdkError::DispatchFailure(_) => "no connection",
            SdkError::ConstructionFailure(_) => return Trouble::Other("the request could not be made".to_owned()),
            _ => "the answer cannot be read",
        };
        return Trouble::Unreachable(why.to_owned());
    }
    let (code, message) = (error.code().unwrap_or("no code"), error.message().unwrap_or_default());
    let text: String = format!("{code}: {message}").chars().filter(|c| !c.is_control()).take(300).collect();
    let is = |codes: &[&str]| codes.contains(&code);
    let is_of_time = message.contains("Signature expired") || message.contains("Signature not yet current");
    if is(&WRONG_TIME) || (is(&WRONG_SIGNATURE) && is_of_time) {
        Trouble::ClockOff(text)
    } else if is(&UNKNOWN_KEY) {
        Trouble::KeyRefused(text)
    } else if is(&WRONG_SIGNATURE) {
        Trouble::WrongHalf(text)
    } else if is(&DENIED) {
        Trouble::Denied(text)
    } else if is(&MISSING) {
        Trouble::NothingThere(text)
    } else {
        Trouble::Other(text)
    }
}

#[cfg(test)]
mod tests;
