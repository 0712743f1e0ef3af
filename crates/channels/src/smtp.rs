//! Sends mail through an SMTP server, over TLS and with a login (RFC 8314: implicit TLS; RFC 3207: STARTTLS).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use keywheel_mail::ports::{Delivery, Mail, Mailer};
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::credential::{Credential, CredentialStore};
use crate::repeat::{Try, repeat};

/// How long one answer of the server may take.
const ANSWER: Duration = Duration::from_secs(10);
/// How long one try may take, from the connection to the end.
const WHOLE: Duration = Duration::from_secs(30);
/// What is refused with one of these is the login and not the mail (RFC 4954, section 6).
const OF_LOGIN: [u16; 4] = [530, 534, 535, 538];

/// How TLS begins. There is no way without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// At once.
    Implicit,
    /// With STARTTLS, before anything else; a server that does not offer it gets nothing.
    StartTls,
}

/// An SMTP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpServer {
    /// Its name, which its certificate must have.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How TLS begins.
    pub tls: SmtpTls,
}

#[derive(Deserialize)]
struct Login {
    username: String,
    password: SecretString,
}

/// Sends through one SMTP server.
pub struct SmtpMailer<S> {
    server: SmtpServer,
    login: Credential<S, Login>,
}

impl<S: CredentialStore> SmtpMailer<S> {
    /// The server, and the store with the login: `{"username":"…","password":"…"}`.
    #[must_use]
    pub fn new(server: SmtpServer, store: S) -> Self {
        Self { server, login: Credential::new(store, r#"{"username":"…","password":"…"}"#) }
    }

    async fn once(&self, message: &Message, message_id: &str, domain: &str) -> Try {
        let login = match self.login.get().await {
            Ok(login) => login,
            Err(error) => return Try::Over(Delivery::Deferred { why: error.to_string() }),
        };
        let transport = match self.transport(&login, domain) {
            Ok(transport) => transport,
            Err(error) => return Try::Over(Delivery::Deferred { why: chain(&error) }),
        };
        let ended = tokio::time::timeout(WHOLE, transport.send(message.clone())).await;
        let error = match ended {
            Ok(Ok(_)) => return Try::Over(Delivery::Sent { message_id: message_id.to_owned() }),
            Ok(Err(error)) => error,
            Err(_) => return Try::Over(Delivery::Deferred { why: format!("{}: no answer in time", self.server) }),
        };
        let ended = self.ended(&error);
        if matches!(ended, Try::Refused(_)) {
            self.login.forget(&login).await;
        }
        ended
    }

    /// What an error means for the mail.
    fn ended(&self, error: &Error) -> Try {
        let why = format!("{}: {}", self.server, chain(error));
        let code = error.status().map(u16::from);
        match code {
            Some(code) if OF_LOGIN.contains(&code) => Try::Refused(why),
            Some(500..) => Try::Over(Delivery::Rejected { why }),
            Some(_) => Try::Later(why),
            // Nobody knows whether the mail was taken: a later run asks for it again.
            None => Try::Over(Delivery::Deferred { why }),
        }
    }

    fn transport(&self, login: &Arc<Login>, domain: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, Error> {
        let parameters = TlsParameters::new(self.server.host.clone())?;
        let tls = match self.server.tls {
            SmtpTls::Implicit => Tls::Wrapper(parameters),
            SmtpTls::StartTls => Tls::Required(parameters),
        };
        // "Dangerous" is what has no TLS, which comes with the next line.
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.server.host);
        let credentials = Credentials::new(login.username.clone(), login.password.expose_secret().to_owned());
        let builder = builder.port(self.server.port).tls(tls).credentials(credentials).timeout(Some(ANSWER));
        Ok(builder.hello_name(ClientId::Domain(domain.to_owned())).build())
    }
}

impl<S: CredentialStore> Mailer for SmtpMailer<S> {
    async fn send(&self, mail: &Mail<'_>) -> Delivery {
        let domain = mail.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        // One id for all tries, so that mail programs see the same mail.
        let message_id = format!("<{:032x}@{domain}>", fastrand::u128(..));
        match message(mail, &message_id) {
            Ok(message) => repeat(|| self.once(&message, &message_id, domain)).await,
            Err(error) => Delivery::Rejected { why: format!("the mail cannot be written: {error}") },
        }
    }
}

impl<S> fmt::Debug for SmtpMailer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpMailer({})", self.server)
    }
}

impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SMTP server {}:{}", self.host, self.port)
    }
}

fn message(mail: &Mail<'_>, message_id: &str) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
    let mailbox = |address: &str| Ok::<_, lettre::address::AddressError>(Mailbox::new(None, address.parse()?));
    let mut builder = Message::builder().from(mailbox(mail.from)?).to(mailbox(mail.to)?).subject(mail.subject);
    if let Some(address) = mail.reply_to {
        builder = builder.reply_to(mailbox(address)?);
    }
    let mut message = builder.message_id(Some(message_id.to_owned())).multipart(parts(mail)?)?;
    for (name, value) in mail.headers {
        let name = HeaderName::new_from_ascii((*name).to_owned())?;
        message.headers_mut().insert_raw(HeaderValue::new(name, (*value).to_owned()));
    }
    Ok(message)
}

/// Text and HTML, and beside them the files. Those are in base64, so that no server on the way changes their ends of lines.
fn parts(mail: &Mail<'_>) -> Result<MultiPart, Box<dyn std::error::Error + Send + Sync>> {
    let text = MultiPart::alternative_plain_html(mail.text.to_owned(), mail.html.to_owned());
    if mail.attachments.is_empty() {
        return Ok(text);
    }
    let mut parts = MultiPart::mixed().multipart(text);
    for file in mail.attachments {
        let content = Body::new_with_encoding(file.content.as_bytes().to_vec(), ContentTransferEncoding::Base64);
        let content = content.map_err(|_| "a file cannot be written in base64")?;
        let kind = ContentType::parse("application/octet-stream")?;
        parts = parts.singlepart(Attachment::new(file.file_name.clone()).body(content, kind));
    }
    Ok(parts)
}

/// An error and its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use keywheel_mail::ports::Urgency;

    use super::*;

    fn mail() -> Mail<'static> {
        Mail {
            from: "keys@example.com",
            reply_to: Some("team@example.com"),
            to: "owner@example.com",
            subject: "Zugriffsschlüssel",
            html: "<p>grüß Gott</p>",
            text: "grüß Gott",
            headers: &[("Auto-Submitted", "auto-generated")],
            attachments: &[],
            urgency: Urgency::Routine,
        }
    }

    fn written(mail: &Mail<'_>) -> String {
        String::from_utf8(message(mail, "<1@example.com>").unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_mail_has_its_headers_and_nothing_but_ascii_in_them() {
        let text = written(&mail());
        for line in [
            "From: keys@example.com\r\n",
            "To: owner@example.com\r\n",
            "Reply-To: team@example.com\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Message-ID: <1@example.com>\r\n",
            "Date: ",
            "MIME-Version: 1.0\r\n",
        ] {
            assert!(text.contains(line), "{line:?} is missing in {text}");
        }
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.is_ascii(), "{head}");
    }

    #[test]
    fn a_file_is_beside_text_and_html() {
        assert!(!written(&mail()).contains("attachment"));
        let content = "-----BEGIN AGE ENCRYPTED FILE-----\n";
        let files = [keywheel_mail::ports::Attachment { file_name: "AKIAIOSFODNN7EXAMPLE.age".to_owned(), content }];
        let text = written(&Mail { attachments: &files, ..mail() });
        let (_, file) =
            text.split_once("Content-Disposition: attachment; filename=\"AKIAIOSFODNN7EXAMPLE.age\"").unwrap();
        assert!(file.contains("Content-Transfer-Encoding: base64"), "{file}");
        assert!(file.contains("LS0tLS1CRUdJTiBBR0UgRU5DUllQVEVEIEZJTEUtLS0tLQo="), "{file}");
        assert!(text.contains("multipart/mixed") && text.contains("multipart/alternative"), "{text}");
    }

    #[test]
    fn no_value_makes_a_header_of_its_own() {
        let hostile = "x\r\nBcc: mallory@example.com";
        let text =
            written(&Mail { subject: hostile, headers: &[("X-Note", "x\r\nBcc: mallory@example.com")], ..mail() });
        assert!(!text.lines().any(|line| line.starts_with("Bcc:")), "{text}");
        for wrong in ["owner@example.com\r\nBcc: mallory@example.com", "a@example.com, b@example.com"] {
            assert!(message(&Mail { to: wrong, ..mail() }, "<1@example.com>").is_err(), "{wrong:?}");
        }
    }
}
