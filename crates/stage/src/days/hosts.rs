//! The hosts of the stage: they hold a key, use it, and install a new one when it is their day. Everything goes over HTTP, signed with
//! the key that they hold.

use anyhow::Context;
use aws_config::SdkConfig;
use keywheel_core::Timestamp;
use keywheel_core::id::AccessKeyId;
use keywheel_core::secret::{KeyPair, secret_name};
use serde_json::Value;

use super::data::Host;
use super::people::Person;

/// A host, and the key that it holds.
pub(super) struct RunningHost<'a> {
    host: &'a Host,
    holds: Option<AccessKeyId>,
}

/// A key that was published, and when.
pub(super) struct Publication {
    pub(super) day: u32,
    pub(super) key: AccessKeyId,
}

impl<'a> RunningHost<'a> {
    pub(super) fn new(host: &'a Host) -> Self {
        Self { host, holds: None }
    }

    /// The host's day: what happens to it. A mere use is nothing that happens.
    pub(super) async fn live(
        &mut self,
        day: u32,
        person: &mut Person<'_>,
        published: Option<&Publication>,
    ) -> anyhow::Result<Vec<String>> {
        let mut events = Vec::new();
        if !self.host.is_used_on(day) {
            return Ok(events);
        }
        let held = match &self.holds {
            Some(held) => held.clone(),
            None => person.keyring.id(&self.host.holds)?,
        };
        let new = published.filter(|new| new.key != held && self.host.installs_on(day, new.day));
        if new.is_some() {
            match install(person, &held).await {
                Ok(key) => {
                    events.push(format!("installed {}", person.keyring.label(&key)));
                    self.holds = Some(key);
                }
                Err(error) => events.push(format!("could not install: {error:#}")),
            }
        }
        let held = self.holds.clone().unwrap_or(held);
        if !is_accepted(person, &held).await? {
            events.push(format!("refused {}", person.keyring.label(&held)));
        }
        Ok(events)
    }
}

impl Host {
    pub(super) fn is_used_on(&self, day: u32) -> bool {
        let is_over = self.until.is_some_and(|until| day > until);
        !is_over && day >= self.first && (day - self.first).is_multiple_of(self.every)
    }

    fn installs_on(&self, day: u32, published: u32) -> bool {
        day >= self.installs_from && self.installs_after.is_some_and(|after| day >= published + after)
    }
}

/// Fetches the pair that the secret hands out, with the key held so far.
async fn install(person: &mut Person<'_>, held: &AccessKeyId) -> anyhow::Result<AccessKeyId> {
    let client = aws_sdk_secretsmanager::Client::new(&signed_with(person, held)?);
    let read = client.get_secret_value().secret_id(secret_name(&person.account, &person.name)).send().await;
    let read = read.map_err(aws_sdk_secretsmanager::Error::from)?;
    let value: Value = serde_json::from_str(read.secret_string().unwrap_or_default())?;
    let text = |name: &str| value[name].as_str().with_context(|| format!("the secret has no {name}"));
    let (id, secret): (AccessKeyId, _) = (text("AccessKeyId")?.parse()?, text("SecretAccessKey")?);
    person.keyring.hold(KeyPair { id: id.clone(), created: Timestamp::now(), secret: secret.into() });
    Ok(id)
}

/// Uses the key; whether AWS accepts it.
async fn is_accepted(person: &Person<'_>, held: &AccessKeyId) -> anyhow::Result<bool> {
    let sts = aws_sdk_sts::Client::new(&signed_with(person, held)?);
    let called = sts.get_caller_identity().send().await;
    Ok(called.is_ok())
}

fn signed_with(person: &Person<'_>, held: &AccessKeyId) -> anyhow::Result<SdkConfig> {
    Ok(person.stage.clients.with(person.keyring.credentials(held)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(json: serde_json::Value) -> Host {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_host_is_used_every_so_many_days_between_its_first_and_last() {
        let weekly = host(serde_json::json!({ "holds": "first", "every": 7, "first": 2, "until": 20 }));
        let days: Vec<u32> = (1..=45).filter(|day| weekly.is_used_on(*day)).collect();
        assert_eq!(days, [2, 9, 16]);
    }

    #[test]
    fn a_host_installs_so_many_days_after_a_publication_or_never() {
        let late = host(serde_json::json!({ "holds": "first", "every": 1, "installs_after": 8, "installs_from": 15 }));
        assert!(!late.installs_on(14, 1) && late.installs_on(15, 1) && !late.installs_on(15, 8));
        assert!(!host(serde_json::json!({ "holds": "first", "every": 1 })).installs_on(45, 1));
    }
}
