//! What sends the mails, and what that needs.

use super::reader::Reader;
use super::{parse, variable};

/// What sends the mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailerConfig {
    /// SES, version 2 of its API.
    Ses {
        /// The configuration set with which mails are sent; none means the identity's own.
        configuration_set: Option<String>,
    },
    /// An SMTP server.
    Smtp {
        /// Its name, which its certificate must have.
        host: String,
        /// Its port.
        port: u16,
        /// How TLS begins.
        tls: SmtpTls,
        /// Where the login is kept.
        credentials: CredentialPlace,
    },
    /// Mailgun's HTTP API.
    Mailgun {
        /// The domain that mails are sent from.
        domain: String,
        /// Its region.
        region: MailgunRegion,
        /// Another place of the API than the region's.
        endpoint: Option<String>,
        /// Where the key is kept.
        credentials: CredentialPlace,
    },
}

/// How TLS begins; there is no way without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// At once.
    Implicit,
    /// With STARTTLS.
    StartTls,
}

/// Where a domain's API is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailgunRegion {
    /// The United States.
    Us,
    /// The European Union.
    Eu,
}

/// Where credentials are kept; they themselves are never in the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialPlace {
    /// A parameter of this name in Parameter Store.
    Parameter(String),
    /// A secret of this name in Secrets Manager.
    Secret(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ses,
    Smtp,
    Mailgun,
}

/// The variables of each mailer; those of another than the chosen one must not be set.
const OWN: [(Kind, &str, &[&variable::Variable]); 3] = [
    (Kind::Ses, "ses", &[&variable::CONFIGURATION_SET]),
    (
        Kind::Smtp,
        "smtp",
        &[&variable::SMTP_HOST, &variable::SMTP_PORT, &variable::SMTP_TLS, &variable::SMTP_CREDENTIALS],
    ),
    (
        Kind::Mailgun,
        "mailgun",
        &[
            &variable::MAILGUN_DOMAIN,
            &variable::MAILGUN_REGION,
            &variable::MAILGUN_CREDENTIALS,
            &variable::MAILGUN_ENDPOINT_URL,
        ],
    ),
];

impl MailerConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let kinds = OWN.map(|(kind, name, _)| (name, kind));
        let chosen = reader.value(&variable::MAILER, parse::one_of(&kinds))?;
        for (_, name, variables) in OWN.iter().filter(|(kind, _, _)| *kind != chosen) {
            for variable in variables.iter().filter(|variable| reader.is_set(variable)).collect::<Vec<_>>() {
                let why = format!("{} is set, which is for MAILER={name} alone; leave it out", variable.name);
                reader.problem(variable, &why);
            }
        }
        match chosen {
            Kind::Ses => {
                let set = reader.optional(&variable::CONFIGURATION_SET, parse::configuration_set);
                Some(Self::Ses { configuration_set: set? })
            }
            Kind::Smtp => smtp(reader),
            Kind::Mailgun => mailgun(reader),
        }
    }
}

fn smtp(reader: &mut Reader<'_>) -> Option<MailerConfig> {
    let host = reader.needed(&variable::SMTP_HOST, parse::domain);
    let tls = [("implicit", SmtpTls::Implicit), ("starttls", SmtpTls::StartTls)];
    let tls = reader.value(&variable::SMTP_TLS, parse::one_of(&tls));
    let port = reader.optional(&variable::SMTP_PORT, parse::number(1..=65_535));
    let credentials = reader.needed(&variable::SMTP_CREDENTIALS, credential_place);
    let (tls, port) = (tls?, port?);
    // RFC 8314, section 7.3, and RFC 6409.
    let usual = if tls == SmtpTls::Implicit { 465 } else { 587 };
    let port = port.and_then(|port| u16::try_from(port).ok()).unwrap_or(usual);
    Some(MailerConfig::Smtp { host: host?, port, tls, credentials: credentials? })
}

fn mailgun(reader: &mut Reader<'_>) -> Option<MailerConfig> {
    let domain = reader.needed(&variable::MAILGUN_DOMAIN, parse::domain);
    let region = [("us", MailgunRegion::Us), ("eu", MailgunRegion::Eu)];
    let region = reader.needed(&variable::MAILGUN_REGION, parse::one_of(&region));
    let credentials = reader.needed(&variable::MAILGUN_CREDENTIALS, credential_place);
    let endpoint = reader.optional(&variable::MAILGUN_ENDPOINT_URL, endpoint);
    Some(MailerConfig::Mailgun { domain: domain?, region: region?, endpoint: endpoint?, credentials: credentials? })
}

/// `ssm:<name>` or `secretsmanager:<name>` (SSM API, `PSParameterName`; Secrets Manager API, `SecretId`).
fn credential_place(text: &str) -> Result<CredentialPlace, String> {
    let allowed = |more: &'static str| {
        move |name: &str| {
            let fits = (1..=512).contains(&name.len());
            fits && name.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        }
    };
    match text.split_once(':') {
        Some(("ssm", name)) if allowed("/_.-")(name) => Ok(CredentialPlace::Parameter(name.to_owned())),
        Some(("secretsmanager", name)) if allowed("/_+=.@-")(name) => Ok(CredentialPlace::Secret(name.to_owned())),
        _ => parse::plain(),
    }
}

/// The key goes to this place, so it has TLS, or is on this machine.
fn endpoint(text: &str) -> Result<String, String> {
    let (scheme, rest) = text.split_once("://").ok_or_else(String::new)?;
    let (host, port) = rest.rsplit_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    if port.is_some_and(|port| parse::number(1..=65_535)(port).is_err()) || parse::domain(host).is_err() {
        return parse::plain();
    }
    match scheme {
        "https" => Ok(text.to_owned()),
        "http" if matches!(host, "localhost" | "127.0.0.1") => Ok(text.to_owned()),
        "http" => Err("would send the key without TLS".to_owned()),
        _ => parse::plain(),
    }
}
