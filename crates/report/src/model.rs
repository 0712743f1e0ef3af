//! What a report says, whatever it is rendered as. The JSON form is a promise: `docs/schemas/report.v1.json`.

mod account;
mod key;
mod totals;

use jiff::Timestamp;
use keywheel_core::id::RunId;
use keywheel_core::policy::{Mode, Policy};
use keywheel_core::time::Days;
use serde::{Deserialize, Serialize};

pub use account::{AccountReport, Ended, UserNote};
pub use key::{Compliance, Exemption, ExemptionBy, KeyReport, LastUse, Standing};
pub use totals::{AccountTotals, KeyTotals, Totals};

/// The version of the shape that this release writes.
const REPORT_SCHEMA: u32 = 1;

/// What was found of every access key of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The version of this shape.
    pub schema_version: u32,
    /// When the report was made.
    pub generated: Timestamp,
    /// What it is made of.
    pub source: Source,
    /// What the run was allowed to do; a look changes nothing.
    pub mode: Mode,
    /// What the keys are held against; none where it was not known to who made the report.
    pub policy: Option<PolicySummary>,
    /// The organization's id (`o-…`), where it is known.
    pub organization: Option<String>,
    /// Sums over all accounts.
    pub totals: Totals,
    /// Every account that was listed, in the order of their ids.
    pub accounts: Vec<AccountReport>,
}

/// What a report is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Source {
    /// A look at the accounts right now.
    LiveAudit,
    /// What a run has stored.
    Run {
        /// The run.
        run_id: RunId,
        /// When it listed the accounts.
        listed_at: Timestamp,
    },
}

/// What every report says of itself.
#[derive(Clone, Debug)]
pub struct About<'a> {
    /// The present moment.
    pub generated: Timestamp,
    /// The policy, where it is known.
    pub policy: Option<&'a Policy>,
    /// The organization's id, where it is known.
    pub organization: Option<String>,
}

/// The periods and thresholds of a policy. The three periods are ages counted from a key's creation, as configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySummary {
    /// `ROTATION_PERIOD`: at this age a key gets a replacement.
    pub rotation_period: Days,
    /// `INACTIVE_PERIOD`: at this age the old key is made inactive.
    pub inactive_period: Days,
    /// `INACTIVE_BUFFER`: at this age the old key is deleted.
    pub inactive_buffer: Days,
    /// `WARN_DAYS`, the longest first.
    pub warn_days: Vec<Days>,
    /// `LAST_USED_THRESHOLD`: an old key used within so many days is held; 0 is off.
    pub last_used_threshold: Days,
    /// `MAX_HOLD`: the longest hold; none is without end.
    pub max_hold: Option<Days>,
    /// `UNUSED_AFTER`: a key unused for so long counts as unused.
    pub unused_after: Days,
}

impl From<&Policy> for PolicySummary {
    fn from(policy: &Policy) -> Self {
        let periods = &policy.periods;
        let rotation = periods.rotation().0;
        let inactive = rotation.saturating_add(periods.install_grace().0);
        Self {
            rotation_period: Days(rotation),
            inactive_period: Days(inactive),
            inactive_buffer: Days(inactive.saturating_add(periods.recovery_grace().0)),
            warn_days: policy.warn_days.clone(),
            last_used_threshold: policy.last_used_threshold,
            max_hold: policy.max_hold,
            unused_after: policy.unused_after,
        }
    }
}

impl Report {
    /// A report of these accounts, with their sums.
    #[must_use]
    pub(crate) fn new(about: &About<'_>, source: Source, mode: Mode, mut accounts: Vec<AccountReport>) -> Self {
        accounts.sort_by(|a, b| a.account.cmp(&b.account));
        Self {
            schema_version: REPORT_SCHEMA,
            generated: about.generated,
            source,
            mode,
            policy: about.policy.map(PolicySummary::from),
            organization: about.organization.clone(),
            totals: Totals::of(&accounts),
            accounts,
        }
    }

    /// Every key with its account, in the order of the accounts.
    pub fn keys(&self) -> impl Iterator<Item = (&AccountReport, &KeyReport)> {
        self.accounts.iter().flat_map(|account| account.keys.iter().map(move |key| (account, key)))
    }

    /// Whether there is anything that somebody should look at: an account of which not all is known, or a key that is not as the policy
    /// wants it. Keys that are due soon are no reason.
    #[must_use]
    pub fn has_findings(&self) -> bool {
        let (accounts, keys) = (&self.totals.accounts, &self.totals.keys);
        let served = accounts.answered + accounts.skipped;
        served < accounts.listed || keys.overdue + keys.held + keys.unknown > 0
    }
}
