//! The copy of one account behind the engine's ports.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::Acknowledgements;
use keywheel_core::contract::notice_record::SentNotice;
use keywheel_core::id::{AccessKeyId, AccountId, NoticeId, UserName};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::observed::{ObservedKey, ObservedSecret, ObservedUser};
use keywheel_core::policy::ExemptionGroup;
use keywheel_core::secret::{VersionId, secret_name};
use keywheel_core::time::plus;
use keywheel_engine::ports::{ErrorKind, NoParameters, PortError, Ports};

use crate::beginning::{Beginning, UnseenUser};
use crate::hosts;

/// A change is made after the moment at which its night began. IAM's dates are whole seconds.
const CHANGE_TAKES: SignedDuration = SignedDuration::from_secs(1);

/// Stands for an id that is not known.
const NO_USER_ID: &str = "AIDA000000000000";

/// The copy. Every call ends at once; no time passes but with changes.
pub(crate) struct Copy {
    state: Mutex<State>,
}

/// What there is of the account now.
pub(crate) struct State {
    pub(crate) account: AccountId,
    pub(crate) now: Timestamp,
    pub(crate) users: BTreeMap<UserName, CopiedUser>,
    /// Users whose keys cannot be listed, and why.
    pub(crate) unseen: BTreeMap<UserName, String>,
    pub(crate) exemptions: ExemptionGroup,
    pub(crate) ledger: AccountLedger,
    /// How often the ledger was written: its ETag.
    pub(crate) writes: u64,
    pub(crate) notices: BTreeMap<NoticeId, SentNotice>,
    /// The keys made on the way, each with the key it took over from.
    pub(crate) made: BTreeMap<AccessKeyId, Option<AccessKeyId>>,
    /// Whose key it is.
    owners: BTreeMap<AccessKeyId, UserName>,
    /// Whose secret it is.
    secrets: BTreeMap<String, UserName>,
}

/// A user, with what no look shows.
pub(crate) struct CopiedUser {
    pub(crate) seen: ObservedUser,
    /// The keys that are used every day.
    pub(crate) in_use: BTreeSet<AccessKeyId>,
    /// The secret's resource policy, once there was one put.
    pub(crate) policy: Option<String>,
    /// From which key each version put on the way takes over.
    pub(crate) previous: BTreeMap<VersionId, AccessKeyId>,
}

impl Copy {
    /// A copy of what was seen. `used_within` days makes a key one that is in daily use.
    pub(crate) fn new(beginning: &Beginning, used_within: keywheel_core::time::Days) -> Self {
        let now = beginning.now;
        let account = beginning.account.id.clone();
        let unseen = beginning.unseen.iter().filter_map(|user| without_keys(beginning, user));
        let everybody: Vec<ObservedUser> = beginning.users.iter().cloned().chain(unseen).collect();
        let key_of = |user: &ObservedUser, key: &ObservedKey| (key.id.clone(), user.name.clone());
        let owners = everybody.iter().flat_map(|user| user.keys.iter().map(move |key| key_of(user, key))).collect();
        let secrets = everybody.iter().map(|user| (secret_name(&account, &user.name), user.name.clone())).collect();
        let copied = |seen: ObservedUser| {
            let in_use = hosts::in_use(&account, &seen, beginning.ledger.users.get(&seen.name), now, used_within);
            (seen.name.clone(), CopiedUser { seen, in_use, policy: None, previous: BTreeMap::new() })
        };
        let users = everybody.into_iter().map(copied).collect();
        let state = State {
            account,
            now,
            users,
            unseen: beginning.unseen.iter().map(|user| (user.name.clone(), user.error.clone())).collect(),
            exemptions: beginning.exemptions.clone(),
            // A run that is under way is over before the first night.
            ledger: AccountLedger { claim: None, ..beginning.ledger.clone() },
            writes: 0,
            notices: BTreeMap::new(),
            made: BTreeMap::new(),
            owners,
            secrets,
        };
        Self { state: Mutex::new(state) }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A user of whom nothing is known but the name, and the id where the ledger has one.
fn without_keys(beginning: &Beginning, user: &UnseenUser) -> Option<ObservedUser> {
    let Beginning { account, ledger, .. } = beginning;
    let remembered = ledger.users.get(&user.name).map(|record| record.user_id.clone());
    Some(ObservedUser {
        name: user.name.clone(),
        user_id: remembered.or_else(|| NO_USER_ID.parse().ok())?,
        arn: format!("arn:{}:iam::{}:user/{}", account.partition, account.id, user.name),
        tags: BTreeMap::new(),
        quarantine: None,
        keys: Vec::new(),
        secret: ObservedSecret::NotLookedAt,
        acknowledgements: Acknowledgements::NotLookedAt,
    })
}

impl State {
    pub(crate) fn user(&self, operation: &'static str, user: &UserName) -> Result<&CopiedUser, PortError> {
        self.users.get(user).ok_or_else(|| no_such(operation, user.as_str()))
    }

    pub(crate) fn user_mut(&mut self, operation: &'static str, user: &UserName) -> Result<&mut CopiedUser, PortError> {
        self.users.get_mut(user).ok_or_else(|| no_such(operation, user.as_str()))
    }

    /// The user whose secret has this name.
    pub(crate) fn owner_of(&mut self, operation: &'static str, secret: &str) -> Result<&mut CopiedUser, PortError> {
        let owner = self.secrets.get(secret).and_then(|user| self.users.get_mut(user));
        owner.ok_or_else(|| no_such(operation, secret))
    }

    /// The key, whoever's it is.
    pub(crate) fn key(&self, key: &AccessKeyId) -> Option<&ObservedKey> {
        self.users.get(self.owners.get(key)?)?.seen.key(key)
    }

    /// Some time passes.
    pub(crate) fn take_time(&mut self) {
        self.now = plus(self.now, CHANGE_TAKES);
    }

    /// Adds a key that the engine made.
    pub(crate) fn add_key(&mut self, user: &UserName, key: ObservedKey) {
        self.owners.insert(key.id.clone(), user.clone());
        self.made.insert(key.id.clone(), None);
        if let Some(user) = self.users.get_mut(user) {
            user.seen.keys.push(key);
        }
    }
}

pub(crate) fn no_such(operation: &'static str, what: &str) -> PortError {
    refused(operation, ErrorKind::NotFound, format!("there is no {what}"))
}

pub(crate) fn refused(operation: &'static str, kind: ErrorKind, message: String) -> PortError {
    PortError { operation, kind, message }
}

impl Ports for Copy {
    type Iam = Self;
    type Secrets = Self;
    type Parameters = NoParameters;
    type Acknowledgements = Self;
    type Prover = Self;
    type Ledger = Self;
    type Notices = Self;
    type Encryption = Self;
    type Clock = Self;

    fn iam(&self) -> &Self {
        self
    }
    fn secrets(&self) -> &Self {
        self
    }
    fn parameters(&self) -> &NoParameters {
        &NoParameters
    }
    fn acknowledgements(&self) -> &Self {
        self
    }
    fn prover(&self) -> &Self {
        self
    }
    fn ledger(&self) -> &Self {
        self
    }
    fn notices(&self) -> &Self {
        self
    }
    fn encryption(&self) -> &Self {
        self
    }
    fn clock(&self) -> &Self {
        self
    }
}
