//! Users who are no longer there.

use std::collections::BTreeSet;

use crate::Timestamp;
use crate::id::{AccountId, UserId, UserName};
use crate::ledger::{AccountLedger, UserRecord};
use crate::policy::Policy;
use crate::secret::VersionId;
use crate::time::{Days, after, is_future};

/// How long somebody who is gone is remembered at most for what could not be put away.
const OUTSTANDING_AT_MOST: Days = Days(365);

/// Who is in an account, as far as a look saw.
#[derive(Clone, Debug, Default)]
pub struct Present<'a> {
    names: BTreeSet<&'a UserName>,
    ids: BTreeSet<&'a UserId>,
}

impl<'a> FromIterator<(&'a UserName, Option<&'a UserId>)> for Present<'a> {
    /// From each user's name, and the id where it is known.
    fn from_iter<T: IntoIterator<Item = (&'a UserName, Option<&'a UserId>)>>(users: T) -> Self {
        let mut present = Self::default();
        for (name, id) in users {
            present.names.insert(name);
            present.ids.extend(id);
        }
        present
    }
}

impl Present<'_> {
    /// Whether somebody has the name, or the user of the record has another now: whoever is renamed keeps id and keys.
    #[must_use]
    pub fn has(&self, name: &UserName, record: &UserRecord) -> bool {
        self.names.contains(name) || self.ids.contains(&record.user_id)
    }
}

impl AccountLedger {
    /// Notes who is gone. Only a look that saw everybody (`is_whole`) finds somebody gone; any look finds somebody there. Whoever is there under the
    /// name, though it be another user, is not gone: what the name's secret holds may be that user's. Nor is a user who was renamed: the secret of
    /// the former name hands out a key that works.
    pub fn note_gone(&mut self, there: &Present<'_>, is_whole: bool, now: Timestamp) {
        for (name, record) in &mut self.users {
            if there.has(name, record) {
                (record.gone_since, record.secret_cleared) = (None, None);
                (record.parameter_cleared, record.hosts_cleared) = (None, None);
            } else if is_whole && record.gone_since.is_none_or(|since| is_future(since, now)) {
                record.gone_since = Some(now);
            }
        }
    }

    /// Forgets those who are long gone, of whom nothing was written down lately, and nothing is left to put away: that is waited for up to a year.
    /// A look that does not know who is gone forgets nobody.
    pub fn forget_gone(&mut self, there: &Present<'_>, policy: &Policy, now: Timestamp) {
        let is_waited_for = |record: &UserRecord| {
            let since = record.gone_since.filter(|_| record.leaves_something(policy));
            since.is_some_and(|since| now < after(since, OUTSTANDING_AT_MOST))
        };
        let is_kept =
            |record: &UserRecord| record.gone_since.is_none() || !record.is_long_quiet(now) || is_waited_for(record);
        self.users.retain(|name, record| there.has(name, record) || is_kept(record));
    }
}

impl UserRecord {
    /// Whether Keywheel made a key for the user, as far as is remembered: else there is nothing of its making.
    #[must_use]
    pub(crate) fn had_a_secret(&self) -> bool {
        self.keys.values().any(|key| key.created.is_some() || key.published.is_some() || key.superseded_by.is_some())
    }

    /// Whether something of a user who is gone is still to be put away.
    fn leaves_something(&self, policy: &Policy) -> bool {
        let secret = self.secret_cleared.is_none() || self.secret_left.is_some();
        let hosts = policy.ack_forget_after.is_some() && self.hosts_cleared.is_none();
        let parameter = policy.parameters && self.parameter.is_some() && self.parameter_cleared.is_none();
        policy.housekeeping_after.is_some() && self.had_a_secret() && (secret || hosts || parameter)
    }

    /// The versions that a secret of Keywheel's making may hold for this very user: a version's id tells whose key it holds.
    #[must_use]
    pub fn versions(&self, account: &AccountId) -> BTreeSet<VersionId> {
        let superseded = self.keys.values().filter_map(|key| key.supersedes.as_ref());
        let made =
            |key| [VersionId::of(account, &self.user_id, key), VersionId::of_record(account, &self.user_id, key)];
        self.keys.keys().chain(superseded).flat_map(made).collect()
    }
}
