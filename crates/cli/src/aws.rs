//! How AWS is reached: the SDK's own chain of profiles and variables, and three flags. No flag takes a secret.

use aws_config::Region;
use keywheel_aws::{SdkConfig, load_config_with};

use crate::exit::failed;

/// The flags that say where AWS is.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "AWS")]
pub(crate) struct AwsArguments {
    /// Profile of ~/.aws/config [default: AWS_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// Region, such as eu-central-1 [default: AWS_REGION, or the profile's]
    #[arg(long, global = true)]
    region: Option<String>,
    /// Endpoint of another implementation of AWS's APIs [default: AWS_ENDPOINT_URL]
    #[arg(long, global = true, value_name = "URL")]
    endpoint_url: Option<String>,
}

impl AwsArguments {
    /// The profile that was named, by the flag or the environment.
    pub(crate) fn profile(&self) -> Option<String> {
        self.profile.clone().or_else(|| std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty()))
    }

    /// The same with this profile.
    pub(crate) fn of_profile(&self, profile: &str) -> Self {
        Self { profile: Some(profile.to_owned()), ..self.clone() }
    }

    /// The configuration that every client shares.
    pub(crate) async fn load(&self) -> anyhow::Result<SdkConfig> {
        let config = load_config_with(|mut loader| {
            if let Some(profile) = &self.profile {
                loader = loader.profile_name(profile);
            }
            if let Some(region) = &self.region {
                loader = loader.region(Region::new(region.clone()));
            }
            if let Some(url) = &self.endpoint_url {
                loader = loader.endpoint_url(url);
            }
            loader
        });
        config.await.map_err(|_| failed("no AWS region is set", "set AWS_REGION, or give --region eu-central-1"))
    }
}
