//! SDK clients of any emulated account. Endpoint and credentials are always given: nothing is read from the environment or from files.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use keywheel_core::id::AccountId;

/// The region of the stage.
pub const REGION: &str = "eu-west-1";

/// Makes SDK configurations; all share one pool of connections.
#[derive(Clone, Debug)]
pub struct Clients {
    base: SdkConfig,
}

impl Clients {
    /// Clients of the emulator at this loopback address.
    #[must_use]
    pub fn new(endpoint: &str) -> Self {
        let base = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(REGION))
            .endpoint_url(endpoint)
            .http_client(Builder::new().build_http()) // without TLS: it could not reach AWS if it wanted to
            .build();
        Self { base }
    }

    /// As the root of an account: the emulator takes the account's twelve digits as its access key id.
    #[must_use]
    pub fn root_of(&self, account: &AccountId) -> SdkConfig {
        self.with(Credentials::new(account.as_str(), "test", None, None, "stage"))
    }

    /// With given credentials.
    #[must_use]
    pub fn with(&self, credentials: Credentials) -> SdkConfig {
        self.base.to_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build()
    }
}
