//! One user with its tags, groups and keys.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_iam::types::{StatusType, Tag};
use jiff::Timestamp;
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::secret::KeyPair;

use super::SeededUser;
use crate::admin::Admin;
use crate::case::{Case, Key, days_before};
use crate::clients::Clients;
use crate::organization::{Account, Organization, User};

/// One user to be made.
pub(super) struct UserJob<'a> {
    pub(super) organization: &'a Organization,
    pub(super) account: &'a Account,
    pub(super) user: &'a User,
    pub(super) case: &'a Case,
    pub(super) name: UserName,
    pub(super) at: Timestamp,
}

impl UserJob<'_> {
    pub(super) async fn make(&self, clients: &Clients, admin: &Admin) -> anyhow::Result<SeededUser> {
        let iam = aws_sdk_iam::Client::new(&clients.root_of(&self.account.id));
        self.make_in(&iam, admin).await.with_context(|| format!("user {} of account {}", self.name, self.account.id))
    }

    async fn make_in(&self, iam: &aws_sdk_iam::Client, admin: &Admin) -> anyhow::Result<SeededUser> {
        let tags = self.tags();
        let of_iam = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
        let made = iam
            .create_user()
            .user_name(self.name.as_str())
            .path(&self.user.path)
            .set_tags(Some(tags.iter().map(of_iam).collect::<Result<_, _>>()?))
            .send()
            .await?;
        let made = made.user().context("no user in the answer")?;
        self.belongings(iam).await?;
        let mut keys = BTreeMap::new();
        for (label, key) in &self.case.keys {
            keys.insert(label.clone(), self.key(iam, admin, key, keys.len()).await?);
        }
        let oldest = self.case.keys.values().map(|key| key.age).fold(0.0, f64::max);
        admin.set_user_created(&self.account.id, self.name.as_str(), days_before(self.at, oldest + 10.0)).await?;
        Ok(SeededUser {
            account: self.account.id.clone(),
            name: self.name.clone(),
            user_id: made.user_id().parse()?,
            arn: made.arn().to_owned(),
            case: self.user.case.clone(),
            tags,
            keys,
        })
    }

    fn tags(&self) -> BTreeMap<String, String> {
        let dated = |value: &String| {
            ["-1", "+30"].iter().fold(value.clone(), |text, days| {
                let moment = days_before(self.at, -days.parse::<f64>().unwrap_or_default());
                text.replace(&format!("{{today{days}}}"), &moment.strftime("%Y-%m-%d").to_string())
            })
        };
        self.case.tags.iter().chain(&self.user.tags).map(|(key, value)| (key.clone(), dated(value))).collect()
    }

    async fn belongings(&self, iam: &aws_sdk_iam::Client) -> anyhow::Result<()> {
        let name = self.name.as_str();
        if self.case.exempt {
            iam.add_user_to_group().group_name(&self.organization.exemption_group).user_name(name).send().await?;
        }
        if self.case.console {
            iam.create_login_profile().user_name(name).password("Not-a-real-0ne!").send().await?;
        }
        Ok(())
    }

    /// Makes a key with its dates. From the third on it is made by a helper and given to the user, as the quota allows two.
    async fn key(&self, iam: &aws_sdk_iam::Client, admin: &Admin, key: &Key, has: usize) -> anyhow::Result<KeyPair> {
        let helper = format!("{}-helper", self.name);
        let maker = if has < 2 { self.name.as_str() } else { &helper };
        if has >= 2 {
            iam.create_user().user_name(&helper).send().await?;
        }
        let made = iam.create_access_key().user_name(maker).send().await?;
        let made = made.access_key().context("no key in the answer")?;
        let id: AccessKeyId = made.access_key_id().parse()?;
        if has >= 2 {
            admin.give_key(&self.account.id, &id, self.name.as_str()).await?;
            iam.delete_user().user_name(&helper).send().await?;
        }
        if key.inactive {
            let update = iam.update_access_key().user_name(self.name.as_str()).access_key_id(id.as_str());
            update.status(StatusType::Inactive).send().await?;
        }
        let created = days_before(self.at, key.age);
        admin.set_key_created(&self.account.id, &id, created).await?;
        if let Some(days) = key.used {
            admin.set_last_use(&id, days_before(self.at, days), "s3").await?;
        }
        Ok(KeyPair { id, created, secret: made.secret_access_key().into() })
    }
}
