//! What the hosts that use keys are taken to do.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::id::{AccessKeyId, AccountId};
use keywheel_core::ledger::{AccountLedger, USE_RECORD_SPAN, UserRecord};
use keywheel_core::observed::{KeyStatus, KeyUse, LastUsed, ObservedKey, ObservedSecret, ObservedUser, SecretVersion};
use keywheel_core::secret::VersionId;
use keywheel_core::time::{Days, after, plus};

use crate::copy::{CopiedUser, Copy, State};
use crate::state::SENT_AFTER;

/// So long after a night the hosts use their keys.
const USED_AFTER: SignedDuration = SignedDuration::from_hours(12);

/// What stands for service and region of a use that is only assumed.
const ASSUMED: &str = "N/A";

/// What hosts do with new keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hosts {
    /// Whoever used the old key installs the new one on the day of its publication, and uses it.
    Installed,
    /// They go on with the old key, whatever they are told.
    NotInstalled,
}

/// The keys that are in daily use: those that somebody used lately.
pub(crate) fn in_use(
    account: &AccountId,
    user: &ObservedUser,
    record: Option<&UserRecord>,
    now: Timestamp,
    within: Days,
) -> BTreeSet<AccessKeyId> {
    let within = within.max(Days(1));
    let is_lively = |key: &&ObservedKey| {
        let last = used_by_hosts(account, user, record, key);
        key.is_active() && last.is_some_and(|last| now < after(last, within))
    };
    user.keys.iter().filter(is_lively).map(|key| key.id.clone()).collect()
}

/// When a host last used the key. The proof of a new key is Keywheel's own use.
fn used_by_hosts(
    account: &AccountId,
    user: &ObservedUser,
    record: Option<&UserRecord>,
    key: &ObservedKey,
) -> Option<Timestamp> {
    let proven = record.and_then(|record| record.keys.get(&key.id)?.proven);
    let stored = match &user.secret {
        ObservedSecret::Present(secret) => secret.version(&VersionId::of(account, &user.user_id, &key.id)),
        ObservedSecret::NotLookedAt | ObservedSecret::Absent | ObservedSecret::Unknown { .. } => None,
    };
    let own = proven.max(stored.map(|version| version.created)).map(|proven| plus(proven, USE_RECORD_SPAN));
    key.last_used.at().filter(|used| own.is_none_or(|own| *used > own))
}

impl Copy {
    /// A day after the night that began at `begun`: the hosts install and use their keys. The next night begins a day after the last mail
    /// of this one, and not to the second a day after its beginning: a wait of ten days that began tonight is then over on the tenth night,
    /// the day that mails name.
    pub(crate) fn day(&self, begun: Timestamp, hosts: Hosts, unused_after: Days) {
        let mut state = self.state();
        let State { account, users, ledger, .. } = &mut *state;
        let at = plus(begun, USED_AFTER);
        for user in users.values_mut() {
            if hosts == Hosts::Installed {
                user.install(account, ledger, at, unused_after);
            }
            user.use_keys(at);
        }
        state.now = after(plus(state.now, SENT_AFTER), Days(1));
    }
}

impl CopiedUser {
    /// Installs what the secret hands out on whatever used the key from which it takes over.
    fn install(&mut self, account: &AccountId, ledger: &AccountLedger, at: Timestamp, unused_after: Days) {
        let Some(offered) = self.offered(account) else { return };
        self.acknowledge(&offered, at);
        let of_ledger = || ledger.users.get(&self.seen.name)?.keys.get(&offered)?.supersedes.clone();
        let Some(old) = self.previous_key().or_else(of_ledger) else { return };
        if self.in_use.remove(&old) {
            self.in_use.insert(offered);
            return;
        }
        let record = ledger.users.get(&self.seen.name);
        let used = |key: &ObservedKey| used_by_hosts(account, &self.seen, record, key);
        let is_alive = |key: &ObservedKey| {
            matches!(key.last_used, LastUsed::Unknown { .. })
                || used(key).is_some_and(|used| at < after(used, unused_after))
        };
        let was_alive = self.seen.key(&old).is_some_and(is_alive);
        if was_alive && self.seen.key(&offered).is_some_and(|key| used(key).is_none()) {
            self.use_key(&offered, at);
        }
    }

    fn use_keys(&mut self, at: Timestamp) {
        for key in self.in_use.clone() {
            self.use_key(&key, at);
        }
    }

    /// That an inactive key is tried leaves no trace.
    fn use_key(&mut self, key: &AccessKeyId, at: Timestamp) {
        let active = self.seen.keys.iter_mut().find(|found| found.id == *key && found.status == KeyStatus::Active);
        if let Some(key) = active {
            key.last_used = LastUsed::At(KeyUse { at, service: ASSUMED.to_owned(), region: ASSUMED.to_owned() });
        }
    }

    /// The key that the user's secret hands out.
    fn offered(&self, account: &AccountId) -> Option<AccessKeyId> {
        let ObservedSecret::Present(secret) = &self.seen.secret else { return None };
        let published = secret.versions.iter().find(|version| SecretVersion::is_published(version));
        let offered = published.filter(|_| !secret.scheduled_for_deletion)?;
        self.key_of(account, &offered.id).cloned()
    }

    fn previous_key(&self) -> Option<AccessKeyId> {
        let ObservedSecret::Present(secret) = &self.seen.secret else { return None };
        secret.previous.clone()
    }
}
