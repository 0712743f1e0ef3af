//! IAM of one account.

mod keys;
mod users;

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::observed::{KeyStatus, LastUsed, ObservedKey};
use keywheel_core::secret::KeyPair;
use keywheel_engine::ports::{CreateFailed, Iam, IamUser, PortError, UserAudit};

use crate::error::{bad_answer, port_error};
use crate::pages::Pages;

const GET_GROUP: &str = "iam:GetGroup";
/// The largest page of IAM's lists (IAM API, `MaxItems`). IAM may return fewer.
const PAGE: i32 = 1000;

/// IAM of one account. [`UserAudit`] looks at every user on every page.
#[derive(Clone, Debug)]
pub struct AwsIam {
    client: Client,
}

impl AwsIam {
    /// IAM of the account whose credentials the configuration has.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

impl UserAudit for AwsIam {
    async fn users(&self) -> Result<Vec<IamUser>, PortError> {
        users::every_user(&self.client).await
    }
}

impl Iam for AwsIam {
    async fn user(&self, user: &UserName) -> Result<IamUser, PortError> {
        users::one_user(&self.client, user).await
    }

    async fn access_keys(&self, user: &UserName) -> Result<Vec<ObservedKey>, PortError> {
        keys::every_key(&self.client, user).await
    }

    async fn last_used(&self, key: &AccessKeyId) -> LastUsed {
        keys::last_used(&self.client, key).await.unwrap_or_else(|error| LastUsed::Unknown { error: error.to_string() })
    }

    async fn group_members(&self, group: &str) -> Result<BTreeSet<UserName>, PortError> {
        let mut members = BTreeSet::new();
        let mut pages = Pages::of(GET_GROUP);
        while pages.more() {
            let request = self.client.get_group().group_name(group).max_items(PAGE).set_marker(pages.token());
            let page = request.send().await.map_err(|error| port_error(GET_GROUP, &error))?;
            pages.answered_by_iam(page.is_truncated, page.marker)?;
            for user in page.users {
                members.insert(user.user_name.parse().map_err(|error| bad_answer(GET_GROUP, error))?);
            }
        }
        Ok(members)
    }

    async fn create_access_key(&self, user: &UserName) -> Result<KeyPair, CreateFailed> {
        keys::create(&self.client, user).await
    }

    async fn update_access_key(&self, user: &UserName, key: &AccessKeyId, status: KeyStatus) -> Result<(), PortError> {
        keys::update(&self.client, user, key, status).await
    }

    async fn delete_access_key(&self, user: &UserName, key: &AccessKeyId) -> Result<(), PortError> {
        keys::delete(&self.client, user, key).await
    }
}
