//! The tags of IAM users in one account: read, held against what is wanted, and set.
//!
//! `MemberTags::open(&hub, &configuration, account).await?` signs in; `changes(&user, &wanted).await?` is what would be set.

use std::collections::BTreeMap;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use keywheel_aws::port_error;
use keywheel_core::id::{AccountId, UserName};
use keywheel_engine::ports::PortError;

use crate::config::{Configuration, member_role};
use crate::exit::{failed, usage};
use crate::session::Hub;

/// IAM user guide, "Rules for tagging in IAM and AWS STS".
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;
const MOST_TAGS: usize = 50;

/// IAM, in one account.
pub(crate) struct MemberTags {
    client: Client,
    pub(crate) account: AccountId,
}

/// A tag that is to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) user: UserName,
    pub(crate) key: String,
    pub(crate) before: Option<String>,
    pub(crate) value: String,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { user, key, before, value } = self;
        match before {
            Some(before) => write!(f, "change {user}  {key}: {before:?} -> {value:?}"),
            None => write!(f, "add    {user}  {key}: {value:?}"),
        }
    }
}

/// A line per change.
pub(crate) fn lines<'a>(changes: impl IntoIterator<Item = &'a Change>) -> String {
    changes.into_iter().map(|change| change.to_string() + "\n").collect()
}

impl MemberTags {
    /// In this account, or in the own one.
    pub(crate) async fn open(
        hub: &Hub,
        configuration: &Configuration,
        account: Option<&AccountId>,
    ) -> anyhow::Result<Self> {
        let account = account.unwrap_or(&hub.own.account).clone();
        let session = hub.member(&account, &member_role(&configuration.rotation()?)).await.map_err(|error| {
            let hint = "--role-name takes a role that is there, trusts you and may tag users, such as OrganizationAccountAccessRole";
            failed(format!("account {account}: {error}"), hint)
        })?;
        Ok(Self { client: Client::new(&session.config), account })
    }

    /// The tags of a user.
    async fn tags(&self, user: &UserName) -> Result<BTreeMap<String, String>, PortError> {
        let mut pages = self.client.list_user_tags().user_name(user.as_str()).into_paginator().items().send();
        let mut tags = BTreeMap::new();
        while let Some(tag) = pages.next().await {
            let tag = tag.map_err(|error| port_error("iam:ListUserTags", &error))?;
            tags.insert(tag.key, tag.value);
        }
        Ok(tags)
    }

    /// What of the wanted tags is not there yet.
    pub(crate) async fn changes(
        &self,
        user: &UserName,
        wanted: &BTreeMap<String, String>,
    ) -> Result<Vec<Change>, NotTagged> {
        wanted.iter().try_for_each(|(key, value)| check(key, value))?;
        let tags = self.tags(user).await.map_err(NotTagged::Refused)?;
        let changes = changes(user, &tags, wanted);
        let added = changes.iter().filter(|change| change.before.is_none()).count();
        if tags.len() + added > MOST_TAGS {
            return Err(NotTagged::Wrong {
                what: format!("there would be {} tags", tags.len() + added),
                hint: format!("IAM allows {MOST_TAGS} tags of a user; take some away first"),
            });
        }
        Ok(changes)
    }

    /// Sets them, all of one user in one call.
    pub(crate) async fn set(&self, user: &UserName, changes: &[Change]) -> Result<(), NotTagged> {
        let tags = changes.iter().map(|change| Tag::builder().key(&change.key).value(&change.value).build());
        let unbuilt = |error| NotTagged::Wrong { what: format!("{error}"), hint: "look at the tags".to_owned() };
        let tags: Vec<_> = tags.collect::<Result<_, _>>().map_err(unbuilt)?;
        let set = self.client.tag_user().user_name(user.as_str()).set_tags(Some(tags)).send().await;
        set.map(drop).map_err(|error| NotTagged::Refused(port_error("iam:TagUser", &error)))
    }
}

/// Why a user's tags were not read or not set.
#[derive(Debug)]
pub(crate) enum NotTagged {
    /// IAM refused a call.
    Refused(PortError),
    /// IAM would refuse what is wanted.
    Wrong { what: String, hint: String },
}

impl NotTagged {
    /// What helps.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Wrong { hint, .. } => hint.clone(),
            Self::Refused(_) => {
                let needs = "it needs iam:ListUserTags and iam:TagUser on the user";
                format!("{needs}; --account says in which account the user is")
            }
        }
    }

    /// The error of a verb that is about this user alone.
    pub(crate) fn of(&self, user: &UserName, account: &AccountId) -> anyhow::Error {
        let what = format!("user {user} of account {account}: {self}");
        match self {
            Self::Refused(_) => failed(what, self.hint()),
            Self::Wrong { .. } => usage(what, self.hint()),
        }
    }
}

impl std::fmt::Display for NotTagged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Wrong { what, .. } => f.write_str(what),
        }
    }
}

/// IAM takes keys that differ by case alone for the same (user guide, "Rules for tagging"), so a key keeps the spelling that it has.
fn changes(user: &UserName, tags: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> Vec<Change> {
    let change = |(key, value): (&String, &String)| {
        let there = tags.iter().find(|(one, _)| one.to_lowercase() == key.to_lowercase());
        let (key, before) = there.map_or((key, None), |(key, before)| (key, Some(before.clone())));
        let change = Change { user: user.clone(), key: key.clone(), before, value: value.clone() };
        (change.before.as_ref() != Some(value)).then_some(change)
    };
    wanted.iter().filter_map(change).collect()
}

/// Refuses what IAM would refuse, before anything is set.
fn check(key: &str, value: &str) -> Result<(), NotTagged> {
    let is_allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    let is_sound = |text: &str, longest| text.chars().count() <= longest && text.chars().all(is_allowed);
    let letters = |longest| format!("up to {longest} letters, digits, spaces and _.:/=+-@");
    if key.is_empty() || !is_sound(key, LONGEST_KEY) || key.to_lowercase().starts_with("aws:") {
        let hint = format!("{}, and not aws: at the beginning", letters(LONGEST_KEY));
        return Err(NotTagged::Wrong { what: format!("{key:?} cannot be the key of a tag"), hint });
    }
    if !is_sound(value, LONGEST_VALUE) {
        let what = format!("{value:?} cannot be the value of tag {key}");
        return Err(NotTagged::Wrong { what, hint: letters(LONGEST_VALUE) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(tags: &[(&str, &str)]) -> BTreeMap<String, String> {
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_what_differs_changes_and_a_key_keeps_its_spelling() {
        let user = "alice".parse().unwrap();
        let there = map(&[("keyrotation:email", "a@example.com"), ("team", "x"), ("KeyRotation:EXEMPT_REASON", "y")]);
        let wanted = map(&[
            ("KeyRotation:EMAIL", "b@example.com"),
            ("KeyRotation:EXEMPT_REASON", "y"),
            ("KeyRotation:EXEMPT_UNTIL", "2027-01-01"),
        ]);
        let shown: Vec<_> = changes(&user, &there, &wanted).iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "change alice  keyrotation:email: \"a@example.com\" -> \"b@example.com\"",
                "add    alice  KeyRotation:EXEMPT_UNTIL: \"2027-01-01\""
            ]
        );
        assert_eq!(changes(&user, &wanted, &wanted), []);
    }

    #[test]
    fn what_iam_refuses_is_refused_first() {
        assert!(check("KeyRotation:EMAIL", "ä b@example.com").is_ok() && check("a", "").is_ok());
        let long = "x".repeat(257);
        for (key, value) in [("", "x"), ("aws:x", "x"), ("a\nb", "x"), ("a", "b;c"), ("a", long.as_str())] {
            assert!(check(key, value).is_err(), "{key} {value}");
        }
    }
}
