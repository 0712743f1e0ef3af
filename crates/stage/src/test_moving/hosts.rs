//! Hosts outside AWS, as the other rotators left them: each has a key in its credentials file, uses it every day, and follows a secret or a
//! parameter, or nothing. Everything goes over HTTP, signed with the key in the file.

use anyhow::{Context, bail};
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use keywheel_core::secret::KeyPair;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::clients::Clients;

const ID: &str = "aws_access_key_id = ";
const HALF: &str = "aws_secret_access_key = ";

/// Where a host looks for a new key each day.
#[derive(Clone, Debug)]
pub(super) enum Follows {
    /// Nowhere: a person puts it in.
    Nothing,
    /// A secret, which may not be there yet, and the fields of its value.
    Secret { name: String, id: &'static str, half: &'static str },
    /// A parameter, by the script of AWS-AccessKey-Rotation.
    Parameter { name: &'static str, decrypts: bool },
}

/// A host.
pub(super) struct Host {
    pub(super) name: &'static str,
    /// The user whose key it has.
    pub(super) user: &'static str,
    follows: Follows,
    /// Its `~/.aws/credentials`.
    file: String,
    /// Whether it could ever read its secret: one that is not there yet is denied as well.
    has_read: bool,
}

impl Host {
    pub(super) fn new(name: &'static str, user: &'static str, key: &KeyPair, follows: Follows) -> Self {
        let mut host = Self { name, user, follows, file: String::new(), has_read: false };
        host.put_in(key.id.as_str(), key.secret.expose_secret());
        host
    }

    /// Looks somewhere else from now on.
    pub(super) fn now_follows(&mut self, follows: Follows) {
        (self.follows, self.has_read) = (follows, false);
    }

    /// Puts a pair into the file, as a person does.
    pub(super) fn put_in(&mut self, id: &str, half: &str) {
        self.file = format!("[default]\n{ID}{id}\n{HALF}{half}\n");
    }

    /// Takes over what another program wrote into the file.
    pub(super) fn take(&mut self, file: String) {
        self.file = file;
    }

    /// What is in the file.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// The id of the key in the file.
    pub(super) fn key(&self) -> &str {
        self.line(ID)
    }

    fn line(&self, title: &str) -> &str {
        self.file.lines().find_map(|line| line.strip_prefix(title)).unwrap_or_default()
    }

    /// Signed with the key in the file.
    pub(super) fn signed_in(&self, clients: &Clients) -> SdkConfig {
        clients.with(Credentials::new(self.key(), self.line(HALF), None, None, "host"))
    }

    /// The host's day: it works, looks for a new key, and works with what it has then.
    ///
    /// # Errors
    /// When AWS refuses the key, or what the host follows cannot be read.
    pub(super) async fn day(&mut self, clients: &Clients) -> anyhow::Result<()> {
        self.work(clients).await?;
        self.follow(clients).await?;
        self.work(clients).await
    }

    /// Uses the key.
    ///
    /// # Errors
    /// When AWS refuses it.
    pub(super) async fn work(&self, clients: &Clients) -> anyhow::Result<()> {
        let called = aws_sdk_sts::Client::new(&self.signed_in(clients)).get_caller_identity().send().await;
        called.map(drop).with_context(|| format!("{} of {}: AWS refuses {}", self.name, self.user, self.key()))
    }

    async fn follow(&mut self, clients: &Clients) -> anyhow::Result<()> {
        match self.follows.clone() {
            Follows::Nothing => Ok(()),
            Follows::Secret { name, id, half } => self.follow_secret(clients, &name, [id, half]).await,
            Follows::Parameter { name, decrypts } => self.follow_parameter(clients, name, decrypts).await,
        }
    }

    async fn follow_secret(&mut self, clients: &Clients, name: &str, fields: [&str; 2]) -> anyhow::Result<()> {
        let client = aws_sdk_secretsmanager::Client::new(&self.signed_in(clients));
        let read = match client.get_secret_value().secret_id(name).send().await {
            Err(_) if !self.has_read => return Ok(()),
            read => read.with_context(|| format!("{} of {}: {name} cannot be read", self.name, self.user))?,
        };
        self.has_read = true;
        let value: Value = serde_json::from_str(read.secret_string().unwrap_or_default())?;
        let [id, half] = fields.map(|field| value[field].as_str().map(str::to_owned));
        self.put_in(&id.context("the secret has no id")?, &half.context("the secret has no secret half")?);
        Ok(())
    }

    async fn follow_parameter(&mut self, clients: &Clients, name: &str, decrypts: bool) -> anyhow::Result<()> {
        let client = aws_sdk_ssm::Client::new(&self.signed_in(clients));
        let read = client.get_parameter().name(name).with_decryption(decrypts).send().await;
        let read = read.with_context(|| format!("{} of {}: {name} cannot be read", self.name, self.user))?;
        let value = read.parameter.and_then(|parameter| parameter.value).context("a parameter without a value")?;
        self.file = script(&self.file, &value)?;
        Ok(())
    }
}

/// What `param-update.sh` makes of a file: where it does not have the pair of `NEW`, that of `OLD` becomes it.
fn script(file: &str, value: &str) -> anyhow::Result<String> {
    let lines: Vec<_> = value.lines().collect();
    let pair = |title: &str| {
        let at = lines.iter().position(|line| *line == title)?;
        Some((lines.get(at + 1)?.strip_prefix(ID)?, lines.get(at + 2)?.strip_prefix(HALF)?))
    };
    let Some(new) = pair("NEW") else { bail!("the parameter has no NEW") };
    match pair("OLD") {
        Some(old) if !file.contains(new.0) => Ok(file.replace(old.0, new.0).replace(old.1, new.1)),
        _ => Ok(file.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_puts_new_in_the_place_of_old_and_touches_no_other_key() {
        let pair = |id: &str, half: &str| format!("{ID}{id}\n{HALF}{half}");
        let value = format!("NEW\n{}\nOLD\n{}", pair("AKIANEW", "n/+"), pair("AKIAOLD", "o"));
        assert_eq!(script(&pair("AKIAOLD", "o"), &value).unwrap(), pair("AKIANEW", "n/+"));
        assert_eq!(script(&pair("AKIANEW", "n/+"), &value).unwrap(), pair("AKIANEW", "n/+"));
        assert_eq!(script(&pair("AKIAELSE", "e"), &value).unwrap(), pair("AKIAELSE", "e"));
        assert!(script("", "neither").is_err());
    }
}
