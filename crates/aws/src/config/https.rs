//! The HTTPS client.

use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// A client with a pool of connections of its own, which it shares with its clones.
pub(super) fn client() -> SharedHttpClient {
    let builder = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    SharedHttpClient::new(UponFirstCall(builder.build_https()))
}

/// Leaves out what the SDK does for every client that is built: making a connector only to have the system's root certificates read.
/// They are read upon the first call, once.
#[derive(Debug)]
struct UponFirstCall(SharedHttpClient);

impl HttpClient for UponFirstCall {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}
