//! What people do on the stage to those users to whom anything may be done, with the rights of the account's root.

use anyhow::Context;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_iam::types::{StatusType, Tag};
use aws_sdk_secretsmanager::Client as SecretsClient;
use keywheel_core::id::{AccountId, UserName};
use keywheel_core::secret::secret_name;

use crate::stage::Stage;

/// Whose hosts take every new key, and to whom people do nothing.
pub(super) const STEADY: [&str; 3] = ["steady-0", "steady-1", "steady-2"];
/// A user with two keys in use.
pub(super) const TWO_KEYS: &str = "two-keys";
/// Users whose keys nobody may touch.
pub(super) const LEFT_ALONE: [&str; 3] = ["exempt", TWO_KEYS, "excluded"];
/// Users to whom anything may be done.
pub(super) const OTHERS: [&str; 3] = ["other-0", "other-1", "other-2"];

/// Somebody does something to one of the account's other users: what it was.
///
/// # Errors
/// When AWS refuses it.
pub(super) async fn act(
    stage: &Stage,
    account: &AccountId,
    random: &mut fastrand::Rng,
) -> anyhow::Result<Option<String>> {
    let user: UserName = OTHERS[random.usize(..OTHERS.len())].parse()?;
    let deed = Deed { stage, account, user, iam: IamClient::new(&stage.clients.root_of(account)) };
    let what = deed.perform(random.u32(..12), random.bool()).await?;
    Ok(what.map(|what| format!("{} of {account}: {what}", deed.user)))
}

struct Deed<'a> {
    stage: &'a Stage,
    account: &'a AccountId,
    user: UserName,
    iam: IamClient,
}

impl Deed<'_> {
    async fn perform(&self, kind: u32, last: bool) -> anyhow::Result<Option<&'static str>> {
        let user = self.user.as_str();
        let Ok(listed) = self.iam.list_access_keys().user_name(user).send().await else {
            self.iam.create_user().user_name(user).send().await?;
            self.iam.create_access_key().user_name(user).send().await?;
            return Ok(Some("made again"));
        };
        let keys: Vec<_> = listed.access_key_metadata().iter().filter_map(|key| key.access_key_id()).collect();
        let key = if last { keys.last() } else { keys.first() };
        let what = match (kind, key) {
            (0 | 1, _) if keys.len() < 2 => {
                self.iam.create_access_key().user_name(user).send().await?;
                "a key made"
            }
            (2 | 3, Some(key)) => self.set_active(key, false).await?,
            (4 | 5, Some(key)) => self.set_active(key, true).await?,
            (6, Some(key)) => {
                self.iam.delete_access_key().user_name(user).access_key_id(*key).send().await?;
                "a key deleted"
            }
            (7, _) => self.tag("ROTATE_AFTER_DAYS", "20").await?,
            (8, _) => self.tag("DEACTIVATE_AFTER_DAYS", "some day").await?,
            (9, _) => self.set_exempt(last).await?,
            (10, _) => return self.delete_secret().await,
            (11, _) => self.delete_user(&keys).await?,
            _ => return Ok(None),
        };
        Ok(Some(what))
    }

    async fn set_active(&self, key: &str, active: bool) -> anyhow::Result<&'static str> {
        let status = if active { StatusType::Active } else { StatusType::Inactive };
        self.iam.update_access_key().user_name(self.user.as_str()).access_key_id(key).status(status).send().await?;
        Ok(if active { "a key made active" } else { "a key made inactive" })
    }

    async fn tag(&self, name: &str, value: &str) -> anyhow::Result<&'static str> {
        let tag = Tag::builder().key(format!("KeyRotation:{name}")).value(value).build()?;
        self.iam.tag_user().user_name(self.user.as_str()).tags(tag).send().await?;
        Ok("tagged")
    }

    async fn set_exempt(&self, exempt: bool) -> anyhow::Result<&'static str> {
        let (group, user) = (&self.stage.organization.exemption_group, self.user.as_str());
        if exempt {
            self.iam.add_user_to_group().group_name(group).user_name(user).send().await?;
            return Ok("into the exemption group");
        }
        // Whoever is not in the group need not be taken out of it.
        let _ = self.iam.remove_user_from_group().group_name(group).user_name(user).send().await;
        Ok("out of the exemption group")
    }

    async fn delete_secret(&self) -> anyhow::Result<Option<&'static str>> {
        let client = SecretsClient::new(&self.stage.clients.root_of(self.account));
        let name = secret_name(self.account, &self.user);
        let deleted = client.delete_secret().secret_id(name).force_delete_without_recovery(true).send().await;
        Ok(deleted.is_ok().then_some("the secret deleted"))
    }

    async fn delete_user(&self, keys: &[&str]) -> anyhow::Result<&'static str> {
        self.set_exempt(false).await?;
        for key in keys {
            self.iam.delete_access_key().user_name(self.user.as_str()).access_key_id(*key).send().await?;
        }
        self.iam.delete_user().user_name(self.user.as_str()).send().await.context("the user stays")?;
        Ok("deleted")
    }
}
