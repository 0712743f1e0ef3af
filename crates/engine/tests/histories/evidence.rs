//! What can be known from outside right before a call: the state as of the run's last look at the user, mails, history.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::observed::{AWSCURRENT, AWSPENDING};
use keywheel_core::policy::Policy;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, after, plus};
use keywheel_testkit::{Account, Key, Secret, User};

use crate::asking::Asked;

/// What the run saw when it last looked at a user. Between that look and a call a person may still act; no rule covers that.
#[derive(Clone)]
pub(crate) struct Look {
    pub(crate) at: Timestamp,
    pub(crate) user: User,
    pub(crate) secret: Option<Secret>,
}

/// What is known while runs go on.
pub(crate) struct Watch {
    pub(crate) policy: Policy,
    pub(crate) looks: BTreeMap<String, Look>,
    /// The exemption group as each of the runs that go on read it; none when it was missing.
    pub(crate) groups: Vec<Option<BTreeSet<UserName>>>,
    /// When Keywheel last called to make a key inactive.
    pub(crate) deactivations: BTreeMap<AccessKeyId, Timestamp>,
    /// When a run saw a key active.
    pub(crate) seen_active: BTreeSet<(AccessKeyId, Timestamp)>,
    /// When a person did something in the middle of a run whose calls failed, or after it, or to a user of whom the ledger has
    /// a key that a run was about to make inactive when it broke off: no run can tell that from what it did itself.
    pub(crate) muddles: BTreeSet<Timestamp>,
    /// The spans of time in which there were runs.
    pub(crate) runs: Vec<(Timestamp, Timestamp)>,
    pub(crate) may_change: bool,
    pub(crate) is_first_sight: bool,
    pub(crate) asked: Asked,
    pub(crate) made: u64,
    pub(crate) deactivated: u64,
    pub(crate) deleted: u64,
    pub(crate) broken: Vec<String>,
}

impl Watch {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            looks: BTreeMap::new(),
            groups: Vec::new(),
            deactivations: BTreeMap::new(),
            seen_active: BTreeSet::new(),
            muddles: BTreeSet::new(),
            runs: Vec::new(),
            may_change: true,
            is_first_sight: true,
            asked: Asked::default(),
            made: 0,
            deactivated: 0,
            deleted: 0,
            broken: Vec::new(),
        }
    }
}

impl Watch {
    /// A run looks at a user's keys.
    pub(crate) fn sees(&mut self, account: &Account, user: &str) {
        let Ok(name) = user.parse::<UserName>() else { return };
        let keys =
            account.users.get(&name).map(|user| user.keys.iter().filter(|key| key.is_active())).into_iter().flatten();
        self.seen_active.extend(keys.map(|key| (key.id.clone(), account.now)));
    }
}

impl Look {
    pub(crate) fn of(account: &Account, user: &str) -> Option<Self> {
        let name: UserName = user.parse().ok()?;
        let found = account.users.get(&name)?.clone();
        Some(Self { at: account.now, user: found, secret: account.secret(user).cloned() })
    }

    pub(crate) fn is_stored(&self, key: &AccessKeyId) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret.labels_of(key).is_some())
    }

    /// When the pair was stored that the secret hands out, if it is this key's.
    pub(crate) fn published(&self, key: &AccessKeyId) -> Option<Timestamp> {
        let secret = self.secret.as_ref().filter(|secret| !secret.is_scheduled_for_deletion)?;
        let (_, version) = secret.labelled(AWSCURRENT)?;
        let is_it = version.key().as_ref() == Some(key) && version.has_half() && !version.stages.contains(AWSPENDING);
        is_it.then_some(version.created)
    }
}

/// The last use that AWS shows by now.
pub(crate) fn shown_use(account: &Account, key: &Key) -> Option<Timestamp> {
    let lag = account.behaviour.use_shows_after;
    key.uses.iter().copied().filter(|used| plus(*used, lag) <= account.now).max()
}

/// Whether nobody is known to have used the key for so long.
pub(crate) fn is_unused_for(account: &Account, key: &Key, days: Days) -> bool {
    let last = shown_use(account, key).map_or(key.created, |used| used.max(key.created));
    account.now >= after(last, days)
}

/// Whether somebody but Keywheel is known to have used the replacement.
pub(crate) fn is_taken_up(account: &Account, key: &Key, stored: Timestamp) -> bool {
    shown_use(account, key).is_some_and(|used| used > plus(stored, SignedDuration::from_mins(15)))
}

/// Whether somebody but Keywheel, when it proved the key, is known to have used it.
pub(crate) fn is_used_by_somebody(account: &Account, key: &Key) -> bool {
    shown_use(account, key).is_some_and(|used| !key.is_proof(used))
}

/// The first mail since `since` that told owners this of the key.
pub(crate) fn told(account: &Account, key: &AccessKeyId, reasons: &[Reason], since: Timestamp) -> Option<Timestamp> {
    let tells = |mail: &&keywheel_testkit::Mail| {
        mail.at >= since
            && mail.entry.access_key_id.as_ref() == Some(key)
            && mail.entry.status == StepStatus::Done
            && reasons.contains(&mail.entry.reason)
    };
    account.mails.iter().filter(tells).map(|mail| mail.at).min()
}
