//! Sends mail through an SMTP server, over TLS and with a login (RFC 8314: implicit TLS; RFC 3207: STARTTLS).

mod connection;
mod message;
mod refusal;

use std::fmt;
use std::time::Duration;

use keywheel_mail::ports::{Delivery, Mail, Mailer};
use lettre::Message;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::credential::{Credential, CredentialStore};
use crate::repeat::{Try, repeat};
use message::message;
use refusal::{before_the_mail, of_the_mail};

/// How long one try may take, from the connection to the end. A server may scan a mail for minutes before it takes it, and what it took
/// after we hung up comes twice (RFC 5321, section 4.5.3.2.6: ten minutes, of which the function's time allows this).
const WHOLE: Duration = Duration::from_mins(5);
/// How long a server may take to say goodbye; the mail is taken by then.
const GOODBYE: Duration = Duration::from_secs(2);

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
        let handed_over = tokio::time::timeout(WHOLE, self.hand_over(message, &login, domain)).await;
        let ended = match handed_over {
            Ok(Ok(())) => Try::Over(Delivery::Sent { message_id: message_id.to_owned() }),
            Ok(Err(ended)) => ended,
            Err(_) => Try::Over(Delivery::Deferred { why: format!("{}: no answer in time", self.server) }),
        };
        if matches!(ended, Try::Refused(_)) {
            self.login.forget(&login).await;
        }
        ended
    }

    async fn hand_over(&self, message: &Message, login: &Login, domain: &str) -> Result<(), Try> {
        let mut connection = connection::open(&self.server, &ClientId::Domain(domain.to_owned())).await?;
        let credentials = Credentials::new(login.username.clone(), login.password.expose_secret().to_owned());
        let logged_in = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
        logged_in.map_err(|error| before_the_mail(&self.server, &error))?;
        let taken = connection.send(message.envelope(), &message.formatted()).await;
        taken.map_err(|error| of_the_mail(&self.server, &error))?;
        // Whatever becomes of that.
        let _ = tokio::time::timeout(GOODBYE, connection.abort()).await;
        Ok(())
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

#[cfg(test)]
mod tests;
