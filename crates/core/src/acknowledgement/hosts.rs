//! What is known of a user's hosts, and how they are named.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{AccessKeyId, HostName};

/// How many hosts of one user are looked at. Where there are more, what they acknowledge counts as not known.
pub const MAX_HOSTS: usize = 200;

/// How many hosts a step names.
const MAX_NAMES: usize = 10;

/// What is known of the hosts of one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Acknowledgements {
    /// Nothing about this user's keys depends on them, or hosts do not acknowledge here.
    #[default]
    NotLookedAt,
    /// The look-up failed.
    Unknown {
        /// Why, for the report.
        error: String,
    },
    /// Every host of the user that acknowledged within `ACK_FORGET_AFTER` and was not forgotten by command.
    Known(Vec<Host>),
}

/// A host that acknowledges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: HostName,
    /// What it said last; none where that is not believed.
    pub said: Option<Installed>,
}

/// That a host has a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The key.
    pub key: AccessKeyId,
    /// When the host said so.
    pub at: Timestamp,
}

/// Names of hosts for people: a few, and how many there are besides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hosts {
    /// The first ones, in the order of their names.
    pub names: Vec<HostName>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "is_none")]
    pub more: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_none(more: &usize) -> bool {
    *more == 0
}

impl Hosts {
    /// These hosts.
    #[must_use]
    pub fn of(hosts: impl IntoIterator<Item = HostName>) -> Self {
        let mut names: Vec<HostName> = hosts.into_iter().collect();
        names.sort();
        let more = names.len().saturating_sub(MAX_NAMES);
        names.truncate(MAX_NAMES);
        Self { names, more }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl std::fmt::Display for Hosts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.names.iter().map(HostName::as_str).collect();
        f.write_str(&names.join(", "))?;
        if self.more > 0 { write!(f, " and {} more", self.more) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_hosts_are_named_and_the_others_counted() {
        let hosts = |count: usize| Hosts::of((0..count).rev().map(|n| format!("web-{n:02}").parse().unwrap()));
        assert_eq!(hosts(2).to_string(), "web-00, web-01");
        assert_eq!(hosts(13).more, 3);
        assert!(hosts(13).to_string().ends_with("web-09 and 3 more"));
        assert!(hosts(0).is_empty() && !hosts(1).is_empty());
        assert_eq!(serde_json::to_value(hosts(1)).unwrap(), serde_json::json!({"names": ["web-00"]}));
    }
}
