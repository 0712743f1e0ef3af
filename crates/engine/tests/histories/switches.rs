//! Changes of how AWS behaves, or of what is around.

use jiff::SignedDuration;
use keywheel_testkit::{Account, Behaviour};
use proptest::prelude::*;

/// A change of how AWS behaves, or of what is around.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Switch {
    SlowKeys,
    LateUses,
    RacyQuota,
    RetrievalDenied,
    MailDown,
    GroupGone,
    SlowCalls,
    /// Credential reports are handed out for four hours, and show no inactive keys.
    PoorReports,
    /// Credential reports are not made in time.
    SlowReports,
    /// All of these are well again.
    Well,
}

impl Switch {
    /// Any of them; well again as often as not well.
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        prop::sample::select(vec![
            Switch::SlowKeys,
            Switch::LateUses,
            Switch::RacyQuota,
            Switch::RetrievalDenied,
            Switch::MailDown,
            Switch::GroupGone,
            Switch::SlowCalls,
            Switch::PoorReports,
            Switch::SlowReports,
            Switch::Well,
            Switch::Well,
            Switch::Well,
        ])
    }

    pub(crate) fn done_to(self, account: &mut Account) {
        let behaviour = &mut account.behaviour;
        match self {
            Switch::SlowKeys => {
                let late = SignedDuration::from_secs(9);
                (behaviour.works_after, behaviour.listed_after, behaviour.known_after) = (late, late, late);
            }
            Switch::LateUses => behaviour.use_shows_after = SignedDuration::from_hours(7),
            Switch::RacyQuota => behaviour.quota_is_racy = true,
            Switch::RetrievalDenied => behaviour.retrieval_is_denied = true,
            Switch::MailDown => behaviour.mail_is_down = true,
            Switch::SlowCalls => behaviour.call_takes = SignedDuration::from_secs(4),
            Switch::PoorReports => (behaviour.report.is_kept, behaviour.report.hides_inactive) = (true, true),
            Switch::SlowReports => behaviour.report.takes = SignedDuration::from_mins(2),
            Switch::GroupGone => drop(account.groups.remove("exempt")),
            Switch::Well => {
                *behaviour = Behaviour::default();
                account.groups.entry("exempt".to_owned()).or_default();
            }
        }
    }
}
