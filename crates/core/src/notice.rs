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

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [(NoticeKind, &str); 13] = [
        (NoticeKind::Rotated, "rotated"),
        (NoticeKind::RotationAhead(7), "rotation-ahead:7"),
        (NoticeKind::DeactivationAhead(3), "deactivation-ahead:3"),
        (NoticeKind::DeletionAhead(1), "deletion-ahead:1"),
        (NoticeKind::Retiring, "retiring"),
        (NoticeKind::RetirementAhead(7), "retirement-ahead:7"),
        (NoticeKind::ForeignDeletion, "foreign-deletion"),
        (NoticeKind::Held(0), "held:0"),
        (NoticeKind::Deactivated, "deactivated"),
        (NoticeKind::Deleted, "deleted"),
        (NoticeKind::Blocked(u32::MAX), "blocked:4294967295"),
        (NoticeKind::Failed(2968), "failed:2968"),
        (NoticeKind::Planned(2968), "planned:2968"),
    ];

    #[test]
    fn every_kind_is_a_text_and_comes_back_from_it() {
        for (kind, text) in KINDS {
            assert_eq!(kind.to_string(), text);
            assert_eq!(NoticeKind::try_from(text.to_owned()), Ok(kind));
        }
    }

    #[test]
    fn other_texts_are_no_kinds() {
        for text in
            ["", "rotated:1", "held", "held:", "held:-1", "held:4294967296", "held:x", "Rotated", "revoked", "held:1:2"]
        {
            assert!(NoticeKind::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn each_part_of_the_subject_and_the_recipient_make_another_notice() {
        let accounts: [AccountId; 2] = ["111122223333", "444455556666"].map(|id| id.parse().unwrap());
        let users: [UserId; 2] = ["AIDAAAAAAAAAAAAAAAAA", "AIDABBBBBBBBBBBBBBBB"].map(|id| id.parse().unwrap());
        let keys: [AccessKeyId; 2] = ["AKIAAAAAAAAAAAAAAAAA", "AKIABBBBBBBBBBBBBBBB"].map(|id| id.parse().unwrap());
        let kinds = [NoticeKind::Rotated, NoticeKind::Held(1)];
        let mut ids = std::collections::BTreeSet::new();
        for number in 0..64_usize {
            let bit = |place: usize| (number >> place) & 1;
            let subject = NoticeSubject {
                account: &accounts[bit(0)],
                user_id: &users[bit(1)],
                key: &keys[bit(2)],
                episode: u32::from(bit(3) == 1),
                kind: &kinds[bit(4)],
            };
            ids.insert(subject.notice_id(["a@example.com", "b@example.com"][bit(5)]));
        }
        assert_eq!(ids.len(), 64);
    }

    #[test]
    fn a_recipient_is_the_same_in_capitals_and_an_id_can_be_read_back() {
        let (account, user_id) = ("111122223333".parse().unwrap(), "AIDAAAAAAAAAAAAAAAAA".parse().unwrap());
        let key = "AKIAAAAAAAAAAAAAAAAA".parse().unwrap();
        let subject =
            NoticeSubject { account: &account, user_id: &user_id, key: &key, episode: 0, kind: &NoticeKind::Rotated };
        let id = subject.notice_id("Owner@Example.com");
        assert_eq!(id, subject.notice_id("owner@example.COM"));
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
    }
}
