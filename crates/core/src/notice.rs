//! Notices: what owners are told, and how a notice is told from another.

mod subject;
mod text;

pub use subject::NoticeSubject;

use serde::{Deserialize, Serialize};

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
}
