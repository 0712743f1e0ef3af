//! A kind of notice as text, as the ledger has it.

use super::NoticeKind;
use crate::reason::Reason;

impl NoticeKind {
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
}
