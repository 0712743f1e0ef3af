//! What every client shares: region, credentials, endpoints, time-outs, retries, and one pool of connections.

mod environment;
mod https;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_types::os_shim_internal::Env;

/// The longest wait for a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest wait for the answer to one attempt of a call.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest wait for a call with all its attempts and the pauses between them.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Attempts of a call that may be repeated, the first included.
pub(crate) const ATTEMPTS: u32 = 5;

/// There is no region to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no AWS region is set; set AWS_REGION to the region that the function runs in, such as eu-central-1")]
pub struct NoRegion;

/// Loads what every client shares, from the environment alone, as Lambda gives it.
///
/// Reads `AWS_REGION` (or `AWS_DEFAULT_REGION`), `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_ENDPOINT_URL`,
/// `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`, `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT`,
/// `AWS_REQUEST_CHECKSUM_CALCULATION`, `AWS_RESPONSE_CHECKSUM_VALIDATION` and `AWS_SDK_UA_APP_ID`, with the SDK's meaning; no profile, and
/// no service that gives credentials. Touches no file and no network, so that a function polls for work as soon as it can. Call it once per
/// process and hand the result to everything: two configurations have two pools of connections.
///
/// # Errors
/// Fails when no region is set.
pub fn load_config() -> Result<SdkConfig, NoRegion> {
    let builder = environment::builder(&Env::real())
        .behavior_version(behavior())
        .http_client(https::client())
        .timeout_config(timeouts())
        .retry_config(retries());
    with_region(builder.build())
}

/// For tools and tests: from everything that AWS's SDKs read, profiles and credential services too, with settings of the caller's choice
/// before all of that.
///
/// # Errors
/// Fails when no region is set.
pub async fn load_config_with(choose: impl FnOnce(ConfigLoader) -> ConfigLoader) -> Result<SdkConfig, NoRegion> {
    let loader = aws_config::defaults(behavior());
    let loader = loader.http_client(https::client()).timeout_config(timeouts()).retry_config(retries());
    with_region(choose(loader).load().await)
}

fn with_region(config: SdkConfig) -> Result<SdkConfig, NoRegion> {
    if config.region().is_some() { Ok(config) } else { Err(NoRegion) }
}

fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build()
}

pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}

#[cfg(test)]
mod tests {
    use aws_config::Region;
    use keywheel_engine::ports::{ErrorKind, UserAudit};

    use super::*;

    #[tokio::test]
    async fn a_connection_that_is_refused_is_told_in_plain_words() {
        let credentials = aws_credential_types::Credentials::new("AKIAIOSFODNN7EXAMPLE", "half", None, None, "test");
        let choose = |loader: ConfigLoader| {
            let loader = loader.region(Region::new("eu-central-1")).endpoint_url("http://127.0.0.1:1");
            loader.credentials_provider(credentials).retry_config(RetryConfig::disabled())
        };
        let config = load_config_with(choose).await.unwrap();
        let error = crate::AwsIam::new(&config).users().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unanswered);
        assert!(error.message.contains("no answer from AWS") && error.message.contains("refused"), "{error}");
        assert!(error.message.len() < 200, "{error}");
    }
}
