//! IAM of one account.

mod keys;
mod report;
mod users;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use jiff::Timestamp;
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::observed::{KeyStatus, LastUsed, ObservedKey};
use keywheel_core::secret::KeyPair;
use keywheel_engine::ports::{CreateFailed, Iam, IamUser, PortError, ReportFile, UserAudit};

use crate::error::{bad_answer, port_error};
use crate::pace::Pace;
use crate::pages::Pages;

const GET_GROUP: &str = "iam:GetGroup";
/// The largest page of IAM's lists (IAM API, `MaxItems`). IAM may return fewer.
const PAGE: i32 = 1000;

/// How long one look-up goes on while IAM throttles, beyond the SDK's own attempts.
const PATIENCE: Duration = Duration::from_secs(30);

/// IAM of one account. [`UserAudit`] looks at every user on every page.
///
/// While IAM throttles, the look-ups of the account slow down together, and go on.
#[derive(Clone, Debug)]
pub struct AwsIam {
    client: Client,
    pace: Pace,
}

impl AwsIam {
    /// IAM of the account whose credentials the configuration has.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), pace: Pace::new(config, PATIENCE) }
    }
}

impl AwsIam {
    /// Look-ups that IAM throttles are given up then.
    #[must_use]
    pub(crate) fn giving_up_at(mut self, until: Timestamp) -> Self {
        self.pace = self.pace.until(until);
        self
    }
}

impl UserAudit for AwsIam {
    async fn each_user(&self, seen: impl FnMut(IamUser) + Send) -> Result<(), PortError> {
        users::each_user(self, seen).await
    }

    async fn generate_credential_report(&self) -> Result<bool, PortError> {
        report::generate(self).await
    }

    async fn credential_report(&self) -> Result<ReportFile, PortError> {
        report::get(self).await
    }
}

impl Iam for AwsIam {
    async fn user(&self, user: &UserName) -> Result<IamUser, PortError> {
        users::one_user(self, user).await
    }

    async fn access_keys(&self, user: &UserName) -> Result<Vec<ObservedKey>, PortError> {
        keys::every_key(self, user).await
    }

    async fn last_used(&self, key: &AccessKeyId) -> LastUsed {
        keys::last_used(self, key).await.unwrap_or_else(|error| LastUsed::Unknown { error: error.to_string() })
    }

    async fn group_members(&self, group: &str) -> Result<BTreeSet<UserName>, PortError> {
        let mut members = BTreeSet::new();
        let mut pages = Pages::of(GET_GROUP);
        while pages.more() {
            let page = self.pace.with(|| async {
                let request = self.client.get_group().group_name(group).max_items(PAGE).set_marker(pages.token());
                request.send().await.map_err(|error| port_error(GET_GROUP, &error))
            });
            let page = page.await?;
            pages.answered_where_truncated(page.is_truncated, page.marker)?;
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
