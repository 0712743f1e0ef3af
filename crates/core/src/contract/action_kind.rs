//! What can be asked for explicitly, and what stands in its way.

use serde::{Deserialize, Serialize};

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionKind {
    /// A replacement is made now, whatever the key's age.
    Create,
    /// The superseded key is made inactive now, if nothing holds it.
    Deactivate,
    /// The inactive key is deleted now, if its grace is over.
    Delete,
    /// The old key is made active again, and its replacement inactive.
    Rollback,
    /// A key that leaked is made inactive at once.
    Emergency,
}

impl ActionKind {
    /// The action's name in events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ActionKind::Create => "create",
            ActionKind::Deactivate => "deactivate",
            ActionKind::Delete => "delete",
            ActionKind::Rollback => "rollback",
            ActionKind::Emergency => "emergency",
        }
    }

    /// The guards that an override can lift for this action. Any other stands, whoever asks.
    #[must_use]
    pub fn liftable(self) -> &'static [Guard] {
        match self {
            ActionKind::Create | ActionKind::Emergency => &[Guard::Freeze],
            ActionKind::Deactivate => {
                &[Guard::LastUsed, Guard::TakeUp, Guard::Acknowledgement, Guard::InstallGrace, Guard::Freeze]
            }
            ActionKind::Delete => &[Guard::PersonInactive, Guard::Freeze],
            ActionKind::Rollback => &[Guard::LastUsed, Guard::Freeze],
        }
    }
}

/// What keeps an explicit action from being carried out, and can be lifted by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// The key that is to be made inactive was used lately, or when it was used last is not known.
    LastUsed,
    /// Nobody has used the replacement yet.
    TakeUp,
    /// A host still has the key that is to be made inactive, as far as it acknowledges, or what hosts have is not known.
    Acknowledgement,
    /// Old and new key have not worked side by side for the whole install grace, or the owners were not told.
    InstallGrace,
    /// A person made the key inactive.
    PersonInactive,
    /// A change freeze is on.
    Freeze,
}

impl Guard {
    /// The guard's name in events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Guard::LastUsed => "last-used",
            Guard::TakeUp => "take-up",
            Guard::Acknowledgement => "acknowledgement",
            Guard::InstallGrace => "install-grace",
            Guard::PersonInactive => "person-inactive",
            Guard::Freeze => "freeze",
        }
    }
}

impl std::fmt::Display for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
