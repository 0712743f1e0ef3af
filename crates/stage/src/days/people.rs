//! The people of the stage: what they do to users, keys and secrets, with the rights of the account's root.

use anyhow::{Context, ensure};
use aws_sdk_iam::types::{StatusType, Tag};
use aws_sdk_secretsmanager::Client as SecretsClient;
use jiff::{Timestamp, ToSpan};
use keywheel_core::id::{AccountId, UserId, UserName};
use keywheel_core::observed::AWSCURRENT;
use keywheel_core::policy::tags::EXEMPT_UNTIL;
use keywheel_core::secret::{KeyPair, VersionId, secret_name};

use super::acts::Act;
use super::data::Kind;
use super::keyring::Keyring;
use crate::seed::SeededUser;
use crate::stage::Stage;

/// The prefix of the tags that people set.
const TAG_PREFIX: &str = "KeyRotation:";

/// A user of the stage, as people and hosts know it.
pub(super) struct Person<'a> {
    pub(super) stage: &'a Stage,
    pub(super) kind: &'a Kind,
    pub(super) account: AccountId,
    pub(super) name: UserName,
    /// Another one once the user was made again.
    pub(super) user_id: UserId,
    pub(super) keyring: Keyring,
}

impl<'a> Person<'a> {
    pub(super) fn new(stage: &'a Stage, kind: &'a Kind, seeded: &SeededUser) -> Self {
        let SeededUser { account, name, user_id, .. } = seeded;
        let keyring = Keyring::new(&seeded.keys);
        Self { stage, kind, account: account.clone(), name: name.clone(), user_id: user_id.clone(), keyring }
    }

    /// Does what the data file says of this day: `true` when the user's rotation is to be forced.
    pub(super) async fn act(&mut self, day: u32) -> anyhow::Result<bool> {
        self.keep_exempt(day).await?;
        let mut forced = false;
        for text in self.kind.acts.get(&day).into_iter().flatten() {
            let act = Act::read(text)?;
            forced |= act == Act::Force;
            self.perform(act).await.with_context(|| format!("day {day}: {} {text}", self.name))?;
        }
        Ok(forced)
    }

    /// A tag's date is a day of the calendar, which no ageing moves: every morning it is written so that it is as far ahead as it should be.
    async fn keep_exempt(&self, day: u32) -> anyhow::Result<()> {
        let Some(until) = self.kind.exempt_until else { return Ok(()) };
        let days_ahead = i64::from(until) - i64::from(day);
        let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let date = today.checked_add(days_ahead.days())?;
        self.tag(&format!("{TAG_PREFIX}{EXEMPT_UNTIL}"), &date.to_string()).await
    }

    async fn perform(&mut self, act: Act) -> anyhow::Result<()> {
        match act {
            Act::Force => Ok(()),
            Act::MakeKey => self.make_key().await,
            Act::SetActive(label, active) => self.set_active(&label, active).await,
            Act::DeleteKey(label) => self.delete_key(&label).await,
            Act::DeleteUser => self.delete_user().await,
            Act::MakeUser => self.make_user().await,
            Act::Exempt(exempt) => self.set_exempt(exempt).await,
            Act::Tag(name, value) => self.tag(&name, &value).await,
            Act::ChangeSecret | Act::RestorePair(_) | Act::DeleteSecret | Act::ScheduleSecret | Act::RestoreSecret => {
                self.touch_secret(act).await
            }
        }
    }

    fn iam(&self) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(&self.stage.clients.root_of(&self.account))
    }

    async fn make_key(&mut self) -> anyhow::Result<()> {
        let made = self.iam().create_access_key().user_name(self.name.as_str()).send().await?;
        let made = made.access_key().context("no key in the answer")?;
        let id = made.access_key_id().parse()?;
        self.keyring.hold(KeyPair { id, created: Timestamp::now(), secret: made.secret_access_key().into() });
        Ok(())
    }

    async fn set_active(&self, label: &str, active: bool) -> anyhow::Result<()> {
        let status = if active { StatusType::Active } else { StatusType::Inactive };
        let update = self.iam().update_access_key().user_name(self.name.as_str());
        update.access_key_id(self.keyring.id(label)?.as_str()).status(status).send().await?;
        Ok(())
    }

    async fn delete_key(&self, label: &str) -> anyhow::Result<()> {
        let delete = self.iam().delete_access_key().user_name(self.name.as_str());
        delete.access_key_id(self.keyring.id(label)?.as_str()).send().await?;
        Ok(())
    }

    async fn delete_user(&self) -> anyhow::Result<()> {
        let (iam, name) = (self.iam(), self.name.as_str());
        let listed = iam.list_access_keys().user_name(name).send().await?;
        for id in listed.access_key_metadata().iter().filter_map(|key| key.access_key_id()) {
            iam.delete_access_key().user_name(name).access_key_id(id).send().await?;
        }
        iam.delete_user().user_name(name).send().await?;
        Ok(())
    }

    async fn make_user(&mut self) -> anyhow::Result<()> {
        let made = self.iam().create_user().user_name(self.name.as_str()).send().await?;
        let user_id: UserId = made.user().context("no user in the answer")?.user_id().parse()?;
        ensure!(user_id != self.user_id, "the new user has the old one's id");
        self.user_id = user_id;
        Ok(())
    }

    async fn set_exempt(&self, exempt: bool) -> anyhow::Result<()> {
        let (iam, group) = (self.iam(), &self.stage.organization.exemption_group);
        if exempt {
            iam.add_user_to_group().group_name(group).user_name(self.name.as_str()).send().await?;
        } else {
            iam.remove_user_from_group().group_name(group).user_name(self.name.as_str()).send().await?;
        }
        Ok(())
    }

    async fn tag(&self, name: &str, value: &str) -> anyhow::Result<()> {
        let tag = Tag::builder().key(name).value(value).build()?;
        self.iam().tag_user().user_name(self.name.as_str()).tags(tag).send().await?;
        Ok(())
    }

    async fn touch_secret(&self, act: Act) -> anyhow::Result<()> {
        let client = SecretsClient::new(&self.stage.clients.root_of(&self.account));
        let name = secret_name(&self.account, &self.name);
        match act {
            Act::ChangeSecret => {
                client
                    .put_secret_value()
                    .secret_id(&name)
                    .secret_string("{\"note\":\"moved elsewhere\"}")
                    .send()
                    .await?;
            }
            Act::RestorePair(label) => self.restore_pair(&client, &name, &label).await?,
            Act::DeleteSecret => {
                client.delete_secret().secret_id(&name).force_delete_without_recovery(true).send().await?;
            }
            Act::ScheduleSecret => {
                client.delete_secret().secret_id(&name).send().await?;
            }
            _ => {
                client.restore_secret().secret_id(&name).send().await?;
            }
        }
        Ok(())
    }

    async fn restore_pair(&self, client: &SecretsClient, name: &str, label: &str) -> anyhow::Result<()> {
        let described = client.describe_secret().secret_id(name).send().await?;
        let mut versions = described.version_ids_to_stages().into_iter().flatten();
        let current = versions.find(|(_, labels)| labels.iter().any(|label| label == AWSCURRENT));
        let current = current.map(|(id, _)| id.clone()).context("the secret hands nothing out")?;
        let version = VersionId::of(&self.account, &self.user_id, &self.keyring.id(label)?);
        let stage = client.update_secret_version_stage().secret_id(name).version_stage(AWSCURRENT);
        stage.move_to_version_id(version.as_str()).remove_from_version_id(current).send().await?;
        Ok(())
    }
}
