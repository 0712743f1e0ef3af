//! Users who are no longer there.

use std::collections::BTreeSet;

use crate::Timestamp;
use crate::id::{AccountId, UserName};
use crate::ledger::{AccountLedger, UserRecord};
use crate::secret::VersionId;
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

impl UserRecord {
    /// The versions that a secret of Keywheel's making may hold for this very user: a version's id tells whose key it holds.
    #[must_use]
    pub fn versions(&self, account: &AccountId) -> BTreeSet<VersionId> {
        let superseded = self.keys.values().filter_map(|key| key.supersedes.as_ref());
        let made =
            |key| [VersionId::of(account, &self.user_id, key), VersionId::of_record(account, &self.user_id, key)];
        self.keys.keys().chain(superseded).flat_map(made).collect()
    }
}
