//! What became of one account.

use jiff::Timestamp;
use keywheel_core::contract::manifest::SkipReason;
use keywheel_core::id::{AccountId, UserName};
use keywheel_core::reason::Reason;
use serde::{Deserialize, Serialize};

use super::{KeyReport, KeyTotals};

/// One account of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountReport {
    /// Its id.
    pub account: AccountId,
    /// Its name, where it is known; people may write anything here.
    pub name: Option<String>,
    /// Its owner's e-mail address, where it is known.
    pub email: Option<String>,
    /// How the look at it ended.
    pub ended: Ended,
    /// Why it was left out, where it was.
    pub skip_reason: Option<SkipReason>,
    /// What went wrong with it, wholly or in part.
    pub error: Option<String>,
    /// When it was looked at; none where it was not.
    pub looked_at: Option<Timestamp>,
    /// Users seen.
    pub users: usize,
    /// Keys that were counted, and of which nothing more is known: those of users who were passed over, or without a step in a stored run.
    pub keys_without_details: usize,
    /// Sums over the keys, those without details included.
    pub totals: KeyTotals,
    /// What is to be said of a user as a whole.
    pub notes: Vec<UserNote>,
    /// The keys, in the order of their users' names.
    pub keys: Vec<KeyReport>,
}

/// How the look at an account ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Every user was looked at.
    Answered,
    /// Something was left undone, or not seen.
    Incomplete,
    /// The account's role could not be assumed.
    Unreachable,
    /// The account could not be looked at for another cause, or was never invoked.
    Failed,
    /// It was left out on purpose.
    Skipped,
    /// It was invoked, and there is no result.
    NeverAnswered,
}

impl Ended {
    /// Every ending, the good one first.
    pub const ALL: [Ended; 6] =
        [Ended::Answered, Ended::Incomplete, Ended::Unreachable, Ended::Failed, Ended::NeverAnswered, Ended::Skipped];

    /// The ending as it stands in data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Ended::Answered => "answered",
            Ended::Incomplete => "incomplete",
            Ended::Unreachable => "unreachable",
            Ended::Failed => "failed",
            Ended::Skipped => "skipped",
            Ended::NeverAnswered => "never-answered",
        }
    }

    /// The ending for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        if self == Ended::NeverAnswered { "never answered" } else { self.as_str() }
    }
}

/// Something about a user as a whole: exempt, not selected, or not to be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserNote {
    /// The user.
    pub user: UserName,
    /// Why it is noted.
    pub reason: Reason,
    /// What went wrong, where something did.
    pub error: Option<String>,
}

impl AccountReport {
    /// An account of which nothing is known but its name.
    #[must_use]
    pub(crate) fn unseen(account: AccountId, name: &str, email: &str, ended: Ended) -> Self {
        let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Self {
            account,
            name: known(name),
            email: known(email),
            ended,
            skip_reason: None,
            error: None,
            looked_at: None,
            users: 0,
            keys_without_details: 0,
            totals: KeyTotals::default(),
            notes: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// The account with its keys in order and summed up.
    #[must_use]
    pub(crate) fn summed(mut self) -> Self {
        self.keys.sort_by(|a, b| (&a.user, a.created, &a.access_key_id).cmp(&(&b.user, b.created, &b.access_key_id)));
        self.notes.sort_by(|a, b| a.user.cmp(&b.user));
        self.totals = KeyTotals::of(&self.keys, self.keys_without_details);
        self
    }

    /// The account's name, or its id where no name is known.
    #[must_use]
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(self.account.as_str())
    }
}
