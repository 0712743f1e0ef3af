//! Notices: what owners are told, and how a notice is told from another.

use serde::{Deserialize, Serialize};

use crate::id::{AccessKeyId, AccountId, NoticeId, UserId};

/// What a notice says. In the ledger it stands as its text, such as `rotated` or `deletion-ahead:7`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NoticeKind {
    /// A replacement was published; starts the install grace.
    Rotated,
    /// A rotation is ahead, so many days at most.
    RotationAhead(u32),
    /// The old key will be made inactive, in so many days at most.
    DeactivationAhead(u32),
    /// The inactive key will be deleted, in so many days at most.
    DeletionAhead(u32),
    /// The unused key will be retired; starts its grace.
    Retiring,
    /// The unused key will be made inactive, in so many days at most.
    RetirementAhead(u32),
    /// The inactive key of a person's making will be deleted; starts its grace.
    ForeignDeletion,
    /// The old key is held; once at once and then weekly, by the week since.
    Held(u32),
    /// The key was made inactive.
    Deactivated,
    /// The key was deleted.
    Deleted,
    /// A person must do something; weekly, by the number of the week since 1970.
    Blocked(u32),
    /// A step failed; weekly, by the number of the week since 1970.
    Failed(u32),
    /// What an enforcing run would do; weekly, by the number of the week since 1970.
    Planned(u32),
}

impl NoticeKind {
    fn parts(&self) -> (&'static str, Option<u32>) {
        match self {
            NoticeKind::Rotated => ("rotated", None),
            NoticeKind::RotationAhead(days) => ("rotation-ahead", Some(*days)),
            NoticeKind::DeactivationAhead(days) => ("deactivation-ahead", Some(*days)),
            NoticeKind::DeletionAhead(days) => ("deletion-ahead", Some(*days)),
            NoticeKind::Retiring => ("retiring", None),
            NoticeKind::RetirementAhead(days) => ("retirement-ahead", Some(*days)),
            NoticeKind::ForeignDeletion => ("foreign-deletion", None),
            NoticeKind::Held(week) => ("held", Some(*week)),
            NoticeKind::Deactivated => ("deactivated", None),
            NoticeKind::Deleted => ("deleted", None),
            NoticeKind::Blocked(week) => ("blocked", Some(*week)),
            NoticeKind::Failed(week) => ("failed", Some(*week)),
            NoticeKind::Planned(week) => ("planned", Some(*week)),
        }
    }
}

impl std::fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.parts() {
            (name, None) => f.write_str(name),
            (name, Some(number)) => write!(f, "{name}:{number}"),
        }
    }
}

impl From<NoticeKind> for String {
    fn from(kind: NoticeKind) -> String {
        kind.to_string()
    }
}

impl TryFrom<String> for NoticeKind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let unknown = || format!("{text:?} is not a kind of notice");
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, Some(number.parse::<u32>().map_err(|_| unknown())?)),
            None => (text.as_str(), None),
        };
        match (name, number) {
            ("rotated", None) => Ok(NoticeKind::Rotated),
            ("rotation-ahead", Some(days)) => Ok(NoticeKind::RotationAhead(days)),
            ("deactivation-ahead", Some(days)) => Ok(NoticeKind::DeactivationAhead(days)),
            ("deletion-ahead", Some(days)) => Ok(NoticeKind::DeletionAhead(days)),
            ("retiring", None) => Ok(NoticeKind::Retiring),
            ("retirement-ahead", Some(days)) => Ok(NoticeKind::RetirementAhead(days)),
            ("foreign-deletion", None) => Ok(NoticeKind::ForeignDeletion),
            ("held", Some(week)) => Ok(NoticeKind::Held(week)),
            ("deactivated", None) => Ok(NoticeKind::Deactivated),
            ("deleted", None) => Ok(NoticeKind::Deleted),
            ("blocked", Some(week)) => Ok(NoticeKind::Blocked(week)),
            ("failed", Some(week)) => Ok(NoticeKind::Failed(week)),
            ("planned", Some(week)) => Ok(NoticeKind::Planned(week)),
            _ => Err(unknown()),
        }
    }
}

/// What a notice is about. The same notice has the same id in every run, so that it is sent once.
#[derive(Clone, Copy, Debug)]
pub struct NoticeSubject<'a> {
    /// The account.
    pub account: &'a AccountId,
    /// The user's id.
    pub user_id: &'a UserId,
    /// The key.
    pub key: &'a AccessKeyId,
    /// How often the key's way through life began anew, see [`crate::ledger::KeyRecord::episode`].
    pub episode: u32,
    /// What the notice says.
    pub kind: &'a NoticeKind,
}

impl NoticeSubject<'_> {
    /// The id of the notice to this recipient.
    #[must_use]
    pub fn notice_id(&self, recipient: &str) -> NoticeId {
        let Self { account, user_id, key, episode, kind } = self;
        let recipient = recipient.to_lowercase();
        NoticeId::of_text(&format!("{account}\n{user_id}\n{key}\n{episode}\n{kind}\n{recipient}"))
    }
}
