//! Users who are no longer there.

use std::collections::BTreeSet;

use crate::Timestamp;
use crate::id::UserName;
use crate::ledger::{AccountLedger, UserRecord};
use crate::time::{CLOCK_TOLERANCE, plus};

impl AccountLedger {
    /// Notes who is gone. Only a look that saw everybody (`is_whole`) finds somebody gone; any look finds somebody there. Whoever is there under the
    /// name, though it be another user, is not gone: what the name's secret holds may be that user's.
    pub fn note_gone(&mut self, there: &BTreeSet<&UserName>, is_whole: bool, now: Timestamp) {
        for (name, record) in &mut self.users {
            if there.contains(name) {
                (record.gone_since, record.secret_cleared) = (None, None);
                (record.parameter_cleared, record.hosts_cleared) = (None, None);
            } else if is_whole && record.gone_since.is_none_or(|since| since > plus(now, CLOCK_TOLERANCE)) {
                record.gone_since = Some(now);
            }
        }
    }

    /// Forgets those who are long gone, and of whom nothing was written down lately. A look that does not know who is gone forgets nobody.
    pub fn forget_gone(&mut self, there: &BTreeSet<&UserName>, now: Timestamp) {
        let is_kept = |record: &UserRecord| record.gone_since.is_none() || !record.is_long_quiet(now);
        self.users.retain(|name, record| there.contains(name) || is_kept(record));
    }
}
