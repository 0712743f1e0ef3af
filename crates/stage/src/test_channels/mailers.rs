//! notification under several names, each with a mailer of its own, and where their credentials are kept.

use aws_sdk_secretsmanager::Client as SecretsClient;
use aws_sdk_ssm::Client as ParameterClient;
use aws_sdk_ssm::types::ParameterType;
use serde_json::json;

use super::servers::Servers;
use crate::functions::{NOTIFICATION, Variables};
use crate::policies::{MAILGUN_SECRET, SMTP_PARAMETER, TOPIC};
use crate::stage::Stage;

/// Where answers go.
pub(super) const REPLY_TO: &str = "team@example.com";
/// A topic that the role may tell nothing.
pub(super) const OTHER_TOPIC: &str = "keywheel-other";
pub(super) const IMPLICIT: &str = "mails-implicit";
pub(super) const STARTTLS: &str = "mails-starttls";
pub(super) const PLAIN: &str = "mails-plain";
pub(super) const STRANGER: &str = "mails-stranger";
pub(super) const DENIED: &str = "mails-denied";
pub(super) const MAILGUN: &str = "mails-mailgun";
pub(super) const WITH_TOPIC: &str = "mails-topic";
pub(super) const WITH_OTHER_TOPIC: &str = "mails-other-topic";

/// The credentials of the mailers.
pub(super) struct Mailers {
    parameters: ParameterClient,
    secrets: SecretsClient,
}

impl Mailers {
    /// Keeps credentials, tells the servers of them, and installs a function per mailer.
    pub(super) async fn install(stage: &Stage, servers: &Servers) -> anyhow::Result<Self> {
        let hub = stage.clients.root_of(stage.organization.hub());
        let mailers = Self { parameters: ParameterClient::new(&hub), secrets: SecretsClient::new(&hub) };
        mailers.secrets.create_secret().name(MAILGUN_SECRET).secret_string("{}").send().await?;
        mailers.keep_login("first-password").await?;
        mailers.keep_key("first-api-key").await?;
        servers.expect(json!({ "password": "first-password", "api_key": "first-api-key" })).await?;
        for (name, settings) in settings(stage, servers) {
            let mut variables = stage.functions.variables(NOTIFICATION);
            variables.extend(settings);
            stage.functions.create(name, NOTIFICATION, variables).await?;
        }
        Ok(mailers)
    }

    /// Keeps another login.
    pub(super) async fn keep_login(&self, password: &str) -> anyhow::Result<()> {
        let login = json!({ "username": "keywheel", "password": password }).to_string();
        let put = self.parameters.put_parameter().name(format!("/{SMTP_PARAMETER}")).value(login).overwrite(true);
        put.r#type(ParameterType::SecureString).send().await?;
        Ok(())
    }

    /// Keeps another key of Mailgun.
    pub(super) async fn keep_key(&self, key: &str) -> anyhow::Result<()> {
        let key = json!({ "api_key": key }).to_string();
        self.secrets.put_secret_value().secret_id(MAILGUN_SECRET).secret_string(key).send().await?;
        Ok(())
    }
}

fn settings(stage: &Stage, servers: &Servers) -> Vec<(&'static str, Variables)> {
    let (at, hub) = (&servers.at, stage.organization.hub());
    let login = format!("ssm:/{SMTP_PARAMETER}");
    let smtp = |port: u16, tls: &str, login: &str| {
        of(&[
            ("MAILER", "smtp"),
            ("SMTP_HOST", "localhost"),
            ("SMTP_PORT", &port.to_string()),
            ("SMTP_TLS", tls),
            ("SMTP_CREDENTIALS", login),
            ("SSL_CERT_FILE", &at.authority),
            ("REPLY_TO", REPLY_TO),
        ])
    };
    let mailgun = of(&[
        ("MAILER", "mailgun"),
        ("MAILGUN_DOMAIN", "mg.example.com"),
        ("MAILGUN_REGION", "eu"),
        ("MAILGUN_CREDENTIALS", &format!("secretsmanager:{MAILGUN_SECRET}")),
        ("MAILGUN_ENDPOINT_URL", &at.mailgun),
        ("SSL_CERT_FILE", &at.authority),
        ("REPLY_TO", REPLY_TO),
    ]);
    let topic = |name: &str| of(&[("SNS_TOPIC_ARN", &format!("arn:aws:sns:{}:{hub}:{name}", crate::clients::REGION))]);
    vec![
        (IMPLICIT, smtp(at.implicit, "implicit", &login)),
        (STARTTLS, smtp(at.starttls, "starttls", &login)),
        (PLAIN, smtp(at.plain, "starttls", &login)),
        (STRANGER, smtp(at.stranger, "implicit", &login)),
        (DENIED, smtp(at.implicit, "implicit", "secretsmanager:somebody-elses")),
        (MAILGUN, mailgun),
        (WITH_TOPIC, topic(TOPIC)),
        (WITH_OTHER_TOPIC, topic(OTHER_TOPIC)),
    ]
}

fn of(settings: &[(&str, &str)]) -> Variables {
    settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
