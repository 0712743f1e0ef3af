//! What the deployment wants: periods, exemptions, limits; and how a user's tags bend them for that user.

pub mod freeze;
pub mod periods;
pub mod tags;

use std::collections::BTreeSet;

pub use freeze::Freeze;
pub use periods::{InvalidPeriods, Periods, UserPeriods};
pub use tags::UserTags;

use crate::id::UserName;
use crate::time::Days;

/// Whether a run may change anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing changes; results and audit mails only.
    #[default]
    Audit,
    /// The plan is carried out.
    Enforce,
}

impl Mode {
    /// The stricter of what is configured and what an event asks for: an event can lower a run to audit, never raise it.
    #[must_use]
    pub fn lowered_by(self, asked: Option<Mode>) -> Mode {
        asked.map_or(self, |asked| self.min(asked))
    }

    /// The mode in the spelling of configuration, events and results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Audit => "audit",
            Mode::Enforce => "enforce",
        }
    }
}

/// Which users Keywheel looks after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// All of them.
    #[default]
    All,
    /// Only users with an `EMAIL` tag.
    Tagged,
}

/// What becomes of keys that nobody uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnusedKeys {
    /// Warned of, made inactive and deleted, without a replacement.
    #[default]
    Retire,
    /// Replaced like any other key.
    Rotate,
}

/// What becomes of an inactive key that Keywheel did not make inactive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForeignInactiveKeys {
    /// It stays and is reported.
    #[default]
    Keep,
    /// It is deleted after its owner was warned and it was seen inactive for `UNUSED_AFTER`.
    Delete,
}

/// The policy of one deployment, as the planner needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The life cycle's periods.
    pub periods: Periods,
    /// How many days before a step its owners are warned: descending, no duplicates.
    pub warn_days: Vec<Days>,
    /// A key used within so many days is held; zero is off.
    pub last_used_threshold: Days,
    /// After so many days of holding a key is made inactive all the same; none is never.
    pub max_hold: Option<Days>,
    /// A key unused for so long counts as unused.
    pub unused_after: Days,
    /// What becomes of unused keys.
    pub unused_keys: UnusedKeys,
    /// What becomes of inactive keys of a person's making.
    pub foreign_inactive_keys: ForeignInactiveKeys,
    /// Which users are looked after.
    pub selection: Selection,
    /// Only users whose IAM path begins so are looked after; `/` is all of them.
    pub user_path: String,
    /// The prefix of the tags that bend the policy for one user.
    pub tag_prefix: String,
    /// Nothing is made inactive before a notice of it was recorded as sent.
    pub require_notice: bool,
    /// Changes per account and run.
    pub max_changes: usize,
    /// When nothing changes.
    pub freeze: Freeze,
    /// Some users get a parameter besides their secret.
    pub parameters: bool,
    /// A host that has acknowledged nothing for so long is forgotten; none where hosts do not acknowledge.
    pub ack_forget_after: Option<Days>,
    /// So long after a user was found gone the user's secret is scheduled for deletion; none for never.
    pub housekeeping_after: Option<Days>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            periods: Periods::default(),
            warn_days: vec![Days(7), Days(3), Days(1)],
            last_used_threshold: Days(7),
            max_hold: Some(Days(30)),
            unused_after: Days(90),
            unused_keys: UnusedKeys::default(),
            foreign_inactive_keys: ForeignInactiveKeys::default(),
            selection: Selection::default(),
            user_path: "/".to_owned(),
            tag_prefix: "KeyRotation:".to_owned(),
            require_notice: true,
            max_changes: 50,
            freeze: Freeze::default(),
            parameters: false,
            ack_forget_after: None,
            housekeeping_after: Some(Days(30)),
        }
    }
}

/// Who is in the exemption group. Read once per run; a group that cannot be read stops all changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExemptionGroup {
    /// No group is configured.
    NotConfigured,
    /// Its members.
    Members(BTreeSet<UserName>),
    /// It is missing or could not be read.
    Unknown {
        /// Why, for the report.
        error: String,
    },
}

#[cfg(test)]
mod tests {
    use super::Mode::{Audit, Enforce};

    #[test]
    fn an_event_lowers_a_run_and_never_raises_it() {
        assert_eq!([Audit, Enforce].map(|mode| mode.lowered_by(None)), [Audit, Enforce]);
        assert_eq!([Audit, Enforce].map(|mode| mode.lowered_by(Some(Audit))), [Audit, Audit]);
        assert_eq!([Audit, Enforce].map(|mode| mode.lowered_by(Some(Enforce))), [Audit, Enforce]);
        assert_eq!(super::Mode::default(), Audit);
    }
}
