//! A change of an explicit action that somebody was shown, as a row of the result said it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::result::{StepResult, StepStatus};
use crate::id::AccessKeyId;
use crate::plan::StepKind;
use crate::reason::Reason;

/// One change, by the row of a result that an audit of the action had.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewedChange {
    /// What the step is called.
    pub step: StepKind,
    /// Why.
    pub reason: Reason,
    /// The key that it is about.
    pub access_key_id: Option<AccessKeyId>,
}

impl ReviewedChange {
    /// The changes among these rows: what an enforcing run would make.
    #[must_use]
    pub fn of(rows: &[StepResult]) -> BTreeSet<Self> {
        let is_change = |row: &&StepResult| {
            row.status == StepStatus::Planned && !matches!(row.step, StepKind::Hold | StepKind::Warn | StepKind::Skip)
        };
        let change =
            |row: &StepResult| Self { step: row.step, reason: row.reason, access_key_id: row.access_key_id.clone() };
        rows.iter().filter(is_change).map(change).collect()
    }
}

/// `deactivate AKIA…7Q2X (emergency)`.
impl std::fmt::Display for ReviewedChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.step.as_str())?;
        self.access_key_id.as_ref().map_or(Ok(()), |key| write!(f, " {}", key.shortened()))?;
        write!(f, " ({})", self.reason)
    }
}
