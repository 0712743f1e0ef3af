use keywheel_core::contract::digest::DigestEntry;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;

/// The parts of a mail, by what the reader must do; in the order in which they stand, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// AWS found a key in a public place, and nothing was done to it.
    Exposed,
    /// A person must decide.
    Decide,
    /// A mail did not reach an owner, or cannot.
    Unreachable,
    /// A step failed.
    Failed,
    /// The key leaked and was made inactive.
    Leaked,
    /// A new key takes the place of one that leaked and no longer works.
    InstallNow,
    /// A new key is there to be installed.
    Install,
    /// The old key will be made inactive.
    DeactivationAhead,
    /// The unused key will be made inactive, without a replacement.
    RetirementAhead,
    /// The old key should be inactive by now and still works.
    Held,
    /// The inactive key will be deleted.
    DeletionAhead,
    /// The old key was made inactive.
    MadeInactive,
    /// The unused key was made inactive.
    Retired,
    /// A new key will be made.
    RotationAhead,
    /// Something else is ahead.
    Ahead,
    /// The key was made active again.
    MadeActive,
    /// The key was deleted.
    Deleted,
    /// What an earlier run left half done was put right.
    PutRight,
    /// It waits for a later run.
    Waiting,
    /// Nothing was done, for a reason that is no trouble.
    LeftAlone,
}

impl Section {
    /// Every section.
    pub const ALL: &[Section] = &[
        Section::Exposed,
        Section::Decide,
        Section::Unreachable,
        Section::Failed,
        Section::Leaked,
        Section::InstallNow,
        Section::Install,
        Section::DeactivationAhead,
        Section::RetirementAhead,
        Section::Held,
        Section::DeletionAhead,
        Section::MadeInactive,
        Section::Retired,
        Section::RotationAhead,
        Section::Ahead,
        Section::MadeActive,
        Section::Deleted,
        Section::PutRight,
        Section::Waiting,
        Section::LeftAlone,
    ];

    /// The section in which an entry stands.
    #[must_use]
    pub fn of(entry: &DigestEntry) -> Self {
        match entry.status {
            StepStatus::Failed => return Section::Failed,
            StepStatus::Deferred if entry.step != StepKind::Skip && entry.step != StepKind::Hold => {
                return Section::Waiting;
            }
            StepStatus::Done | StepStatus::Planned | StepStatus::Deferred => {}
        }
        match entry.step {
            StepKind::Create | StepKind::Publish if entry.reason == Reason::Emergency => Section::InstallNow,
            StepKind::Create | StepKind::Publish => Section::Install,
            StepKind::Deactivate if entry.reason == Reason::Emergency => Section::Leaked,
            StepKind::Deactivate => Section::MadeInactive,
            StepKind::Retire => Section::Retired,
            StepKind::Delete => Section::Deleted,
            // The mail about the new key never arrived: this one is it.
            StepKind::Hold if entry.reason == Reason::NoticeNotSent => Section::Install,
            StepKind::Hold => Section::Held,
            StepKind::Reconcile => Section::PutRight,
            StepKind::Rollback => Section::MadeActive,
            StepKind::Warn => ahead(entry),
            StepKind::Skip => skipped(entry.reason),
        }
    }

    /// The section's name in templates.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Section::Exposed => "exposed",
            Section::Decide => "decide",
            Section::Unreachable => "unreachable",
            Section::Failed => "failed",
            Section::Leaked => "leaked",
            Section::InstallNow => "install-now",
            Section::Install => "install",
            Section::DeactivationAhead => "deactivation-ahead",
            Section::RetirementAhead => "retirement-ahead",
            Section::Held => "held",
            Section::DeletionAhead => "deletion-ahead",
            Section::MadeInactive => "made-inactive",
            Section::Retired => "retired",
            Section::RotationAhead => "rotation-ahead",
            Section::Ahead => "ahead",
            Section::MadeActive => "made-active",
            Section::Deleted => "deleted",
            Section::PutRight => "put-right",
            Section::Waiting => "waiting",
            Section::LeftAlone => "left-alone",
        }
    }

    /// Whether the reader must do something about it, if only to make sure that nothing needs the key.
    #[must_use]
    pub fn needs_action(self) -> bool {
        use Section::{DeactivationAhead, Decide, DeletionAhead, Held, RetirementAhead, Unreachable};
        let is_ahead = matches!(self, DeactivationAhead | RetirementAhead | DeletionAhead);
        is_ahead || self.is_for_at_once() || matches!(self, Decide | Unreachable | Section::Install | Held)
    }

    /// Whether what it asks for must be done at once, so that its date is not one to do it by.
    #[must_use]
    pub fn is_for_at_once(self) -> bool {
        matches!(self, Section::Exposed | Section::Leaked | Section::InstallNow | Section::MadeActive)
    }

    /// Whether the key can be made active again, and a reader may want to.
    #[must_use]
    pub fn can_be_undone(self) -> bool {
        matches!(self, Section::MadeInactive | Section::Retired | Section::DeletionAhead)
    }
}

fn ahead(entry: &DigestEntry) -> Section {
    match entry.reason {
        Reason::RotationAhead => Section::RotationAhead,
        Reason::DeactivationAhead => Section::DeactivationAhead,
        Reason::DeletionAhead | Reason::ForeignDeletionAhead | Reason::ForeignInactive => Section::DeletionAhead,
        Reason::RetirementAhead | Reason::Unused => Section::RetirementAhead,
        Reason::NoticeRepeated => Section::Install,
        Reason::DeactivationUntold => Section::MadeInactive,
        Reason::RollbackUntold => Section::MadeActive,
        Reason::DeletionUntold => Section::Deleted,
        Reason::Emergency | Reason::EmergencyGraceOver => Section::Leaked,
        reason => match skipped(reason) {
            Section::LeftAlone => Section::Ahead,
            section => section,
        },
    }
}

fn skipped(reason: Reason) -> Section {
    use Reason::{CircuitOpen, ClaimLost, CreationUnresolved, Frozen, MaxChanges, OutOfTime, PreconditionChanged};
    use Reason::{
        ClockOff, ConflictTwoActive, ExemptionsUnknown, KeysUnknown, MalformedTag, OwnerUnreachable, Quarantined,
        SecretUnknown, SlotBlocked,
    };
    use Reason::{ParameterBehind, ReplacementGone, ReplacementNotRetrievable, ReplacementUnproven, SlotInUse};
    match reason {
        ClockOff | ConflictTwoActive | ExemptionsUnknown | KeysUnknown | MalformedTag | SecretUnknown | SlotBlocked => {
            Section::Decide
        }
        ParameterBehind | ReplacementGone | ReplacementNotRetrievable => Section::Decide,
        Quarantined => Section::Exposed,
        OwnerUnreachable => Section::Unreachable,
        CircuitOpen | ClaimLost | CreationUnresolved | Frozen | MaxChanges | OutOfTime | PreconditionChanged => {
            Section::Waiting
        }
        ReplacementUnproven | SlotInUse => Section::Waiting,
        _ => Section::LeftAlone,
    }
}
