use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::Acknowledgements;
use keywheel_core::id::{AccessKeyId, UserId, UserName};
use keywheel_core::observed::{KeyStatus, LastUsed, ObservedKey, ObservedSecret, ObservedUser};
use keywheel_core::secret::KeyPair;

use super::PortError;

/// A user as IAM lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IamUser {
    /// The user's name.
    pub name: UserName,
    /// The user's id.
    pub user_id: UserId,
    /// The user's ARN, with its path.
    pub arn: String,
    /// The user's tags.
    pub tags: BTreeMap<String, String>,
    /// The managed policy with which AWS quarantined the user, where the list of users shows it; [`Iam::user`] cannot tell.
    pub quarantine: Option<String>,
}

/// What IAM answers that is asked for the account's credential report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportFile {
    /// The report.
    Ready {
        /// When IAM made it.
        generated: Timestamp,
        /// Its text, as [`keywheel_core::credential_report`] reads it.
        text: Vec<u8>,
    },
    /// IAM is making it.
    InProgress,
    /// There is none, or an expired one.
    Missing,
}

/// Lists an account's users, in bulk.
pub trait UserAudit: Send + Sync {
    /// Hands every user of the account to `seen`, on every page, with tags, page by page.
    ///
    /// # Errors
    /// Fails as a whole: half a list would look like a whole one.
    fn each_user(&self, seen: impl FnMut(IamUser) + Send) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Asks IAM to make the credential report, unless it has one of the last four hours; says whether it is ready.
    fn generate_credential_report(&self) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// The credential report.
    fn credential_report(&self) -> impl Future<Output = Result<ReportFile, PortError>> + Send;

    /// Every user of the account, as [`UserAudit::each_user`] hands them out.
    ///
    /// # Errors
    /// As that.
    fn users(&self) -> impl Future<Output = Result<Vec<IamUser>, PortError>> + Send {
        async {
            let mut users = Vec::new();
            self.each_user(|user| users.push(user)).await?;
            Ok(users)
        }
    }
}

/// IAM of one account.
pub trait Iam: UserAudit {
    /// The user as it is now, with tags.
    fn user(&self, user: &UserName) -> impl Future<Output = Result<IamUser, PortError>> + Send;

    /// The user's keys, from every page, each with an unknown last use.
    fn access_keys(&self, user: &UserName) -> impl Future<Output = Result<Vec<ObservedKey>, PortError>> + Send;

    /// When the key was last used. A failed look-up is a value, not an error: it counts as "in use".
    fn last_used(&self, key: &AccessKeyId) -> impl Future<Output = LastUsed> + Send;

    /// The members of a group, from every page.
    fn group_members(&self, group: &str) -> impl Future<Output = Result<BTreeSet<UserName>, PortError>> + Send;

    /// Makes a key. Sent once: a repeated CreateAccessKey makes a second key.
    fn create_access_key(&self, user: &UserName) -> impl Future<Output = Result<KeyPair, CreateFailed>> + Send;

    /// Makes a key active or inactive.
    fn update_access_key(
        &self,
        user: &UserName,
        key: &AccessKeyId,
        status: KeyStatus,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Deletes a key.
    fn delete_access_key(
        &self,
        user: &UserName,
        key: &AccessKeyId,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// A CreateAccessKey that brought no pair.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateFailed {
    /// AWS refused: no key was made.
    #[error("{0}")]
    Refused(PortError),
    /// No answer came that says so: a key may have been made.
    #[error("{0}; a key may have been made, which the next run finds and makes inactive")]
    Unanswered(PortError),
}

/// The id of the user is part of every decision: a re-created user is another one.
impl IamUser {
    /// Whether this is the user that was planned for.
    #[must_use]
    pub fn is(&self, user_id: &UserId) -> bool {
        self.user_id == *user_id
    }

    /// The user, of whom nothing else was looked at.
    #[must_use]
    pub fn without_keys(self) -> ObservedUser {
        let Self { name, user_id, arn, tags, quarantine } = self;
        let (secret, acknowledgements) = (ObservedSecret::NotLookedAt, Acknowledgements::NotLookedAt);
        ObservedUser { name, user_id, arn, tags, quarantine, keys: Vec::new(), secret, acknowledgements }
    }
}
