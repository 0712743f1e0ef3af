//! Notices: what owners are told, and how a notice is told from another.

use serde::{Deserialize, Serialize};

use crate::id::{AccessKeyId, AccountId, NoticeId, UserId};
use crate::reason::Reason;

/// What a notice says. In the ledger it stands as its text, such as `rotated` or `deletion-ahead:7`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NoticeKind {
    /// A replacement was published; starts the install grace.
    Rotated,
    /// A key was published of which nobody knows whose place it takes. The notice stands at that key itself, so that it is
    /// another than the one of the day on which this key is replaced.
    Published,
    /// A rotation is ahead, by so many days and six hours at most.
    RotationAhead(u32),
    /// The old key will be made inactive, in so many days and six hours at most.
    DeactivationAhead(u32),
    /// The inactive key will be deleted, in so many days and six hours at most.
    DeletionAhead(u32),
    /// The unused key will be retired; starts its grace.
    Retiring,
    /// The unused key will be made inactive, in so many days and six hours at most.
    RetirementAhead(u32),
    /// The inactive key of a person's making will be deleted; starts its grace.
    ForeignDeletion,
    /// The old key is held; once at once and then weekly, by the week since.
    Held(u32),
    /// The hold ends by itself, in so many days and six hours at most: the old key is then made inactive.
    HoldEnds(u32),
    /// The key was made inactive.
    Deactivated,
    /// The key leaked, and is inactive.
    Emergency,
    /// The key was deleted.
    Deleted,
    /// The key was made active again, by a rollback.
    RolledBack,
    /// A person must do something, for this reason; weekly, by the weeks since the step was due, or since the key was made.
    Blocked(Reason, u32),
    /// A step failed that was to be taken for this reason; weekly, by the weeks since it was due.
    Failed(Reason, u32),
    /// What an enforcing run would do for this reason; weekly, by the weeks since it was due.
    Planned(Reason, u32),
}

impl NoticeKind {
    /// Whether the like of it comes every week, with another number.
    #[must_use]
    pub fn is_weekly(&self) -> bool {
        match self {
            NoticeKind::Held(_) | NoticeKind::Blocked(..) | NoticeKind::Failed(..) | NoticeKind::Planned(..) => true,
            NoticeKind::Rotated
            | NoticeKind::Published
            | NoticeKind::RotationAhead(_)
            | NoticeKind::DeactivationAhead(_)
            | NoticeKind::DeletionAhead(_)
            | NoticeKind::Retiring
            | NoticeKind::RetirementAhead(_)
            | NoticeKind::ForeignDeletion
            | NoticeKind::HoldEnds(_)
            | NoticeKind::Deactivated
            | NoticeKind::Emergency
            | NoticeKind::Deleted
            | NoticeKind::RolledBack => false,
        }
    }

    /// Whether a key is taken away only so long after it.
    #[must_use]
    pub(crate) fn starts_a_grace(&self) -> bool {
        matches!(self, NoticeKind::Rotated | NoticeKind::Retiring | NoticeKind::ForeignDeletion)
    }

    /// Whether it tells of what was done, or begins a grace, and thus comes once. Reminders and warnings of a day have successors.
    #[must_use]
    pub fn comes_once(&self) -> bool {
        match self {
            NoticeKind::Rotated
            | NoticeKind::Published
            | NoticeKind::Retiring
            | NoticeKind::ForeignDeletion
            | NoticeKind::Deactivated
            | NoticeKind::Emergency
            | NoticeKind::Deleted
            | NoticeKind::RolledBack => true,
            NoticeKind::RotationAhead(_)
            | NoticeKind::DeactivationAhead(_)
            | NoticeKind::DeletionAhead(_)
            | NoticeKind::RetirementAhead(_)
            | NoticeKind::HoldEnds(_)
            | NoticeKind::Held(_)
            | NoticeKind::Blocked(..)
            | NoticeKind::Failed(..)
            | NoticeKind::Planned(..) => false,
        }
    }

    /// Whether it says that mail does not reach somebody.
    #[must_use]
    pub fn is_about_mail(&self) -> bool {
        matches!(self, NoticeKind::Blocked(Reason::OwnerUnreachable, _))
    }

    /// The name, and what tells notices of that name apart.
    fn parts(&self) -> (&'static str, Option<Reason>, Option<u32>) {
        match self {
            NoticeKind::Rotated => ("rotated", None, None),
            NoticeKind::Published => ("published", None, None),
            NoticeKind::RotationAhead(days) => ("rotation-ahead", None, Some(*days)),
            NoticeKind::DeactivationAhead(days) => ("deactivation-ahead", None, Some(*days)),
            NoticeKind::DeletionAhead(days) => ("deletion-ahead", None, Some(*days)),
            NoticeKind::Retiring => ("retiring", None, None),
            NoticeKind::RetirementAhead(days) => ("retirement-ahead", None, Some(*days)),
            NoticeKind::ForeignDeletion => ("foreign-deletion", None, None),
            NoticeKind::Held(week) => ("held", None, Some(*week)),
            NoticeKind::HoldEnds(days) => ("hold-ends", None, Some(*days)),
            NoticeKind::Deactivated => ("deactivated", None, None),
            NoticeKind::Emergency => ("emergency", None, None),
            NoticeKind::Deleted => ("deleted", None, None),
            NoticeKind::RolledBack => ("rolled-back", None, None),
            NoticeKind::Blocked(reason, week) => ("blocked", Some(*reason), Some(*week)),
            NoticeKind::Failed(reason, week) => ("failed", Some(*reason), Some(*week)),
            NoticeKind::Planned(reason, week) => ("planned", Some(*reason), Some(*week)),
        }
    }
}

impl std::fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, reason, number) = self.parts();
        f.write_str(name)?;
        reason.map_or(Ok(()), |reason| write!(f, ":{reason}"))?;
        number.map_or(Ok(()), |number| write!(f, ":{number}"))
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
        let parts: Vec<&str> = text.split(':').collect();
        let number = |text: &str| text.parse::<u32>().ok().filter(|_| !text.starts_with('+'));
        let kind = match parts.as_slice() {
            ["rotated"] => Some(NoticeKind::Rotated),
            ["published"] => Some(NoticeKind::Published),
            ["retiring"] => Some(NoticeKind::Retiring),
            ["foreign-deletion"] => Some(NoticeKind::ForeignDeletion),
            ["deactivated"] => Some(NoticeKind::Deactivated),
            ["emergency"] => Some(NoticeKind::Emergency),
            ["deleted"] => Some(NoticeKind::Deleted),
            ["rolled-back"] => Some(NoticeKind::RolledBack),
            ["rotation-ahead", days] => number(days).map(NoticeKind::RotationAhead),
            ["deactivation-ahead", days] => number(days).map(NoticeKind::DeactivationAhead),
            ["deletion-ahead", days] => number(days).map(NoticeKind::DeletionAhead),
            ["retirement-ahead", days] => number(days).map(NoticeKind::RetirementAhead),
            ["held", week] => number(week).map(NoticeKind::Held),
            ["hold-ends", days] => number(days).map(NoticeKind::HoldEnds),
            ["blocked", reason, week] => weekly(NoticeKind::Blocked, reason, number(week)),
            ["failed", reason, week] => weekly(NoticeKind::Failed, reason, number(week)),
            ["planned", reason, week] => weekly(NoticeKind::Planned, reason, number(week)),
            _ => None,
        };
        kind.ok_or_else(|| format!("{text:?} is not a kind of notice"))
    }
}

fn weekly(kind: fn(Reason, u32) -> NoticeKind, reason: &str, week: Option<u32>) -> Option<NoticeKind> {
    Some(kind(Reason::of_code(reason)?, week?))
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

    const KINDS: [(NoticeKind, &str); 17] = [
        (NoticeKind::Rotated, "rotated"),
        (NoticeKind::Published, "published"),
        (NoticeKind::RotationAhead(7), "rotation-ahead:7"),
        (NoticeKind::DeactivationAhead(3), "deactivation-ahead:3"),
        (NoticeKind::DeletionAhead(1), "deletion-ahead:1"),
        (NoticeKind::Retiring, "retiring"),
        (NoticeKind::RetirementAhead(7), "retirement-ahead:7"),
        (NoticeKind::ForeignDeletion, "foreign-deletion"),
        (NoticeKind::Held(0), "held:0"),
        (NoticeKind::HoldEnds(3), "hold-ends:3"),
        (NoticeKind::Deactivated, "deactivated"),
        (NoticeKind::Emergency, "emergency"),
        (NoticeKind::Deleted, "deleted"),
        (NoticeKind::RolledBack, "rolled-back"),
        (NoticeKind::Blocked(Reason::SlotBlocked, u32::MAX), "blocked:slot-blocked:4294967295"),
        (NoticeKind::Failed(Reason::RotationDue, 2968), "failed:rotation-due:2968"),
        (NoticeKind::Planned(Reason::Unused, 2968), "planned:unused:2968"),
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
        for text in [
            "",
            "blocked:2968",
            "blocked:never:1",
            "rotated:1",
            "held",
            "held:",
            "held:-1",
            "held:4294967296",
            "held:x",
            "Rotated",
            "revoked",
            "held:1:2",
        ] {
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
