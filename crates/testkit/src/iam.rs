//! IAM, as the engine sees it.

use std::collections::BTreeSet;

use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::observed::{KeyStatus, LastUsed, ObservedKey};
use keywheel_core::secret::KeyPair;
use keywheel_core::time::plus;
use keywheel_engine::ports::{CreateFailed, ErrorKind, Iam, IamUser, PortError, ReportFile, UserAudit};

use crate::account::Account;
use crate::call::{Operation, error};
use crate::history::Who;
use crate::user::{Key, User};
use crate::world::World;

/// Access keys per user (IAM user guide, "IAM and AWS STS quotas").
const QUOTA: usize = 2;

fn no_such_entity(operation: Operation, what: impl std::fmt::Display) -> PortError {
    error(operation, ErrorKind::NotFound, &format!("NoSuchEntity: {what} cannot be found"))
}

impl Account {
    fn found(&self, operation: Operation, user: &UserName) -> Result<&User, PortError> {
        self.users.get(user).ok_or_else(|| no_such_entity(operation, format_args!("user {user}")))
    }

    fn known(&self, operation: Operation, user: &UserName, key: &AccessKeyId) -> Result<&Key, PortError> {
        let is_known = |key: &&Key| plus(key.created, self.behaviour.known_after) <= self.now;
        let known = self.found(operation, user)?.key(key).filter(is_known);
        known.ok_or_else(|| no_such_entity(operation, format_args!("key {key}")))
    }
}

fn iam_user(user: &User) -> IamUser {
    let User { name, user_id, arn, tags, quarantine, .. } = user.clone();
    IamUser { name, user_id, arn, tags, quarantine }
}

impl UserAudit for World {
    async fn each_user(&self, seen: impl FnMut(IamUser) + Send) -> Result<(), PortError> {
        let list = |account: &mut Account| Ok(account.users.values().map(iam_user).collect::<Vec<_>>());
        self.call(Operation::ListUsers, String::new(), list).await?.into_iter().for_each(seen);
        Ok(())
    }

    async fn generate_credential_report(&self) -> Result<bool, PortError> {
        let generate = |account: &mut Account| Ok(account.generate_report());
        self.call(Operation::GenerateCredentialReport, String::new(), generate).await
    }

    async fn credential_report(&self) -> Result<ReportFile, PortError> {
        let get = |account: &mut Account| Ok(account.report_file());
        self.call(Operation::GetCredentialReport, String::new(), get).await
    }
}

impl Iam for World {
    async fn user(&self, user: &UserName) -> Result<IamUser, PortError> {
        self.call(Operation::GetUser, user.to_string(), |account| account.found(Operation::GetUser, user).map(iam_user))
            .await
    }

    async fn access_keys(&self, user: &UserName) -> Result<Vec<ObservedKey>, PortError> {
        self.call(Operation::ListAccessKeys, user.to_string(), |account| {
            let found = account.found(Operation::ListAccessKeys, user)?;
            let listed =
                found.keys.iter().filter(|key| plus(key.created, account.behaviour.listed_after) <= account.now);
            Ok(listed.map(Key::listed).collect())
        })
        .await
    }

    async fn last_used(&self, key: &AccessKeyId) -> LastUsed {
        let used = self.call(Operation::GetAccessKeyLastUsed, key.to_string(), |account| {
            let key = account.users.values().find_map(|user| user.key(key));
            let used = key.map(|key| key.last_used(account.now, account.behaviour.use_shows_after));
            used.ok_or_else(|| no_such_entity(Operation::GetAccessKeyLastUsed, "the key"))
        });
        used.await.unwrap_or_else(|error| LastUsed::Unknown { error: error.to_string() })
    }

    async fn group_members(&self, group: &str) -> Result<BTreeSet<UserName>, PortError> {
        self.call(Operation::GetGroup, group.to_owned(), |account| {
            let members = account.groups.get(group).cloned();
            members.ok_or_else(|| no_such_entity(Operation::GetGroup, format_args!("group {group}")))
        })
        .await
    }

    async fn create_access_key(&self, user: &UserName) -> Result<KeyPair, CreateFailed> {
        let made = self.call(Operation::CreateAccessKey, user.to_string(), |account| {
            let keys = account.found(Operation::CreateAccessKey, user)?.keys.len();
            if keys >= QUOTA && !account.behaviour.quota_is_racy {
                let text = "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2";
                return Err(error(Operation::CreateAccessKey, ErrorKind::Conflict, text));
            }
            let key = account.make_key(user, account.now, Who::Keywheel);
            Ok(KeyPair { id: key.id, created: key.created, secret: key.half })
        });
        made.await.map_err(|error| match error.kind {
            ErrorKind::Unanswered => CreateFailed::Unanswered(error),
            _ => CreateFailed::Refused(error),
        })
    }

    async fn update_access_key(&self, user: &UserName, key: &AccessKeyId, status: KeyStatus) -> Result<(), PortError> {
        self.call(Operation::UpdateAccessKey, format!("{user} {key} {status:?}"), |account| {
            account.known(Operation::UpdateAccessKey, user, key)?;
            account.update_key(user, key, status, Who::Keywheel);
            Ok(())
        })
        .await
    }

    async fn delete_access_key(&self, user: &UserName, key: &AccessKeyId) -> Result<(), PortError> {
        self.call(Operation::DeleteAccessKey, format!("{user} {key}"), |account| {
            account.known(Operation::DeleteAccessKey, user, key)?;
            account.remove_key(user, key, Who::Keywheel);
            Ok(())
        })
        .await
    }
}
