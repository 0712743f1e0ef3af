//! What of AWS's behaviour a test can set.

use std::collections::BTreeSet;

use jiff::SignedDuration;

/// How the model behaves. The default is an account without delays, with AWS's quota.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// How much time a call takes.
    pub call_takes: SignedDuration,
    /// After how long a new key works.
    pub works_after: SignedDuration,
    /// After how long ListAccessKeys shows a new key.
    pub listed_after: SignedDuration,
    /// After how long IAM's calls know a new key; until then it is NoSuchEntity.
    pub known_after: SignedDuration,
    /// After how long a use shows.
    pub use_shows_after: SignedDuration,
    /// The quota of two keys is not enforced.
    pub quota_is_racy: bool,
    /// How IAM makes credential reports.
    pub report: Reporting,
    /// New keys are denied their own secrets.
    pub retrieval_is_denied: bool,
    /// Regions in which no replica can be made.
    pub closed_regions: BTreeSet<String>,
    /// Notification sends nothing.
    pub mail_is_down: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            call_takes: SignedDuration::from_millis(50),
            works_after: SignedDuration::ZERO,
            listed_after: SignedDuration::ZERO,
            known_after: SignedDuration::ZERO,
            use_shows_after: SignedDuration::ZERO,
            quota_is_racy: false,
            report: Reporting::default(),
            retrieval_is_denied: false,
            closed_regions: BTreeSet::new(),
            mail_is_down: false,
        }
    }
}

/// How IAM makes credential reports. The default makes a new one at once, whenever it is asked.
#[derive(Clone, Debug, Default)]
pub struct Reporting {
    /// How long it takes to make one.
    pub takes: SignedDuration,
    /// One is handed out for four hours, as AWS does.
    pub is_kept: bool,
    /// Inactive keys are not shown.
    pub hides_inactive: bool,
    /// What is handed out is of so long ago.
    pub late_by: SignedDuration,
}
