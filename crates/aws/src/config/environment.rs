//! What the SDK is told by the environment, and by nothing else.
//!
//! The SDK's own loader looks at profiles in files and asks the services that give credentials on EC2, ECS and in single sign-on. Lambda
//! has none of them; the files would be looked for at each start, and the code is a large part of a function's package.

use std::error::Error;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::{AppName, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::{EnvConfigValue, get_service_env_config};
use aws_smithy_types::checksum_config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_types::os_shim_internal::Env;
use aws_types::sdk_config::Builder;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// A configuration with what the environment says; what it does not say is left to the SDK's defaults.
pub(super) fn builder(env: &Env) -> Builder {
    let services = Services {
        env: env.clone(),
        ignore_endpoints: setting(env, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", switch).unwrap_or_default(),
    };
    let mut builder = SdkConfig::builder();
    builder
        .set_region(text(env, "AWS_REGION").or_else(|| text(env, "AWS_DEFAULT_REGION")).map(Region::new))
        .set_endpoint_url(text(env, ENDPOINT).filter(|_| !services.ignore_endpoints))
        .set_use_fips(setting(env, "AWS_USE_FIPS_ENDPOINT", switch))
        .set_use_dual_stack(setting(env, "AWS_USE_DUALSTACK_ENDPOINT", switch))
        .set_app_name(setting(env, "AWS_SDK_UA_APP_ID", |name| AppName::new(name.to_owned())))
        // The SDK's loader always sets these two; without them a client checks less.
        .set_request_checksum_calculation(Some(
            setting(env, "AWS_REQUEST_CHECKSUM_CALCULATION", str::parse)
                .unwrap_or(RequestChecksumCalculation::WhenSupported),
        ))
        .set_response_checksum_validation(Some(
            setting(env, "AWS_RESPONSE_CHECKSUM_VALIDATION", str::parse)
                .unwrap_or(ResponseChecksumValidation::WhenSupported),
        ));
    builder
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        // They do not change while the process lives.
        .identity_cache(IdentityCache::no_cache())
        .service_config(services)
}

fn text(env: &Env, name: &str) -> Option<String> {
    env.get(name).ok().filter(|text| !text.is_empty())
}

/// A setting that cannot be read is as good as none, and a warning in the log: so do AWS's SDKs.
fn setting<T, E: Error + Send + Sync + 'static>(
    env: &Env,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    let read = EnvConfigValue::new().env(name).validate(env, None, parse);
    read.unwrap_or_else(|error| {
        tracing::warn!("{name} is ignored: {error}");
        None
    })
}

fn switch(text: &str) -> Result<bool, std::str::ParseBoolError> {
    text.to_ascii_lowercase().parse()
}

/// What a client asks for in the name of its service, such as `AWS_ENDPOINT_URL_IAM`.
#[derive(Debug)]
struct Services {
    env: Env,
    ignore_endpoints: bool,
}

impl LoadServiceConfig for Services {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        if self.ignore_endpoints && key.env() == ENDPOINT {
            return None;
        }
        let as_it_stands = |text: &str| Ok::<_, std::convert::Infallible>(text.to_owned());
        get_service_env_config(key, &self.env, None, as_it_stands).ok().flatten().filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> SdkConfig {
        builder(&Env::from_slice(variables)).build()
    }

    fn endpoint(config: &SdkConfig, service: &str, profile: &str) -> Option<String> {
        let key = ServiceConfigKey::builder().service_id(service).env(ENDPOINT).profile(profile).build().unwrap();
        config.service_config().unwrap().load_config(key)
    }

    #[test]
    fn the_region_is_lambdas_own_or_else_the_default_one() {
        let region = |variables| config(variables).region().map(ToString::to_string);
        assert_eq!(
            region(&[("AWS_REGION", "eu-central-1"), ("AWS_DEFAULT_REGION", "us-east-1")]).unwrap(),
            "eu-central-1"
        );
        assert_eq!(region(&[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "us-east-1")]).unwrap(), "us-east-1");
        assert_eq!(region(&[("AWS_REGION", "")]), None);
    }

    #[test]
    fn a_services_own_endpoint_goes_before_the_one_for_all() {
        let all = ("AWS_ENDPOINT_URL", "http://all.test");
        let config = config(&[all, ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://secrets.test")]);
        assert_eq!(config.endpoint_url(), Some(all.1));
        assert_eq!(endpoint(&config, "Secrets Manager", "endpoint_url").unwrap(), "http://secrets.test");
        assert_eq!(endpoint(&config, "IAM", "endpoint_url").unwrap(), all.1);
    }

    #[test]
    fn endpoints_can_be_ignored_and_an_empty_one_is_none() {
        let ignoring = config(&[
            ("AWS_ENDPOINT_URL", "http://all.test"),
            ("AWS_ENDPOINT_URL_IAM", "http://iam.test"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"),
        ]);
        assert_eq!((ignoring.endpoint_url(), endpoint(&ignoring, "IAM", "endpoint_url")), (None, None));
        let empty = config(&[("AWS_ENDPOINT_URL", ""), ("AWS_ENDPOINT_URL_IAM", "")]);
        assert_eq!((empty.endpoint_url(), endpoint(&empty, "IAM", "endpoint_url")), (None, None));
    }

    #[test]
    fn switches_are_read_in_any_case_and_else_left_to_the_sdk() {
        let set = config(&[("AWS_USE_FIPS_ENDPOINT", "True"), ("AWS_USE_DUALSTACK_ENDPOINT", "false")]);
        assert_eq!((set.use_fips(), set.use_dual_stack()), (Some(true), Some(false)));
        let wrong = config(&[("AWS_USE_FIPS_ENDPOINT", "yes")]);
        assert_eq!((wrong.use_fips(), wrong.use_dual_stack()), (None, None));
    }

    #[test]
    fn checksums_are_made_and_checked_unless_the_environment_says_otherwise() {
        let (made, checked) = (SdkConfig::request_checksum_calculation, SdkConfig::response_checksum_validation);
        let usual = config(&[]);
        assert_eq!(made(&usual), Some(RequestChecksumCalculation::WhenSupported));
        assert_eq!(checked(&usual), Some(ResponseChecksumValidation::WhenSupported));
        let fewer = config(&[
            ("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"),
            ("AWS_RESPONSE_CHECKSUM_VALIDATION", "WHEN_REQUIRED"),
        ]);
        assert_eq!(made(&fewer), Some(RequestChecksumCalculation::WhenRequired));
        assert_eq!(checked(&fewer), Some(ResponseChecksumValidation::WhenRequired));
    }
}
