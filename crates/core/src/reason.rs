//! Why a step is taken or not: stable codes, in results, events and mails. `docs/reasons.md` is rendered from this file.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// A stable code that says why a step is taken or not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[doc = $doc])+ #[serde(rename = $code)] $name,)+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Reason] = &[$(Reason::$name,)+];

            /// The code, as it stands in results.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Reason::$name => $code,)+ }
            }

            /// The reason with this code.
            #[must_use]
            pub(crate) fn of_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.code() == code)
            }

            /// What the code means, for the reference.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Reason::$name => concat!($($doc),+).trim_ascii_start(),)+ }
            }
        }
    };
}

reasons! {
    /// The key has reached the rotation period: a replacement is made and published.
    RotationDue = "rotation-due",
    /// A replacement was asked for (`force_rotate`, or the action `create`).
    Forced = "forced",
    /// A replacement was made earlier and is not yet published: it is proven and published now.
    ReplacementPending = "replacement-pending",
    /// The replacement could not be proven to work in time: the pair stays pending and the next run goes on.
    ReplacementUnproven = "replacement-unproven",
    /// The replacement was published for the whole install grace and has taken over: the old key is made inactive.
    InstallGraceOver = "install-grace-over",
    /// The old key was held for the longest time allowed: it is made inactive, which can be undone.
    MaxHoldOver = "max-hold-over",
    /// Nobody has used the key for the set time: it is made inactive and not replaced.
    Unused = "unused",
    /// The key was inactive for the whole recovery grace: it is deleted.
    RecoveryGraceOver = "recovery-grace-over",
    /// The unused key was inactive for its whole grace: it is deleted.
    RetiredGraceOver = "retired-grace-over",
    /// The key was made inactive in an emergency, and was so for the whole recovery grace: it is deleted.
    EmergencyGraceOver = "emergency-grace-over",
    /// A person made the key inactive, it was seen inactive long enough and the owner was warned: it is deleted, as configured.
    ForeignInactive = "foreign-inactive",
    /// Keywheel made the key and its secret half was never stored: nobody can have it, so it is deleted at once.
    NeverStored = "never-stored",
    /// A call that makes keys was begun and its answer lost; this key appeared then, is stored nowhere and was never used: it is made inactive.
    OrphanedKey = "orphaned-key",
    /// The old key was used lately: it is held.
    StillInUse = "still-in-use",
    /// Nobody has used the replacement yet: the old key is held.
    NotTakenUp = "not-taken-up",
    /// A host that acknowledged the old key has not acknowledged the replacement: the old key is held.
    NotAcknowledged = "not-acknowledged",
    /// What hosts acknowledged could not be looked up, and counts as not acknowledged: the old key is held.
    AcknowledgementsUnknown = "acknowledgements-unknown",
    /// The look-up of the key's last use failed, which counts as in use: the old key is held.
    LastUsedUnknown = "last-used-unknown",
    /// No notice of the replacement is recorded as sent: the old key is held and the notice is asked for again.
    NoticeNotSent = "notice-not-sent",
    /// The replacement cannot be read from its secret: the old key is held.
    ReplacementNotRetrievable = "replacement-not-retrievable",
    /// The user's parameter does not hold the replacement, or that is not known: it is brought into step, and the old key is held until it is.
    ParameterBehind = "parameter-behind",
    /// The user's secret has been in another store for the whole grace of `HOUSEKEEPING_AFTER`, and no key is left whose pair the former one holds: that
    /// is scheduled for deletion, and can be restored for 30 days.
    SecretMoved = "secret-moved",
    /// The user is gone since the whole grace of `HOUSEKEEPING_AFTER`, and what is left of it is put away: the secret is scheduled for deletion, and
    /// can be restored for 30 days; what its hosts acknowledged is deleted; the parameter is deleted after those days.
    UserGone = "user-gone",
    /// A configured Region has no replica of the user's secret, or a failed one: it is replicated there. Nothing waits for it.
    ReplicaBehind = "replica-behind",
    /// The user's secret could not be looked at: nothing about this user changes.
    SecretUnknown = "secret-unknown",
    /// The key will be replaced on the date given.
    RotationAhead = "rotation-ahead",
    /// The old key will be made inactive on the date given.
    DeactivationAhead = "deactivation-ahead",
    /// The inactive key will be deleted on the date given.
    DeletionAhead = "deletion-ahead",
    /// The unused key will be made inactive on the date given, without a replacement.
    RetirementAhead = "retirement-ahead",
    /// The inactive key of a person's making will be deleted on the date given.
    ForeignDeletionAhead = "foreign-deletion-ahead",
    /// The key was made inactive in an earlier run, and no notice of that is recorded as sent to everybody: it is asked for again.
    DeactivationUntold = "deactivation-untold",
    /// The key was deleted in an earlier run, and no notice of that is recorded as sent to everybody: it is asked for again.
    DeletionUntold = "deletion-untold",
    /// A notice is not recorded as sent to everybody: it is asked for again.
    NoticeRepeated = "notice-repeated",
    /// Two active keys, neither of which took over from the other: both may serve live hosts, so nothing changes.
    ConflictTwoActive = "conflict-two-active",
    /// A replacement is due and a person's inactive key fills the second slot: nothing changes.
    SlotBlocked = "slot-blocked",
    /// A replacement is due and a superseded or retired key still fills the second slot: it waits for that key's deletion.
    SlotInUse = "slot-in-use",
    /// The replacement is gone or inactive: the old, inactive key stays, because it may be needed again.
    ReplacementGone = "replacement-gone",
    /// A call that makes keys was begun minutes ago and its end is not known: no other is made yet.
    CreationUnresolved = "creation-unresolved",
    /// The look-up of the user's keys failed: nothing about this user changes.
    KeysUnknown = "keys-unknown",
    /// All keys of the user are inactive: no new key is made.
    OnlyInactiveKeys = "only-inactive-keys",
    /// A person made the key inactive: it stays.
    PersonInactive = "person-inactive",
    /// The user is in the exemption group.
    ExemptGroup = "exempt-group",
    /// A tag exempts the user, or cannot be read and so counts as an exemption.
    ExemptTag = "exempt-tag",
    /// A tag of ours cannot be read: the longer of the tag's and the default's meaning holds for this user.
    MalformedTag = "malformed-tag",
    /// AWS attached its quarantine policy to the user, because it found a key of the user in a public place: the owners are told, and nothing
    /// else is done for it.
    Quarantined = "quarantined",
    /// A mail to an owner was refused or came back, or no mail may go where a tag directs it: the account owner is told.
    OwnerUnreachable = "owner-unreachable",
    /// `SELECTION` or `USER_PATH` selects other users: this one has no `EMAIL` tag, or another IAM path.
    NotSelected = "not-selected",
    /// The exemption group is missing or cannot be read: nothing in the account changes.
    ExemptionsUnknown = "exemptions-unknown",
    /// The account is looked after for the first time, or its ledger was lost: nothing is deleted in such a run.
    FirstSight = "first-sight",
    /// Somebody asked for it by an explicit action, and lifted by name what stood in the way.
    AskedFor = "asked-for",
    /// A rollback was asked for: the old key is active again, and its replacement gives way where nobody uses it.
    RolledBack = "rolled-back",
    /// A rollback of the user's keys was begun and is not ended: it goes first.
    RollbackBegun = "rollback-begun",
    /// The key was made active again in an earlier run, and no notice of that is recorded as sent to everybody: it is asked for again.
    RollbackUntold = "rollback-untold",
    /// An emergency was declared for the key: it is made inactive at once, and no rollback makes it active again.
    Emergency = "emergency",
    /// An emergency for the key was acted on before, and a person made it active since: what a person did stands.
    EmergencyPast = "emergency-past",
    /// An explicit action is done already, or there is no key that it could be done to.
    NothingToDo = "nothing-to-do",
    /// What an explicit action asks for must not be done before the date given.
    NotYetDue = "not-yet-due",
    /// No published replacement took over from the key: only an emergency makes it inactive.
    NotSuperseded = "not-superseded",
    /// The key is active: only an inactive key is deleted.
    NotInactive = "not-inactive",
    /// An explicit action names a key that the user does not have.
    KeyNotFound = "key-not-found",
    /// An explicit action names a user whom the account does not have.
    UserNotFound = "user-not-found",
    /// An explicit action could mean more than one key: its id must be named.
    AmbiguousKey = "ambiguous-key",
    /// A change freeze is on.
    Frozen = "frozen",
    /// The run has made as many changes as `MAX_CHANGES` allows: the rest waits for the next run.
    MaxChanges = "max-changes",
    /// Too many changes failed in this account: the rest waits for the next run.
    CircuitOpen = "circuit-open",
    /// What was seen right before the call differs from what the step was planned on: nothing was done.
    PreconditionChanged = "precondition-changed",
    /// The step was reviewed, and just the same is not planned any more: nothing was done.
    PlanChanged = "plan-changed",
    /// Another run took the account over: this one stopped before its next change.
    ClaimLost = "claim-lost",
    /// The time of the function was nearly up: the rest waits for the next run.
    OutOfTime = "out-of-time",
    /// This run's clock differs from AWS's by more than 5 minutes: nothing changes.
    ClockOff = "clock-off",
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// The reference of every reason, in Markdown.
#[must_use]
pub fn reference() -> String {
    let rows = Reason::ALL.iter().map(|reason| format!("| `{reason}` | {} |\n", reason.meaning()));
    let head = "# Reasons\n\n\
         <!-- Rendered from crates/core/src/reason.rs; UPDATE_DOCS=1 cargo test -p keywheel-core writes it anew. -->\n\n\
         Every step in a result, and every entry of a mail, has one of these codes. They are stable: reports and alarms may rely on\n\
         them. A step that was not carried out has the code of what stood in the way.\n\n\
         | code | meaning |\n|---|---|\n";
    std::iter::once(head.to_owned()).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_kebab_case_and_the_serialised_form() {
        let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            let code = reason.code();
            assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{code}");
            assert_eq!(serde_json::to_value(reason).unwrap(), code);
            assert_eq!(serde_json::from_value::<Reason>(code.into()).unwrap(), *reason);
        }
    }

    #[test]
    fn every_meaning_is_a_sentence() {
        for reason in Reason::ALL {
            let meaning = reason.meaning();
            assert!(meaning.len() > 15 && meaning.ends_with('.'), "{reason}: {meaning:?}");
            assert!(!meaning.starts_with(' '), "{reason}: {meaning:?}");
        }
    }
}
