use keywheel_core::policy::Mode;
use serde::{Deserialize, Serialize};

use crate::words::Section;

/// The mails there are: each has a folder of this name with its templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailKind {
    /// A new key is there to be installed.
    Rotated,
    /// Something will be done to a key.
    Warning,
    /// An old key should be inactive by now and still works.
    Held,
    /// An old key was made inactive.
    Deactivated,
    /// A key was deleted.
    Deleted,
    /// An unused key was made inactive, without a replacement.
    Retired,
    /// A step failed.
    Failed,
    /// Nothing goes on until a person has done something.
    Blocked,
    /// A key leaked.
    Emergency,
    /// What an enforcing run would do.
    Audit,
    /// News of several kinds, or of one that has no mail of its own.
    Digest,
}

impl MailKind {
    /// Every mail.
    pub const ALL: &[MailKind] = &[
        MailKind::Rotated,
        MailKind::Warning,
        MailKind::Held,
        MailKind::Deactivated,
        MailKind::Deleted,
        MailKind::Retired,
        MailKind::Failed,
        MailKind::Blocked,
        MailKind::Emergency,
        MailKind::Audit,
        MailKind::Digest,
    ];

    /// The folder of its templates.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            MailKind::Rotated => "rotated",
            MailKind::Warning => "warning",
            MailKind::Held => "held",
            MailKind::Deactivated => "deactivated",
            MailKind::Deleted => "deleted",
            MailKind::Retired => "retired",
            MailKind::Failed => "failed",
            MailKind::Blocked => "blocked",
            MailKind::Emergency => "emergency",
            MailKind::Audit => "audit",
            MailKind::Digest => "digest",
        }
    }

    /// The mail for entries of these sections: [`MailKind::Audit`] in an audit, the sections' own where they all have the same, else
    /// [`MailKind::Digest`].
    #[must_use]
    pub fn of(mode: Mode, sections: impl IntoIterator<Item = Section>) -> Self {
        if mode == Mode::Audit {
            return MailKind::Audit;
        }
        let mut kinds = sections.into_iter().map(MailKind::of_section);
        let first = kinds.next().unwrap_or(MailKind::Digest);
        if kinds.all(|kind| kind == first) { first } else { MailKind::Digest }
    }

    /// The mail for entries of this section alone.
    #[must_use]
    pub fn of_section(section: Section) -> Self {
        match section {
            Section::Exposed | Section::Decide | Section::Unreachable => MailKind::Blocked,
            Section::Failed => MailKind::Failed,
            Section::Leaked | Section::InstallNow => MailKind::Emergency,
            Section::Install => MailKind::Rotated,
            Section::DeactivationAhead | Section::RetirementAhead | Section::DeletionAhead | Section::RotationAhead => {
                MailKind::Warning
            }
            Section::Held => MailKind::Held,
            Section::MadeInactive => MailKind::Deactivated,
            Section::Retired => MailKind::Retired,
            Section::Deleted => MailKind::Deleted,
            Section::Ahead | Section::MadeActive | Section::PutRight | Section::Waiting | Section::LeftAlone => {
                MailKind::Digest
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audit_has_one_mail_whatever_it_would_do() {
        assert_eq!(MailKind::of(Mode::Audit, [Section::Install]), MailKind::Audit);
    }

    #[test]
    fn entries_of_one_kind_have_its_mail_and_others_the_digest() {
        let of = |sections: &[Section]| MailKind::of(Mode::Enforce, sections.iter().copied());
        assert_eq!(of(&[Section::Install, Section::Install]), MailKind::Rotated);
        assert_eq!(of(&[Section::DeactivationAhead, Section::DeletionAhead]), MailKind::Warning);
        assert_eq!(of(&[Section::Leaked, Section::InstallNow]), MailKind::Emergency);
        assert_eq!(of(&[Section::Install, Section::Held]), MailKind::Digest);
        assert_eq!(of(&[Section::PutRight]), MailKind::Digest);
        assert_eq!(of(&[]), MailKind::Digest);
    }

    #[test]
    fn a_mail_goes_by_the_name_of_its_folder() {
        for kind in MailKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.folder());
        }
    }
}
