//! What is to be explained, and where it is.

use std::str::FromStr;

use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::observed::ObservedUser;
use keywheel_report::Report;

use crate::accounts::TargetArguments;
use crate::aws::AwsArguments;
use crate::calls;
use crate::exit::usage;
use crate::look::LookArguments;

/// What somebody asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Account(AccountId),
    User(Option<AccountId>, UserName),
    Key(AccessKeyId),
}

/// What is asked about, and the account that it is in.
pub(super) struct Found {
    pub(super) targets: TargetArguments,
    pub(super) user: Option<UserName>,
    pub(super) key: Option<AccessKeyId>,
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let user = |text: &str| text.parse().map_err(|error: keywheel_core::id::InvalidId| error.to_string());
        if let Ok(account) = text.parse() {
            return Ok(Self::Account(account));
        }
        if text.starts_with("ASIA") && text.parse::<AccessKeyId>().is_ok() {
            return Err(of_session(text));
        }
        if let Some(key) = Some(text).filter(|text| text.starts_with("AKIA")).and_then(|text| text.parse().ok()) {
            return Ok(Self::Key(key));
        }
        if let Some((account, name)) = of_arn(text) {
            return Ok(Self::User(Some(account.parse().map_err(|_| not_a_user(text))?), user(name)?));
        }
        match text.split_once('/') {
            Some((account, name)) => Ok(Self::User(Some(account.parse().map_err(|_| not_a_user(text))?), user(name)?)),
            None => user(text).map(|name| Self::User(None, name)),
        }
    }
}

/// IAM user guide, "IAM identifiers", unique identifiers.
fn of_session(text: &str) -> String {
    format!(
        "{text} is of a session's temporary credentials, which end by themselves: no user has such a key, and nothing rotates it; \
         CloudTrail says which role or user began the session"
    )
}

fn not_a_user(text: &str) -> String {
    format!("{text:?} is no user: ACCOUNT/USER and arn:aws:iam::ACCOUNT:user/USER are")
}

/// Account and name in `arn:<partition>:iam::<account>:user/<path><name>`.
fn of_arn(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
    let (_, service, _, account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let name = parts.next()?.strip_prefix("user/")?.rsplit('/').next()?;
    (service == "iam").then_some((account, name))
}

impl Subject {
    /// Where it is. AWS is asked for a key's account alone.
    pub(super) async fn found(&self, aws: &AwsArguments, look: &LookArguments) -> anyhow::Result<Found> {
        let given = &look.targets;
        let in_account =
            |account: &AccountId| TargetArguments { accounts: vec![account.clone()], ..Default::default() };
        let is_given = given.own_account || !given.accounts.is_empty();
        let (targets, user, key) = match self {
            _ if is_given && !matches!(self, Self::Key(_) | Self::User(None, _)) => {
                return Err(usage("the account is named twice", "leave --account and --own-account out"));
            }
            Self::Account(account) => (in_account(account), None, None),
            Self::User(Some(account), user) => (in_account(account), Some(user.clone()), None),
            Self::User(None, _) if !is_given => {
                let hint = "ACCOUNT/USER names both; --account and --own-account say where a user is";
                return Err(usage("a user's name alone does not say in which account it is", hint));
            }
            Self::User(None, user) => (given.clone(), Some(user.clone()), None),
            Self::Key(key) if is_given => (given.clone(), None, Some(key.clone())),
            Self::Key(key) => {
                (in_account(&calls::account_of_key(&aws.load().await?, key).await?), None, Some(key.clone()))
            }
        };
        Ok(Found { targets, user, key })
    }
}

impl Found {
    /// Whether it is this user, or one of this user's keys.
    pub(super) fn is_about(&self, user: &ObservedUser) -> bool {
        let is_key = |key: &AccessKeyId| user.keys.iter().any(|one| one.id == *key);
        self.user.as_ref().is_none_or(|name| *name == user.name) && self.key.as_ref().is_none_or(is_key)
    }

    /// Leaves the rest out of a report. Of a user whose key is asked about, the other keys stay: one follows from the other.
    pub(super) fn keep(&self, report: &mut Report) {
        for account in &mut report.accounts {
            let owner = self.key.as_ref().and_then(|id| account.keys.iter().find(|key| key.access_key_id == *id));
            let owner = owner.map(|key| key.user.clone()).or_else(|| self.user.clone());
            if self.key.is_some() || self.user.is_some() {
                account.keys.retain(|key| owner.as_ref() == Some(&key.user));
                account.notes.retain(|note| owner.as_ref() == Some(&note.user));
            }
        }
    }

    /// Where it was looked for.
    pub(super) fn place(&self) -> String {
        match self.targets.accounts.as_slice() {
            [] => "the own account".to_owned(),
            accounts => {
                let ids: Vec<_> = accounts.iter().map(AccountId::as_str).collect();
                format!("account {}", ids.join(", "))
            }
        }
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.key, &self.user) {
            (Some(key), _) => write!(f, "access key {key}"),
            (None, Some(user)) => write!(f, "user {user}"),
            (None, None) => f.write_str("account"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_about_is_told_by_its_shape() {
        let account: AccountId = "111122223333".parse().unwrap();
        let alice = || "alice".parse().unwrap();
        for (text, subject) in [
            ("111122223333", Subject::Account(account.clone())),
            ("111122223333/alice", Subject::User(Some(account.clone()), alice())),
            ("arn:aws:iam::111122223333:user/team/alice", Subject::User(Some(account), alice())),
            ("alice", Subject::User(None, alice())),
            ("AKIAIOSFODNN7EXAMPLE", Subject::Key("AKIAIOSFODNN7EXAMPLE".parse().unwrap())),
        ] {
            assert_eq!(text.parse(), Ok(subject));
        }
        let of_session = "ASIAIOSFODNN7EXAMPLE".parse::<Subject>().unwrap_err();
        assert!(of_session.contains("temporary credentials"), "{of_session}");
        for wrong in ["", "payments/alice", "arn:aws:iam::1:user/alice", "a b"] {
            assert!(wrong.parse::<Subject>().is_err(), "{wrong}");
        }
    }
}
