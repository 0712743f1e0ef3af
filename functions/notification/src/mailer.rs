//! The mailer that the configuration names.

use keywheel_aws::{KeptCredential, SdkConfig, SesMailer};
use keywheel_channels::mailgun::{MailgunDomain, MailgunRegion};
use keywheel_channels::smtp::{SmtpServer, SmtpTls};
use keywheel_channels::{MailgunMailer, SmtpMailer};
use keywheel_mail::ports::{Delivery, Mail, Mailer};
use keywheel_runtime::config::mailer::{self, CredentialPlace, MailerConfig};

/// One of the mailers.
pub(crate) enum AnyMailer {
    Ses(SesMailer),
    Smtp(SmtpMailer<KeptCredential>),
    Mailgun(Box<MailgunMailer<KeptCredential>>),
}

impl AnyMailer {
    pub(crate) fn new(config: &MailerConfig, sdk: &SdkConfig) -> Self {
        match config {
            MailerConfig::Ses { configuration_set } => Self::Ses(SesMailer::new(sdk, configuration_set.clone())),
            MailerConfig::Smtp { host, port, tls, credentials } => {
                let tls = match tls {
                    mailer::SmtpTls::Implicit => SmtpTls::Implicit,
                    mailer::SmtpTls::StartTls => SmtpTls::StartTls,
                };
                let server = SmtpServer { host: host.clone(), port: *port, tls };
                Self::Smtp(SmtpMailer::new(server, kept(credentials, sdk)))
            }
            MailerConfig::Mailgun { domain, region, endpoint, credentials } => {
                let region = match region {
                    mailer::MailgunRegion::Us => MailgunRegion::Us,
                    mailer::MailgunRegion::Eu => MailgunRegion::Eu,
                };
                let domain = MailgunDomain { domain: domain.clone(), region, endpoint: endpoint.clone() };
                Self::Mailgun(Box::new(MailgunMailer::new(&domain, kept(credentials, sdk))))
            }
        }
    }
}

impl AnyMailer {
    /// Whether a mail that was taken and did not arrive is told of later.
    pub(crate) fn tells_of_returns(&self) -> bool {
        matches!(self, Self::Ses(_))
    }
}

fn kept(place: &CredentialPlace, sdk: &SdkConfig) -> KeptCredential {
    match place {
        CredentialPlace::Parameter(name) => KeptCredential::parameter(sdk, name),
        CredentialPlace::Secret(name) => KeptCredential::secret(sdk, name),
    }
}

impl Mailer for AnyMailer {
    async fn send(&self, mail: &Mail<'_>) -> Delivery {
        match self {
            Self::Ses(mailer) => mailer.send(mail).await,
            Self::Smtp(mailer) => mailer.send(mail).await,
            Self::Mailgun(mailer) => mailer.send(mail).await,
        }
    }
}
