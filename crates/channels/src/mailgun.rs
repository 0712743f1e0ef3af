//! Sends mail through Mailgun's HTTP API (<https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages>).

mod form;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use keywheel_mail::ports::{Delivery, Mail, Mailer};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::causes::chain;
use crate::credential::{Credential, CredentialStore};
use crate::repeat::{Try, repeat};
use form::Form;

const CONNECT: Duration = Duration::from_secs(3);
/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const LONGEST_ANSWER: usize = 64 * 1024;
/// Characters of an answer that are told.
const TOLD: usize = 200;

/// Where a domain's mails are kept, which is where its API is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailgunRegion {
    /// The United States.
    Us,
    /// The European Union.
    Eu,
}

impl MailgunRegion {
    fn endpoint(self) -> &'static str {
        match self {
            MailgunRegion::Us => "https://api.mailgun.net",
            MailgunRegion::Eu => "https://api.eu.mailgun.net",
        }
    }
}

/// A domain at Mailgun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailgunDomain {
    /// The domain that mails are sent from.
    pub domain: String,
    /// Its region.
    pub region: MailgunRegion,
    /// Another place of the API than the region's: `https`, or `http` on this machine.
    pub endpoint: Option<String>,
}

#[derive(Deserialize)]
struct Key {
    api_key: SecretString,
}

/// Sends through one domain at Mailgun.
pub struct MailgunMailer<S> {
    url: String,
    key: Credential<S, Key>,
    connector: OnceLock<Connector>,
}

impl<S: CredentialStore> MailgunMailer<S> {
    /// The domain, and the store with the key: `{"api_key":"…"}`.
    #[must_use]
    pub fn new(domain: &MailgunDomain, store: S) -> Self {
        let endpoint = domain.endpoint.as_deref().unwrap_or(domain.region.endpoint()).trim_end_matches('/');
        Self {
            url: format!("{endpoint}/v3/{}/messages", domain.domain),
            key: Credential::new(store, r#"{"api_key":"…"}"#),
            connector: OnceLock::new(),
        }
    }

    async fn once(&self, form: &Form) -> Try {
        let key = match self.key.get().await {
            Ok(key) => key,
            Err(error) => return Try::Over(Delivery::Deferred { why: error.to_string() }),
        };
        let answer = match self.request(form, &key) {
            Ok(request) => tokio::time::timeout(CONNECT + ANSWER, self.answer(request)).await,
            Err(why) => return Try::Over(Delivery::Deferred { why }),
        };
        let (status, body) = match answer {
            Ok(Ok(answer)) => answer,
            // Nobody knows whether the mail was taken: a later run asks for it again.
            Ok(Err(why)) => return Try::Over(Delivery::Deferred { why: format!("no answer from Mailgun: {why}") }),
            Err(_) => return Try::Over(Delivery::Deferred { why: "no answer from Mailgun in time".to_owned() }),
        };
        let ended = ended(status, &body);
        if matches!(ended, Try::Refused(_)) {
            self.key.forget(&key).await;
        }
        ended
    }

    fn request(&self, form: &Form, key: &Arc<Key>) -> Result<HttpRequest, String> {
        let mut request = HttpRequest::new(SdkBody::from(form.body()));
        request.set_method("POST").map_err(|error| error.to_string())?;
        request.set_uri(self.url.as_str()).map_err(|error| error.to_string())?;
        let login = aws_smithy_types::base64::encode(format!("api:{}", key.api_key.expose_secret()));
        let headers = request.headers_mut();
        // A key with a line break in it, say: the error would quote it.
        let basic = format!("Basic {login}");
        headers.try_insert("authorization", basic).map_err(|_| "the key is none that a header can hold".to_owned())?;
        headers.try_insert("content-type", form.content_type()).map_err(|error| error.to_string())?;
        Ok(request)
    }

    async fn answer(&self, request: HttpRequest) -> Result<(u16, String), String> {
        let answer: HttpResponse =
            self.connector.get_or_init(connector).call(request).await.map_err(|error| chain(&error))?;
        let status = answer.status().as_u16();
        let (mut stream, mut bytes) = (ByteStream::new(answer.into_body()), Vec::new());
        while let Some(part) = stream.next().await {
            bytes.extend_from_slice(&part.map_err(|error| error.to_string())?);
            if bytes.len() > LONGEST_ANSWER {
                break;
            }
        }
        Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
    }
}

impl<S: CredentialStore> Mailer for MailgunMailer<S> {
    async fn send(&self, mail: &Mail<'_>) -> Delivery {
        let form = Form::of(mail);
        repeat(|| self.once(&form)).await
    }
}

impl<S> fmt::Debug for MailgunMailer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailgunMailer({})", self.url)
    }
}

/// Made upon the first mail, as it reads the system's root certificates.
fn connector() -> Connector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(ANSWER).build();
    let connector = Connector::builder().connector_settings(settings);
    let connector = connector.sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new());
    connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build()
}

#[derive(Default, Deserialize)]
struct Answer {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// What an answer means for the mail (API reference, "Errors").
fn ended(status: u16, body: &str) -> Try {
    let answer: Answer = serde_json::from_str(body).unwrap_or_default();
    let said: String = answer.message.as_deref().unwrap_or(body).chars().take(TOLD).collect();
    let why = format!("Mailgun answered {status}: {said}");
    match (status, answer.id) {
        (200, Some(message_id)) => Try::Over(Delivery::Sent { message_id }),
        (401, _) => Try::Refused(why),
        (429, _) => Try::Later(why),
        // The recipient's address, or the mail's length.
        (400, _) if names_recipient(&said) => Try::Over(Delivery::Rejected { why }),
        (413, _) => Try::Over(Delivery::Rejected { why }),
        // The sender, the account or the domain, or nobody knows.
        _ => Try::Over(Delivery::Deferred { why }),
    }
}

/// Whether an answer is about the field `to`, with quotation marks or without, and not about `reply-to`, say.
fn names_recipient(said: &str) -> bool {
    let plain = said.to_lowercase().replace(['\'', '"', '`'], "");
    format!(" {plain}").contains(" to parameter")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        let sent = Try::Over(Delivery::Sent { message_id: "<1@x>".to_owned() });
        assert_eq!(ended(200, r#"{"id":"<1@x>","message":"Queued. Thank you."}"#), sent);
        // An answer that is none of Mailgun's: a proxy's, say.
        assert!(matches!(ended(200, "<html>"), Try::Over(Delivery::Deferred { .. })));
        assert!(
            matches!(ended(400, r#"{"message":"to parameter is not a valid address"}"#), Try::Over(Delivery::Rejected { why })
            if why == "Mailgun answered 400: to parameter is not a valid address")
        );
        for (said, is_of_recipient) in [
            ("'to' parameter is not a valid address. please check documentation", true),
            ("from parameter is not a valid address", false),
            ("h:Reply-To parameter is not a valid address", false),
            ("Domain mg.example.com is not allowed to send: the sandbox's authorized recipients", false),
            ("Need at least one of 'text', 'html' or 'template' parameters specified", false),
        ] {
            let ended = ended(400, &format!(r#"{{"message":"{said}"}}"#));
            assert_eq!(matches!(ended, Try::Over(Delivery::Rejected { .. })), is_of_recipient, "{ended:?}");
            assert!(is_of_recipient || matches!(ended, Try::Over(Delivery::Deferred { .. })), "{ended:?}");
        }
        assert!(matches!(ended(401, "Forbidden"), Try::Refused(_)));
        assert!(matches!(ended(429, ""), Try::Later(_)));
        for status in [402, 403, 404, 500, 502, 503] {
            assert!(matches!(ended(status, ""), Try::Over(Delivery::Deferred { .. })), "{status}");
        }
    }
}
