//! What can be known from outside right before a call: the state as of the run's last look at the user, mails, history.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::Asked;
use crate::{Account, Key, Mail, Operation, Secret, User};
use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::{AccessKeyId, UserId, UserName};
use keywheel_core::observed::{AWSCURRENT, AWSPENDING};
use keywheel_core::policy::Policy;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, after, plus};
use serde_json::Value;

/// What the run saw when it last looked at a user. Between that look and a call a person may still act; no rule covers that.
#[derive(Clone)]
pub struct Look {
    /// When.
    pub at: Timestamp,
    /// The user.
    pub user: User,
    /// The user's secret.
    pub secret: Option<Secret>,
}

/// What is known while runs go on.
pub struct Watch {
    /// What the deployment wants.
    pub policy: Policy,
    /// The last look at each user.
    pub looks: BTreeMap<String, Look>,
    /// The exemption group as each of the runs that go on read it; none when it was missing.
    pub groups: Vec<Option<BTreeSet<UserName>>>,
    /// When Keywheel last called to make a key inactive.
    pub deactivations: BTreeMap<AccessKeyId, Timestamp>,
    /// When a run saw a key active.
    pub seen_active: BTreeSet<(AccessKeyId, Timestamp)>,
    /// When a person did something in the middle of a run whose calls failed, or after it, or to a user of whom the ledger has
    /// a key that a run was about to make inactive when it broke off: no run can tell that from what it did itself.
    pub muddles: BTreeSet<Timestamp>,
    /// When a run last listed users, by name, and the id that the user then had.
    pub there: BTreeMap<String, (UserId, Timestamp)>,
    /// The users of whom a run found, when it looked last, that they are there under no name.
    pub absent: BTreeSet<String>,
    /// The users whose secret was there, and not scheduled for deletion, when a run looked last.
    pub usable: BTreeSet<String>,
    /// When Keywheel last called to schedule a user's secret for deletion.
    pub scheduled: BTreeMap<String, Timestamp>,
    /// The spans of time in which there were runs.
    pub runs: Vec<(Timestamp, Timestamp)>,
    /// Whether the run that goes on may change anything.
    pub may_change: bool,
    /// Whether the account has no ledger yet.
    pub is_first_sight: bool,
    /// What was asked for so far.
    pub asked: Asked,
    /// Calls that make keys.
    pub made: u64,
    /// Calls that make keys inactive.
    pub deactivated: u64,
    /// Calls that delete keys.
    pub deleted: u64,
    /// Calls that put away what is left, by what was called.
    pub put_away: BTreeMap<Operation, u64>,
    /// The rules that were broken, in words.
    pub broken: Vec<String>,
}

impl Watch {
    /// A watch that has seen nothing yet.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            looks: BTreeMap::new(),
            groups: Vec::new(),
            deactivations: BTreeMap::new(),
            seen_active: BTreeSet::new(),
            muddles: BTreeSet::new(),
            there: BTreeMap::new(),
            absent: BTreeSet::new(),
            usable: BTreeSet::new(),
            scheduled: BTreeMap::new(),
            runs: Vec::new(),
            may_change: true,
            is_first_sight: true,
            asked: Asked::default(),
            made: 0,
            deactivated: 0,
            deleted: 0,
            put_away: BTreeMap::new(),
            broken: Vec::new(),
        }
    }
}

impl Watch {
    /// A run looks at a user's keys.
    pub(super) fn sees(&mut self, account: &Account, user: &str) {
        let Ok(name) = user.parse::<UserName>() else { return };
        let keys =
            account.users.get(&name).map(|user| user.keys.iter().filter(|key| key.is_active())).into_iter().flatten();
        self.seen_active.extend(keys.map(|key| (key.id.clone(), account.now)));
    }
}

impl Look {
    /// What a run sees of the user now; none where there is no such user.
    #[must_use]
    pub fn of(account: &Account, user: &str) -> Option<Self> {
        let name: UserName = user.parse().ok()?;
        let found = account.users.get(&name)?.clone();
        Some(Self { at: account.now, user: found, secret: account.secret(user).cloned() })
    }

    pub(super) fn is_stored(&self, key: &AccessKeyId) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret.labels_of(key).is_some())
    }

    /// When the pair was stored that the secret hands out, if it is this key's.
    pub(super) fn published(&self, key: &AccessKeyId) -> Option<Timestamp> {
        let secret = self.secret.as_ref().filter(|secret| !secret.is_scheduled_for_deletion)?;
        let (_, version) = secret.labelled(AWSCURRENT)?;
        let is_it = version.key().as_ref() == Some(key) && version.has_half() && !version.stages.contains(AWSPENDING);
        is_it.then_some(version.created)
    }
}

/// The last use that AWS shows by now.
pub(super) fn shown_use(account: &Account, key: &Key) -> Option<Timestamp> {
    let lag = account.behaviour.use_shows_after;
    key.uses.iter().copied().filter(|used| plus(*used, lag) <= account.now).max()
}

/// Whether nobody is known to have used the key for so long.
pub(super) fn is_unused_for(account: &Account, key: &Key, days: Days) -> bool {
    let last = shown_use(account, key).map_or(key.created, |used| used.max(key.created));
    account.now >= after(last, days)
}

/// Whether somebody but Keywheel is known to have used the replacement.
pub(super) fn is_taken_up(account: &Account, key: &Key, stored: Timestamp) -> bool {
    shown_use(account, key).is_some_and(|used| used > plus(stored, SignedDuration::from_mins(15)))
}

/// The key that each of the user's hosts says it has, of those that are not forgotten; none where that is not believed.
pub(super) fn said(account: &Account, user: &UserName, forget_after: Option<Days>) -> Vec<Option<AccessKeyId>> {
    let Some(forget_after) = forget_after else { return Vec::new() };
    let prefix = format!("acks/{}/{user}/", account.id);
    let is_silent = |at: Timestamp| after(at, forget_after) <= account.now;
    let of_user = account.acknowledgements.iter().filter(|(place, _)| place.starts_with(&prefix));
    let heard = of_user.filter_map(|(place, bytes)| {
        let written = account.acknowledgements_written[place];
        let words: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let key = words["access_key_id"].as_str().and_then(|key| key.parse().ok());
        let time = words["time"].as_str().and_then(|time| time.parse::<Timestamp>().ok());
        let at = time.map_or(written, |time| time.min(written));
        (!is_silent(at)).then_some(key)
    });
    heard.collect()
}

/// Whether somebody but Keywheel, when it proved the key, is known to have used it.
pub(super) fn is_used_by_somebody(account: &Account, key: &Key) -> bool {
    shown_use(account, key).is_some_and(|used| !key.is_proof(used))
}

/// The first mail since `since` that told owners this of the key.
pub(super) fn told(account: &Account, key: &AccessKeyId, reasons: &[Reason], since: Timestamp) -> Option<Timestamp> {
    let tells = |mail: &&Mail| {
        mail.at >= since
            && mail.entry.access_key_id.as_ref() == Some(key)
            && mail.entry.status == StepStatus::Done
            && reasons.contains(&mail.entry.reason)
    };
    account.mails.iter().filter(tells).map(|mail| mail.at).min()
}
