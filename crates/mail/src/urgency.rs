//! Which mails go first where a quota does not allow all of them.

use keywheel_core::contract::digest::{Digest, DigestEntry, RecipientRole};
use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, NIGHTS_VARY, after, plus};

use crate::ports::Urgency;

/// A warning of what comes within so many days, and the hours by which warnings are early, is urgent.
const SOON: Days = Days(3);

/// What somebody should have been told in an earlier run, and what is an emergency.
const OVERDUE: [Reason; 7] = [
    Reason::NoticeRepeated,
    Reason::NoticeNotSent,
    Reason::DeactivationUntold,
    Reason::DeletionUntold,
    Reason::RollbackUntold,
    Reason::Emergency,
    Reason::Quarantined,
];

/// The urgency of a digest with these entries: that of the most urgent of them.
pub(crate) fn of(digest: &Digest, entries: &[&DigestEntry]) -> Urgency {
    let is_urgent = |entry: &&DigestEntry| digest.mode == Mode::Enforce && is_urgent(digest, entry);
    if entries.iter().any(is_urgent) { Urgency::Urgent } else { Urgency::Routine }
}

/// What was done to a key cannot wait, nor can what went wrong; a grace starts, or a host stops working. A notice that was lost cannot wait
/// again. What comes every week can.
fn is_urgent(digest: &Digest, entry: &DigestEntry) -> bool {
    // What is repeated to SECURITY_EMAIL the owners may have already.
    let is_copy = digest.recipient.role == RecipientRole::Security
        && !matches!(entry.reason, Reason::Emergency | Reason::Quarantined);
    if OVERDUE.contains(&entry.reason) {
        return !is_copy;
    }
    match (entry.step, entry.status) {
        (_, StepStatus::Failed) => true,
        (StepKind::Skip, _) | (_, StepStatus::Planned | StepStatus::Deferred) => false,
        // A hold that does not end by itself has been due since long.
        (StepKind::Hold, _) if entry.due.is_none_or(|due| due <= digest.at) => false,
        (StepKind::Hold | StepKind::Warn, StepStatus::Done) => {
            entry.due.is_some_and(|due| due <= plus(after(digest.at, SOON), NIGHTS_VARY))
        }
        (_, StepStatus::Done) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn urgency(mode: &str, step: &str, status: &str, due: Option<&str>) -> Urgency {
        urgency_of(mode, step, status, "rotation-due", due)
    }

    fn urgency_of(mode: &str, step: &str, status: &str, reason: &str, due: Option<&str>) -> Urgency {
        let entry = json!({
            "notice_id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "user": "alice", "step": step, "status": status,
            "reason": reason, "due": due,
        });
        let digest = json!({
            "schema_version": 1, "run_id": "r", "mode": mode, "at": "2026-11-20T02:00:00Z", "region": "eu-central-1",
            "account": { "id": "111122223333", "name": "", "partition": "aws" }, "template": "digest",
            "recipient": { "email": "owner@example.com", "role": "account-owner" },
            "periods": { "rotation": 90, "install_grace": 10, "recovery_grace": 35 }, "entries": [entry],
        });
        let digest: Digest = serde_json::from_value(digest).unwrap();
        of(&digest, &digest.entries.iter().collect::<Vec<_>>())
    }

    #[test]
    fn deeds_failures_and_what_comes_within_days_go_first() {
        use Urgency::{Routine, Urgent};
        let (soon, later) = (Some("2026-11-23T08:00:00Z"), Some("2026-11-23T08:00:01Z"));
        for (mode, step, status, due, expected) in [
            ("enforce", "create", "done", None, Urgent),
            ("enforce", "deactivate", "done", None, Urgent),
            ("enforce", "rollback", "done", None, Urgent),
            ("enforce", "delete", "failed", None, Urgent),
            ("enforce", "warn", "done", soon, Urgent),
            ("enforce", "warn", "done", later, Routine),
            ("enforce", "hold", "done", None, Routine),
            ("enforce", "hold", "done", Some("2026-11-20T02:00:00Z"), Routine),
            ("enforce", "hold", "done", soon, Urgent),
            ("enforce", "hold", "done", later, Routine),
            ("enforce", "skip", "done", None, Routine),
            ("enforce", "deactivate", "deferred", None, Routine),
            ("audit", "create", "planned", None, Routine),
            ("audit", "delete", "failed", None, Routine),
        ] {
            assert_eq!(urgency(mode, step, status, due), expected, "{mode} {step} {status}");
        }
    }

    #[test]
    fn what_should_have_been_told_before_goes_first() {
        use Urgency::{Routine, Urgent};
        let later = Some("2026-12-20T02:00:00Z");
        for (mode, step, status, reason, expected) in [
            ("enforce", "warn", "done", "notice-repeated", Urgent),
            ("enforce", "hold", "done", "notice-not-sent", Urgent),
            ("enforce", "warn", "done", "deactivation-untold", Urgent),
            ("enforce", "warn", "done", "deletion-untold", Urgent),
            ("enforce", "warn", "done", "rollback-untold", Urgent),
            ("enforce", "create", "deferred", "emergency", Urgent),
            ("enforce", "skip", "done", "quarantined", Urgent),
            ("enforce", "warn", "done", "deletion-ahead", Routine),
            ("enforce", "hold", "done", "still-in-use", Routine),
            ("audit", "hold", "planned", "notice-not-sent", Routine),
        ] {
            assert_eq!(urgency_of(mode, step, status, reason, later), expected, "{mode} {step} {status} {reason}");
        }
    }
}
