//! What key-rotation is handed when somebody asks for one thing to be done to one user.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{AccessKeyId, AccountId, RunId, UserName};
use crate::policy::Mode;

/// One thing to do to one user, asked for by a person or by a schedule that sends constant JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplicitAction {
    /// What is asked for.
    pub action: ActionKind,
    /// Whose keys.
    pub username: UserName,
    /// The account; none for the function's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The key, where one is named; an emergency must name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<AccessKeyId>,
    /// An emergency: a replacement is made as well.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replace: bool,
    /// The guards that are lifted for this once.
    #[serde(rename = "override", skip_serializing_if = "BTreeSet::is_empty")]
    pub overrides: BTreeSet<Guard>,
    /// The run; none when somebody invoked the function by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// A mode to lower the action to: `audit` only says what would be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}

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

/// What keeps an explicit action from being carried out, and can be lifted by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// The old key was used lately, or when it was used last is not known.
    LastUsed,
    /// Nobody has used the replacement yet.
    TakeUp,
    /// Old and new key have not worked side by side for the whole install grace, or the owners were not told.
    InstallGrace,
    /// A person made the key inactive.
    PersonInactive,
    /// A change freeze is on.
    Freeze,
}
