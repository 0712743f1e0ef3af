//! Entries of every kind.

use keywheel_core::contract::digest::DigestEntry;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;

use super::{ARMOURED, at, entry, key, rotated, secret_name, used};

/// One entry of every kind that an enforcing run tells of.
pub(crate) fn every_kind() -> Vec<DigestEntry> {
    use StepKind::{Create, Deactivate, Delete, Hold, Publish, Reconcile, Retire, Rollback, Skip, Warn};
    use StepStatus::{Deferred, Done, Failed};
    let due = |text: &str, entry: DigestEntry| DigestEntry { due: Some(at(text)), ..entry };
    let beside = |other, entry: DigestEntry| DigestEntry { other_key: Some(other), ..entry };
    let install = |entry: DigestEntry| DigestEntry {
        replacement: Some(key(7000)),
        secret_name: Some(secret_name(entry.user.as_str())),
        ..entry
    };
    vec![
        DigestEntry {
            instructions: vec!["Restart the nightly export.".to_owned(), "Ask in #payments.".to_owned()],
            ..rotated(1, "alice")
        },
        rotated(2, "backup,tape"),
        DigestEntry {
            encrypted_pair: Some(ARMOURED.to_owned()),
            ..install(due("2026-12-01T02:00:00Z", entry(3, "ci-runner", Publish, Done, Reason::ReplacementPending)))
        },
        install(due("2026-11-27T02:00:00Z", entry(4, "bob", Warn, Done, Reason::DeactivationAhead))),
        install(due("2026-11-30T02:00:00Z", entry(5, "carol", Warn, Done, Reason::NoticeRepeated))),
        due("2026-11-27T02:00:00Z", entry(6, "old-export", Warn, Done, Reason::RetirementAhead)),
        due("2026-11-23T02:00:00Z", entry(7, "dave", Warn, Done, Reason::DeletionAhead)),
        due("2026-11-23T02:00:00Z", entry(8, "erin", Warn, Done, Reason::ForeignDeletionAhead)),
        due("2026-11-21T02:00:00Z", entry(9, "frank", Warn, Done, Reason::RotationAhead)),
        DigestEntry {
            last_used: Some(used("2026-11-19T22:15:00Z")),
            ..install(due("2026-11-17T02:00:00Z", entry(10, "grace", Hold, Done, Reason::StillInUse)))
        },
        install(due("2026-11-18T02:00:00Z", entry(11, "heidi", Hold, Done, Reason::NotTakenUp))),
        install(due("2026-12-25T02:00:00Z", entry(12, "ivan", Deactivate, Done, Reason::InstallGraceOver))),
        due("2027-02-18T02:00:00Z", entry(13, "judy", Retire, Done, Reason::Unused)),
        install(due("2026-11-19T23:30:00Z", entry(14, "mallory", Delete, Done, Reason::RecoveryGraceOver))),
        DigestEntry {
            detail: Some("iam:CreateAccessKey failed: ServiceFailure: try again".to_owned()),
            ..entry(15, "niaj", Create, Failed, Reason::RotationDue)
        },
        beside(key(7016), due("2026-11-10T01:00:00Z", entry(16, "olivia", Skip, Done, Reason::ConflictTwoActive))),
        beside(key(7017), due("2026-11-10T01:00:00Z", entry(17, "peggy", Skip, Done, Reason::SlotBlocked))),
        DigestEntry {
            access_key_id: None,
            detail: Some("ROTATE_AFTER_DAYS is \"soon\"; accepted: a number of days from 1 to 36500".to_owned()),
            ..entry(18, "rupert", Skip, Done, Reason::MalformedTag)
        },
        DigestEntry {
            detail: Some(
                "the mail about the new key to the address in the tag KeyRotation:EMAIL was refused or came back"
                    .to_owned(),
            ),
            ..entry(24, "wendy", Skip, Done, Reason::OwnerUnreachable)
        },
        DigestEntry {
            detail: Some("AWSCompromisedKeyQuarantineV3".to_owned()),
            ..entry(25, "xena", Skip, Done, Reason::Quarantined)
        },
        entry(19, "sybil", Reconcile, Done, Reason::NeverStored),
        DigestEntry {
            replacement: Some(key(7020)),
            secret_name: Some(secret_name("trent")),
            ..due("2026-11-20T02:00:00Z", entry(20, "trent", Rollback, Done, Reason::RolledBack))
        },
        entry(21, "victor", Deactivate, Deferred, Reason::MaxChanges),
        entry(22, "walter", Skip, Done, Reason::ExemptGroup),
        due("2026-12-25T02:00:00Z", entry(23, "yves", Deactivate, Done, Reason::Emergency)),
        install(due("2026-11-20T02:00:00Z", entry(23, "yves", Create, Done, Reason::Emergency))),
    ]
}

/// What an auditing run tells of.
pub(crate) fn planned() -> Vec<DigestEntry> {
    use StepKind::{Create, Deactivate, Delete, Hold, Retire, Skip};
    let planned = |number, user, step, reason| DigestEntry {
        due: Some(at("2026-11-20T02:00:00Z")),
        ..entry(number, user, step, StepStatus::Planned, reason)
    };
    vec![
        DigestEntry { due: Some(at("2026-10-11T08:30:00Z")), ..planned(1, "alice", Create, Reason::RotationDue) },
        planned(2, "bob", Deactivate, Reason::InstallGraceOver),
        planned(3, "carol", Delete, Reason::RecoveryGraceOver),
        planned(4, "dave", Retire, Reason::Unused),
        DigestEntry { last_used: Some(used("2026-11-19T22:15:00Z")), ..planned(5, "erin", Hold, Reason::StillInUse) },
        planned(6, "frank", Skip, Reason::ConflictTwoActive),
    ]
}
