use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;

/// A reason in words for the one who gets the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// Why it is so.
    pub why: &'static str,
    /// What a person must do about it, where the section does not say it.
    pub todo: Option<&'static str>,
}

/// The words for a step that was taken, or not, for this reason. One table for all mails: a reason that is missing does not compile.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a table: one row for each reason")]
pub fn words(step: StepKind, reason: Reason) -> Words {
    let told = |why| Words { why, todo: None };
    let asked = |why, todo| Words { why, todo: Some(todo) };
    match (reason, step) {
        // Replacements.
        (Reason::RotationDue, _) => told("The key has reached the age at which keys are replaced."),
        (Reason::Forced, _) => told("Somebody who runs the rotation asked for a new key."),
        (Reason::ReplacementPending, _) => {
            told("The new key was made in an earlier run, which ended before it could be handed out.")
        }
        (Reason::ReplacementUnproven, _) => told(
            "The new key did not prove to work in time. It stays in store, the old key stays as it is, and the next run tries again.",
        ),
        (Reason::NeverStored, _) => told(
            "The secret half of this new key was never stored, so nobody can ever use it. Such a key is removed at once; the old key stays as it is.",
        ),
        (Reason::OrphanedKey, _) => told(
            "AWS's answer to the making of this key was lost. The key is stored nowhere and nobody has used it, so it serves nobody.",
        ),
        // Asked for.
        (Reason::AskedFor, _) => {
            told("Somebody who runs the rotation asked for it by name, before it would have happened by itself.")
        }
        (Reason::RolledBack, _) => told(
            "Somebody who runs the rotation asked to go back to this key. The new key is inactive, and kept, where nobody was using it.",
        ),
        (Reason::RollbackBegun, _) => told("A way back to the old key was begun and broke off; it is ended first."),
        (Reason::RollbackUntold, _) => told(
            "Somebody went back to this key in an earlier run, and no mail about that could be delivered; this one takes its place.",
        ),
        (Reason::Emergency, StepKind::Create | StepKind::Publish) => {
            told("The key before it leaked, or may have, and no longer works.")
        }
        (Reason::Emergency, _) => {
            told("The key leaked, or may have: somebody who runs the rotation declared an emergency.")
        }
        (Reason::EmergencyGraceOver, _) => told("The key leaked, and was then inactive for its whole time of grace."),
        (Reason::EmergencyPast, _) => {
            told("The key was made inactive in an earlier emergency, and somebody made it active again since.")
        }
        (Reason::NothingToDo, _) => told("What was asked for is done already, or there is no key for it."),
        (Reason::NotYetDue, _) => told("It was asked for before its time, and was not done."),
        (Reason::NotSuperseded, _) => told("No new key took over from this one, so it stays active."),
        (Reason::NotInactive, _) => told("The key is active, and only inactive keys are deleted."),
        (Reason::KeyNotFound, _) => told("The user has no key with the id that was asked about."),
        (Reason::UserNotFound, _) => told("The account has no user with the name that was asked about."),
        (Reason::AmbiguousKey, _) => told("More than one key could have been meant, so none was changed."),
        // Old keys whose day has come.
        (Reason::InstallGraceOver, _) => told(
            "The new key has been available for the whole time given for installing it, and has been taken into use.",
        ),
        (Reason::MaxHoldOver, _) => {
            told("The old key was still in use or the new one unused, and the longest time for waiting is over.")
        }
        (Reason::Unused, _) => told("Nobody has used the key for a long time."),
        (Reason::StillInUse, _) => told("The old key was used in the last days."),
        (Reason::NotTakenUp, _) => told("Nobody has used the new key yet."),
        (Reason::NotAcknowledged, _) => told("A host that had the old key has not said yet that it has the new one."),
        (Reason::AcknowledgementsUnknown, _) => {
            told("It could not be looked up which hosts have the new key, which counts as none.")
        }
        (Reason::LastUsedUnknown, _) => told("AWS did not say when the key was last used, which counts as in use."),
        (Reason::NoticeNotSent, _) => told(
            "The mail about the new key could not be delivered before, so the time for installing it starts with this one.",
        ),
        (Reason::ReplacementNotRetrievable, _) => asked(
            "The new key cannot be read from its secret.",
            "Look at the secret in AWS Secrets Manager: if it is scheduled for deletion, restore it; if its policy was changed, put it back. The old key stays active until then.",
        ),
        (Reason::ParameterBehind, _) => asked(
            "The new key is in its secret, and not yet in the parameter from which its hosts read it.",
            "Read under \"Details\", or in the account's result, why the parameter could not be written, and mend that. The old key stays active until then.",
        ),
        (Reason::SecretMoved, _) => told(
            "The secret has been in another place for a long time, so the former one is put away. It can be restored for 30 days.",
        ),
        (Reason::UserGone, _) => told(
            "The user is gone for a long time, so what is left of it is put away: its secret, which can be restored for 30 days; after those, its parameter, for good.",
        ),
        (Reason::ReplicaBehind, _) => {
            told("The secret is not in every AWS Region in which it should be. Keywheel tries again.")
        }
        // Deletions.
        (Reason::RecoveryGraceOver, _) => {
            told("The key was inactive for the whole time in which it could be called back.")
        }
        (Reason::RetiredGraceOver, _) => told("The key was unused, then inactive for its whole time of grace."),
        (Reason::ForeignInactive, StepKind::Warn) => told("Somebody made the key inactive long ago."),
        (Reason::ForeignInactive, _) => {
            told("Somebody made the key inactive long ago, and its deletion was announced.")
        }
        // What is ahead.
        (Reason::RotationAhead, _) => told("The key will soon reach the age at which keys are replaced."),
        (Reason::DeactivationAhead, _) => told("The time in which old and new key both work is nearly over."),
        (Reason::DeletionAhead, _) => told("The time in which the inactive key can be called back is nearly over."),
        (Reason::RetirementAhead, _) => {
            told("The key has been unused for so long that it is taken out of service, after a time of grace.")
        }
        (Reason::ForeignDeletionAhead, _) => {
            told("Somebody made the key inactive, and inactive keys are deleted after a time.")
        }
        (Reason::DeactivationUntold, _) => told(
            "The key was made inactive in an earlier run, and no mail about that could be delivered; this one takes its place.",
        ),
        (Reason::DeletionUntold, _) => told(
            "The key was deleted in an earlier run, and no mail about that could be delivered; this one takes its place.",
        ),
        (Reason::NoticeRepeated, _) => {
            told("An earlier mail about this could not be delivered; this one takes its place.")
        }
        // A person must act.
        (Reason::ConflictTwoActive, _) => asked(
            "The user has two active keys, and the rotation made neither of them. Both may be in use, so both stay as they are.",
            "Find out where each key is used, move everything to one of them, and make the other inactive.",
        ),
        (Reason::SlotBlocked, _) => asked(
            "A new key is due, and IAM allows two keys per user: the second place is taken by a key that somebody made inactive.",
            "If nobody needs the inactive key, delete it; the next run then makes the new key.",
        ),
        (Reason::ReplacementGone, _) => asked(
            "The key that took over from this one is gone or inactive. This one is inactive and stays, because it may be needed again.",
            "Find out which key is in use. If it is neither, make one of them active again; if nobody needs this one, delete it.",
        ),
        (Reason::KeysUnknown, _) => asked(
            "The user's keys could not be looked at, so nothing about this user changes.",
            "Check that the rotation's role may list this user's access keys.",
        ),
        (Reason::SecretUnknown, _) => asked(
            "The user's secret in AWS Secrets Manager could not be looked at, so nothing about this user's keys changes.",
            "Check that the rotation's role may describe the secret and use its KMS key.",
        ),
        (Reason::OwnerUnreachable, _) => asked(
            "The address was refused, the mail came back, or no mail may go to this address. You get every notice about these keys all the same.",
            "Correct the tag on the IAM user, or the e-mail address of the account.",
        ),
        (Reason::Quarantined, _) => asked(
            "AWS attached its quarantine policy to the user, as it does when it finds an access key in a public place. Keys are replaced as ever.",
            "Find out from AWS's mail or AWS Health which key it is, and ask the team that runs the rotation for an emergency about that key. Then take the policy off the user.",
        ),
        (Reason::MalformedTag, _) => asked(
            "A tag on the user that steers the rotation cannot be read. Until it can, the more careful meaning holds for this user.",
            "Correct the tag on the IAM user, or take it off.",
        ),
        (Reason::ExemptionsUnknown, _) => asked(
            "The group of users that are left alone is missing or cannot be read, so no key in the account changes.",
            "Create the IAM group again, or correct its name in the rotation's configuration.",
        ),
        (Reason::ClockOff, _) => asked(
            "The rotation's clock differs from AWS's by more than 5 minutes, so nothing changes.",
            "Show this mail to the team that runs the rotation.",
        ),
        // Left as it is.
        (Reason::SlotInUse, _) => {
            told("A new key is due, and the second place is still taken by an older key that is to be deleted first.")
        }
        (Reason::OnlyInactiveKeys, _) => told("All keys of the user are inactive, so no new one is made."),
        (Reason::PersonInactive, _) => {
            told("The key is inactive by somebody's own doing, and what a person did stands.")
        }
        (Reason::ExemptGroup, _) => told("The user is in the group of users that are left alone."),
        (Reason::ExemptTag, _) => {
            told("A tag on the user says that its keys are left alone, or such a tag cannot be read.")
        }
        (Reason::NotSelected, _) => {
            told("Only some users take part, by a tag or by their IAM path, and this one does not.")
        }
        // Waits.
        (Reason::CreationUnresolved, _) => {
            told("The making of a new key began minutes ago and its end is not known yet, so no other is made.")
        }
        (Reason::FirstSight, _) => {
            told("Nothing is deleted in the first run over an account, or after its memory was lost.")
        }
        (Reason::Frozen, _) => told("Changes are frozen today."),
        (Reason::MaxChanges, _) => told("The run had made as many changes as are allowed in one run."),
        (Reason::CircuitOpen, _) => told("Too many changes failed in this account today, so the rest was left alone."),
        (Reason::PreconditionChanged, _) => {
            told("Something about the key changed while the run was at work, so nothing was done to it.")
        }
        (Reason::PlanChanged, _) => told("What was reviewed is not what is due any more, so nothing was done."),
        (Reason::ClaimLost, _) => told("Another run took the account over."),
        (Reason::OutOfTime, _) => told("The run's time was nearly up."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [StepKind; 10] = [
        StepKind::Create,
        StepKind::Publish,
        StepKind::Deactivate,
        StepKind::Delete,
        StepKind::Retire,
        StepKind::Hold,
        StepKind::Warn,
        StepKind::Reconcile,
        StepKind::Rollback,
        StepKind::Skip,
    ];

    fn everything() -> impl Iterator<Item = (Reason, StepKind, Words)> {
        Reason::ALL.iter().flat_map(|reason| STEPS.map(|step| (*reason, step, words(step, *reason))))
    }

    #[test]
    fn every_reason_is_told_in_whole_sentences() {
        for (reason, step, words) in everything() {
            for text in std::iter::once(words.why).chain(words.todo) {
                assert!(text.len() > 20 && text.ends_with('.'), "{reason} {step:?}: {text:?}");
                assert!(text.starts_with(|c: char| c.is_ascii_uppercase()), "{reason} {step:?}: {text:?}");
                assert!(!text.contains("  ") && text.lines().count() == 1, "{reason} {step:?}: {text:?}");
            }
        }
    }

    #[test]
    fn no_reason_is_told_in_the_words_of_the_configuration() {
        for (reason, step, words) in everything() {
            let text = format!("{} {}", words.why, words.todo.unwrap_or_default());
            assert!(!text.contains('_') && !text.contains('`'), "{reason} {step:?}: {text}");
            assert!(!text.contains(reason.code()) || !reason.code().contains('-'), "{reason} {step:?}: {text}");
        }
    }

    #[test]
    fn no_two_reasons_read_alike() {
        let mut seen = std::collections::BTreeMap::new();
        for (reason, _, words) in everything() {
            let other = seen.insert(words.why, reason);
            assert!(other.is_none_or(|other| other == reason), "{reason} reads like {}", other.unwrap());
        }
    }
}
