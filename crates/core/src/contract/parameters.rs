//! Which users get a parameter: the list that administrators keep beside the state, `<prefix>parameters.json`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{LONGEST_REASON, SCHEMA};
use crate::clean::quoted;
use crate::id::{AccountId, UserName};
use crate::parameter::ParameterLayout;

/// The list. The first entry that names a user counts. A tag can only say that its user wants what an entry offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterList {
    /// The version of this shape.
    pub schema_version: u32,
    /// The entries, in order.
    pub parameters: Vec<ParameterEntry>,
}

/// Users who get a parameter, and what kind of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterEntry {
    /// Who: `<account id>/<user name>`, where either may be `*`.
    pub users: Vec<String>,
    /// Only those of them whose tag `PARAMETER` is `on`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tagged: bool,
    /// How the value is laid out.
    pub layout: ParameterLayout,
    /// Another name than the one below `PARAMETER_PREFIX`: for one user, whose hosts know it by that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A parameter that is there already and that Keywheel did not write may be taken over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopt: bool,
}

/// Why the list of parameters cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParametersRefused {
    /// It is of a newer release.
    #[error("the list of parameters has schema_version {0}, and this release knows {SCHEMA} at most")]
    Newer(u32),
    /// It cannot be read as one.
    #[error("the list of parameters cannot be read: {0}")]
    Unreadable(String),
    /// An entry names users in another way than `<account id>/<user name>`.
    #[error(
        "the list of parameters names users by {0:?}, which is not <account id>/<user name>, where either may be *"
    )]
    Pattern(String),
    /// A name of its own cannot be that of several parameters, or is none at all.
    #[error(
        "the list of parameters gives the name {0:?}, which is no parameter's name or is not for just one user: a name of its own is for one \
         account and user, once in the list"
    )]
    Name(String),
}

impl ParameterList {
    /// Reads a list.
    ///
    /// # Errors
    /// It is no list, one of a newer release, or one of which it is not clear whom it means.
    pub fn parse(json: &[u8]) -> Result<Self, ParametersRefused> {
        #[derive(Deserialize)]
        struct Version {
            schema_version: u32,
        }
        let unreadable =
            |error: serde_json::Error| ParametersRefused::Unreadable(quoted(&error.to_string(), LONGEST_REASON));
        let version: Version = serde_json::from_slice(json).map_err(unreadable)?;
        if version.schema_version > SCHEMA {
            return Err(ParametersRefused::Newer(version.schema_version));
        }
        let list: Self = serde_json::from_slice(json).map_err(unreadable)?;
        list.parameters.iter().try_for_each(ParameterEntry::check)?;
        list.refuse_shared_names()?;
        Ok(list)
    }

    /// The entry for the user; none where no entry names it. `opted_in` is whether the user's tag says so.
    #[must_use]
    pub fn find(&self, account: &AccountId, user: &UserName, opted_in: bool) -> Option<&ParameterEntry> {
        self.parameters.iter().find(|entry| entry.is_for(account, user) && (opted_in || !entry.tagged))
    }

    fn refuse_shared_names(&self) -> Result<(), ParametersRefused> {
        let mut names = BTreeSet::new();
        let shared = self.parameters.iter().filter_map(ParameterEntry::own).find(|name| !names.insert(*name));
        shared.map_or(Ok(()), |(_, name)| Err(ParametersRefused::Name(quoted(name, 160))))
    }
}

impl ParameterEntry {
    fn check(&self) -> Result<(), ParametersRefused> {
        let is_user = |pattern: &&String| {
            pattern.split_once('/').is_some_and(|(account, user)| {
                (account == "*" || account.parse::<AccountId>().is_ok())
                    && (user == "*" || user.parse::<UserName>().is_ok())
            })
        };
        if let Some(wrong) = self.users.iter().find(|pattern| !is_user(pattern)) {
            return Err(ParametersRefused::Pattern(quoted(wrong, 160)));
        }
        let Some(name) = &self.name else { return Ok(()) };
        let is_for_one = matches!(self.users.as_slice(), [user] if !user.contains('*'));
        if is_for_one && is_parameter_name(name) { Ok(()) } else { Err(ParametersRefused::Name(quoted(name, 160))) }
    }

    fn is_for(&self, account: &AccountId, user: &UserName) -> bool {
        let is = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        let patterns = self.users.iter().filter_map(|pattern| pattern.split_once('/'));
        patterns.into_iter().any(|(of, name)| is(of, account.as_str()) && is(name, user.as_str()))
    }

    /// The account and the name, where the entry has one of its own.
    fn own(&self) -> Option<(&str, &str)> {
        Some((self.users.first()?.split_once('/')?.0, self.name.as_deref()?))
    }
}

/// A parameter's name (PutParameter, `Name`): letters, digits and `_.-`, with slashes only from the first character on, 15 levels at most, and
/// neither `aws` nor `ssm` in front.
#[must_use]
pub fn is_parameter_name(name: &str) -> bool {
    let levels: Vec<_> = name.strip_prefix('/').map_or_else(|| vec![name], |rest| rest.split('/').collect());
    let is_level = |level: &&str| {
        !level.is_empty() && level.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
    };
    let front = levels[0].to_ascii_lowercase();
    let is_reserved = front.starts_with("aws") || front.starts_with("ssm");
    name.len() <= 1_011 && levels.len() <= 15 && levels.iter().all(is_level) && !is_reserved
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{"schema_version":1,"parameters":[
        {"users":["111122223333/backup"],"layout":"new-old","name":"param-test","adopt":true},
        {"users":["111122223333/ci","444455556666/*"],"layout":"json"},
        {"users":["*/*"],"layout":"new-old","tagged":true}]}"#;

    fn found(account: &str, user: &str, opted_in: bool) -> Option<ParameterEntry> {
        let list = ParameterList::parse(LIST.as_bytes()).unwrap();
        list.find(&account.parse().unwrap(), &user.parse().unwrap(), opted_in).cloned()
    }

    #[test]
    fn the_first_entry_that_names_a_user_counts_and_a_tag_can_only_opt_in() {
        let [here, there] = ["111122223333", "444455556666"];
        for opted_in in [false, true] {
            let backup = found(here, "backup", opted_in).unwrap();
            assert_eq!((backup.name.as_deref(), backup.adopt), (Some("param-test"), true));
            assert_eq!(found(there, "backup", opted_in).unwrap().layout, ParameterLayout::Json);
            assert_eq!(found(here, "ci", opted_in).unwrap().layout, ParameterLayout::Json);
        }
        assert_eq!(found(here, "CI", false), None);
        assert_eq!(found(here, "alice", false), None);
        assert_eq!(found(here, "alice", true).unwrap().layout, ParameterLayout::NewOld);
    }

    fn refused(entries: &str) -> String {
        let json = format!(r#"{{"schema_version":1,"parameters":[{entries}]}}"#);
        ParameterList::parse(json.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_list_of_another_shape_is_refused() {
        let newer = ParameterList::parse(br#"{"schema_version":2}"#).unwrap_err().to_string();
        assert!(newer.contains("knows 1 at most"), "{newer}");
        for json in ["", "[]", "{}", r#"{"schema_version":1}"#, r#"{"schema_version":1,"parameters":{}}"#] {
            let error = ParameterList::parse(json.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("cannot be read"), "{json}: {error}");
        }
        assert!(refused(r#"{"users":["*/*"]}"#).contains("layout"));
        assert!(refused(r#"{"users":["*/*"],"layout":"new-old","tag":true}"#).contains("unknown field"));
    }

    #[test]
    fn whom_an_entry_means_must_be_clear() {
        for pattern in ["alice", "*", "1/alice", "111122223333/", "111122223333/a*", "111122223333/a/b"] {
            let error = refused(&format!(r#"{{"users":["{pattern}"],"layout":"json"}}"#));
            assert!(error.contains("is not <account id>/<user name>"), "{pattern}: {error}");
        }
    }

    #[test]
    fn a_name_of_its_own_is_for_one_user_once() {
        let entry = |users: &str, name: &str| format!(r#"{{"users":[{users}],"layout":"json","name":"{name}"}}"#);
        let alice = r#""111122223333/alice""#;
        for (users, name) in [
            (r#""111122223333/*""#, "param-test"),
            (r#""111122223333/a","111122223333/b""#, "param-test"),
            (alice, "aws-test"),
            (alice, "a/b"),
            (alice, "/a//b"),
            (alice, "a@b"),
            (alice, ""),
        ] {
            assert!(
                refused(&entry(users, name)).contains("no parameter's name or is not for just one"),
                "{users} {name}"
            );
        }
        let bob = r#""111122223333/bob""#;
        assert!(refused(&[entry(alice, "p"), entry(bob, "p")].join(",")).contains("once in the list"));
        let elsewhere = r#""444455556666/bob""#;
        let json = format!(r#"{{"schema_version":1,"parameters":[{},{}]}}"#, entry(alice, "p"), entry(elsewhere, "p"));
        assert!(ParameterList::parse(json.as_bytes()).is_ok());
    }
}
