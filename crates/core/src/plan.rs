//! The plan: what a run will do to the keys of one account, and why. Immutable, and specific enough that execution makes no choices.

mod preconditions;

pub use preconditions::Preconditions;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::acknowledgement::Hosts;
use crate::contract::action::Guard;
use crate::id::{AccessKeyId, UserId, UserName};
use crate::ledger::InactiveBecause;
use crate::notice::NoticeKind;
use crate::observed::KeyUse;
use crate::reason::Reason;
use crate::time::Days;

/// What a step is called in results, events and mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// A replacement is made.
    Create,
    /// A replacement is proven and becomes what the secret hands out.
    Publish,
    /// An old key is made inactive.
    Deactivate,
    /// An inactive key is deleted.
    Delete,
    /// An unused key is made inactive, without a replacement.
    Retire,
    /// A key whose day has come is left active.
    Hold,
    /// Owners are told of what is ahead.
    Warn,
    /// What an earlier run left half-done is put right.
    Reconcile,
    /// An old key is made active again.
    Rollback,
    /// Something is due, or might seem so, and is not done.
    Skip,
}

impl StepKind {
    /// The step's name as it stands in results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            StepKind::Create => "create",
            StepKind::Publish => "publish",
            StepKind::Deactivate => "deactivate",
            StepKind::Delete => "delete",
            StepKind::Retire => "retire",
            StepKind::Hold => "hold",
            StepKind::Warn => "warn",
            StepKind::Reconcile => "reconcile",
            StepKind::Rollback => "rollback",
            StepKind::Skip => "skip",
        }
    }
}

/// What a run will do in one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountPlan {
    /// The steps, most urgent first.
    pub steps: Vec<Step>,
}

/// One step for one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The user.
    pub user: UserName,
    /// The user's id: the step is for that user, not for a later one of the same name.
    pub user_id: UserId,
    /// The key that the step is about; for a replacement, the key to be superseded. None where it is about the user.
    #[serde(rename = "access_key_id", default, skip_serializing_if = "Option::is_none")]
    pub key: Option<AccessKeyId>,
    /// What the step is called.
    #[serde(rename = "step")]
    pub kind: StepKind,
    /// Why.
    pub reason: Reason,
    /// When it was due, or what it announces will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// What is done; nothing for steps that only tell.
    pub action: Action,
    /// What must still hold right before the call.
    #[serde(default)]
    pub preconditions: Preconditions,
    /// The last use of the key, where it is known: what still uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<KeyUse>,
    /// The key that took over from this one, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<AccessKeyId>,
    /// How long after this step the key's next one follows, where one does: for the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_after: Option<Days>,
    /// When a hold ends by itself, where it does: for the mail. Its result goes by `due`, since when the key has been waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// The notice that tells the owners, if they are to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticeKind>,
    /// The guards that stood in the way, and that an explicit action lifted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub overridden: BTreeSet<Guard>,
    /// Hosts that may still have the key, as far as they acknowledge.
    #[serde(default, skip_serializing_if = "Hosts::is_empty")]
    pub hosts: Hosts,
}

impl Step {
    /// A step about a user as a whole that does nothing and tells nobody, to be completed.
    #[must_use]
    pub fn about(user: &UserName, user_id: &UserId, kind: StepKind, reason: Reason) -> Self {
        Self {
            user: user.clone(),
            user_id: user_id.clone(),
            key: None,
            kind,
            reason,
            due: None,
            action: Action::None,
            preconditions: Preconditions::default(),
            last_used: None,
            replacement: None,
            next_after: None,
            ends: None,
            notice: None,
            overridden: BTreeSet::new(),
            hosts: Hosts::default(),
        }
    }
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// Nothing but telling.
    None,
    /// The key is marked as held since this run, where it is not so marked yet.
    Hold,
    /// Makes, stores, proves and publishes a replacement for the key.
    Replace {
        /// The key to be superseded.
        supersedes: AccessKeyId,
        /// When IAM made that key.
        supersedes_created: Timestamp,
    },
    /// Proves and publishes a replacement that an earlier run left pending.
    Publish {
        /// The pending key.
        replacement: AccessKeyId,
        /// The key to be superseded, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supersedes: Option<AccessKeyId>,
    },
    /// Brings the user's parameter into step with a published key.
    Deliver {
        /// The key.
        key: AccessKeyId,
    },
    /// Replicates the secret that hands the key out to those Regions that are behind.
    Replicate {
        /// The key.
        key: AccessKeyId,
    },
    /// Schedules the secret of a user who is gone for deletion.
    ScheduleSecret,
    /// Schedules for deletion the secret that stayed in the store from which the deployment moved.
    ScheduleFormerSecret,
    /// Deletes the parameter of a user who is gone.
    DeleteParameter {
        /// Its name, as it was written down when Keywheel wrote it first.
        name: String,
    },
    /// Deletes what hosts of a user who is gone acknowledge.
    ForgetHosts,
    /// Makes the key inactive.
    Deactivate {
        /// The key.
        key: AccessKeyId,
        /// Why, for the ledger.
        because: InactiveBecause,
    },
    /// Deletes the key.
    Delete {
        /// The key.
        key: AccessKeyId,
    },
    /// Deletes Keywheel's own key whose secret half was never stored.
    DeleteNeverStored {
        /// The key.
        key: AccessKeyId,
    },
    /// Makes the old key active again, and then its replacement inactive.
    Rollback {
        /// The old key.
        old: AccessKeyId,
        /// The key that took over from it, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<AccessKeyId>,
        /// Somebody uses that key: it stays active, and the secret goes on handing it out.
        new_stays: bool,
    },
    /// Does not do what an explicit action asked for.
    Refuse {
        /// Which guard refuses, and the way out.
        why: String,
    },
}

impl Action {
    /// The key from which a replacement takes over, where the action is about one.
    #[must_use]
    pub fn supersedes(&self) -> Option<&AccessKeyId> {
        match self {
            Action::Replace { supersedes, .. } => Some(supersedes),
            Action::Publish { supersedes, .. } => supersedes.as_ref(),
            _ => None,
        }
    }

    /// Whether the action changes anything in IAM, Secrets Manager or Parameter Store.
    #[must_use]
    pub fn is_change(&self) -> bool {
        !matches!(self, Action::None | Action::Hold | Action::Refuse { .. })
    }
}
