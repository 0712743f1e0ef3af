//! What was built.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use keywheel_core::id::{AccessKeyId, AccountId, UserId, UserName};
use keywheel_core::secret::{KeyPair, VersionId};

use crate::case::OLD;
use crate::organization::Organization;
use crate::policies::EMAIL_DOMAIN;

/// What was built.
#[derive(Debug)]
pub struct Seeded {
    /// The moment from which all ages count: whole seconds.
    pub at: Timestamp,
    /// Every user.
    pub users: Vec<SeededUser>,
}

/// A user that was built.
#[derive(Debug)]
pub struct SeededUser {
    /// The user's account.
    pub account: AccountId,
    /// The user's name.
    pub name: UserName,
    /// The user's id.
    pub user_id: UserId,
    /// The user's ARN, with its path.
    pub arn: String,
    /// The case that the user stands for.
    pub case: String,
    /// The user's tags.
    pub tags: BTreeMap<String, String>,
    /// The user's keys, by label.
    pub keys: BTreeMap<String, KeyPair>,
}

impl SeededUser {
    /// The version of the user's secret that holds the key of this label: the pair, or for an old key nothing but its record.
    #[must_use]
    pub fn version(&self, label: &str, key: &AccessKeyId) -> VersionId {
        let id = if label == OLD { VersionId::of_record } else { VersionId::of };
        id(&self.account, &self.user_id, key)
    }

    /// Who is told of this user's keys: the account's owner, the address in the user's `EMAIL` tag if a tag may direct mail there, and
    /// the security mailbox.
    #[must_use]
    pub fn recipients(&self, organization: &Organization) -> BTreeSet<String> {
        let allowed = self.tagged_address().filter(|email| may_be_told(email)).map(str::to_owned);
        self.sure_recipients(organization).into_iter().chain(allowed).collect()
    }

    /// Who is told whatever the user's tags say.
    #[must_use]
    pub fn sure_recipients(&self, organization: &Organization) -> BTreeSet<String> {
        let owner = organization.account(&self.account).map(|account| account.email.clone());
        owner.into_iter().chain([organization.security_email.clone()]).collect()
    }

    /// Whether the user's `EMAIL` tag names an address to which no tag may direct mail.
    #[must_use]
    pub fn has_unreachable_owner(&self) -> bool {
        self.tagged_address().is_some_and(|email| !may_be_told(email))
    }

    fn tagged_address(&self) -> Option<&str> {
        let tag = self.tags.iter().find(|(key, _)| key.eq_ignore_ascii_case("KeyRotation:EMAIL"));
        tag.map(|(_, value)| value.as_str())
    }
}

fn may_be_told(email: &str) -> bool {
    email.ends_with(&format!("@{EMAIL_DOMAIN}")) && !email.contains('\n')
}
