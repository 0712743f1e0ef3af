//! IAM, as the engine sees it.

use std::collections::BTreeSet;

use keywheel_core::Timestamp;
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::observed::{KeyStatus, LastUsed, ObservedKey, ObservedUser};
use keywheel_core::policy::ExemptionGroup;
use keywheel_core::secret::KeyPair;
use keywheel_engine::ports::{CreateFailed, ErrorKind, Iam, IamUser, PortError, ReportFile, UserAudit};
use secrecy::SecretString;

use crate::copy::{CopiedUser, Copy, no_such, refused};

/// Access keys per user (IAM user guide, "IAM and AWS STS quotas").
const QUOTA: usize = 2;

fn listed(user: &CopiedUser) -> IamUser {
    let seen = &user.seen;
    let ObservedUser { name, user_id, arn, tags, quarantine, .. } = seen.clone();
    IamUser { name, user_id, arn, tags, quarantine }
}

impl UserAudit for Copy {
    async fn each_user(&self, seen: impl FnMut(IamUser) + Send) -> Result<(), PortError> {
        let users: Vec<_> = self.state().users.values().map(listed).collect();
        users.into_iter().for_each(seen);
        Ok(())
    }

    /// Every night is a sweep, which needs no report.
    async fn generate_credential_report(&self) -> Result<bool, PortError> {
        Ok(false)
    }

    async fn credential_report(&self) -> Result<ReportFile, PortError> {
        Ok(ReportFile::Missing)
    }
}

impl Iam for Copy {
    async fn user(&self, user: &UserName) -> Result<IamUser, PortError> {
        self.state().user("iam:GetUser", user).map(listed)
    }

    async fn access_keys(&self, user: &UserName) -> Result<Vec<ObservedKey>, PortError> {
        let state = self.state();
        if let Some(error) = state.unseen.get(user) {
            return Err(refused("iam:ListAccessKeys", ErrorKind::Denied, error.clone()));
        }
        let found = state.user("iam:ListAccessKeys", user)?;
        let last_used = LastUsed::Unknown { error: "not looked up".to_owned() };
        Ok(found.seen.keys.iter().map(|key| ObservedKey { last_used: last_used.clone(), ..key.clone() }).collect())
    }

    async fn last_used(&self, key: &AccessKeyId) -> LastUsed {
        let gone = || LastUsed::Unknown { error: "the key is gone".to_owned() };
        self.state().key(key).map_or_else(gone, |key| key.last_used.clone())
    }

    async fn group_members(&self, group: &str) -> Result<BTreeSet<UserName>, PortError> {
        match &self.state().exemptions {
            ExemptionGroup::Members(members) => Ok(members.clone()),
            ExemptionGroup::NotConfigured => Err(no_such("iam:GetGroup", group)),
            ExemptionGroup::Unknown { error } => Err(refused("iam:GetGroup", ErrorKind::Denied, error.clone())),
        }
    }

    async fn create_access_key(&self, user: &UserName) -> Result<KeyPair, CreateFailed> {
        let mut state = self.state();
        let found = state.user("iam:CreateAccessKey", user).map_err(CreateFailed::Refused)?;
        if found.seen.keys.len() >= QUOTA {
            let text = "Cannot exceed quota for AccessKeysPerUser: 2".to_owned();
            return Err(CreateFailed::Refused(refused("iam:CreateAccessKey", ErrorKind::Conflict, text)));
        }
        let id: Result<AccessKeyId, _> = format!("FORECAST{:012}", state.made.len() + 1).parse();
        let id = id.map_err(|error| {
            CreateFailed::Refused(refused("iam:CreateAccessKey", ErrorKind::Invalid, error.to_string()))
        })?;
        state.take_time();
        // IAM's dates are whole seconds, cut off.
        let created = Timestamp::from_second(state.now.as_second()).unwrap_or(state.now);
        let (status, last_used) = (KeyStatus::Active, LastUsed::Never);
        state.add_key(user, ObservedKey { id: id.clone(), status, created, last_used });
        Ok(KeyPair { id, created, secret: SecretString::from("") })
    }

    async fn update_access_key(&self, user: &UserName, key: &AccessKeyId, status: KeyStatus) -> Result<(), PortError> {
        let mut state = self.state();
        state.take_time();
        let found = state.user_mut("iam:UpdateAccessKey", user)?;
        let found = found.seen.keys.iter_mut().find(|found| found.id == *key);
        found.ok_or_else(|| no_such("iam:UpdateAccessKey", key.as_str()))?.status = status;
        Ok(())
    }

    async fn delete_access_key(&self, user: &UserName, key: &AccessKeyId) -> Result<(), PortError> {
        let mut state = self.state();
        state.take_time();
        let keys = &mut state.user_mut("iam:DeleteAccessKey", user)?.seen.keys;
        let place = keys.iter().position(|found| found.id == *key);
        keys.remove(place.ok_or_else(|| no_such("iam:DeleteAccessKey", key.as_str()))?);
        Ok(())
    }
}
