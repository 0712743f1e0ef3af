//! Builds what an audit could have seen. Every test binary uses its part of it.
#![allow(
    dead_code,
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test uses a part of it; in tests a panic is the message"
)]

pub(crate) mod asked;
pub(crate) mod cases;
pub(crate) mod decision_file;
pub(crate) mod decision_key;
pub(crate) mod decision_step;
pub(crate) mod dice;
pub(crate) mod evidence;
pub(crate) mod random;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::Acknowledgements;
use keywheel_core::credential_report::ReportRow;
use keywheel_core::id::{AccessKeyId, AccountId, NoticeId, UserId, UserName};
use keywheel_core::ledger::{AccountLedger, NoticeRecord, UserRecord};
use keywheel_core::observed::{
    KeyStatus, KeyUse, LastUsed, ObservedKey, ObservedSecret, ObservedUser, SecretState, SecretVersion,
};
use keywheel_core::plan::AccountPlan;
use keywheel_core::planner::{AccountView, QuietUser, glance, plan_account, remember};
use keywheel_core::policy::{ExemptionGroup, Policy};
use keywheel_core::secret::VersionId;

pub(crate) const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The night that every test is about.
pub(crate) const NOW: &str = "2026-11-20T02:00:00Z";

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// So many seconds before now; after it when negative.
pub(crate) fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

pub(crate) fn days_ago(days: i64) -> Timestamp {
    ago(days * 86_400)
}

pub(crate) fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

pub(crate) fn user_name(name: &str) -> UserName {
    name.parse().unwrap()
}

pub(crate) fn user_id() -> UserId {
    "AIDAALICEALICEALICE1".parse().unwrap()
}

pub(crate) fn former_user_id() -> UserId {
    "AIDAFORMERFORMER0001".parse().unwrap()
}

/// The id that stands for `K1` and the like.
pub(crate) fn key_id(name: &str) -> AccessKeyId {
    format!("AKIA{name:X>16}").parse().unwrap()
}

pub(crate) fn used_at(at: Timestamp) -> LastUsed {
    LastUsed::At(KeyUse { at, service: "s3".to_owned(), region: "eu-central-1".to_owned() })
}

pub(crate) fn unknown() -> LastUsed {
    LastUsed::Unknown { error: "throttled".to_owned() }
}

pub(crate) fn key(name: &str, status: KeyStatus, created: Timestamp, last_used: LastUsed) -> ObservedKey {
    ObservedKey { id: key_id(name), status, created, last_used }
}

pub(crate) fn user(keys: Vec<ObservedKey>, secret: ObservedSecret) -> ObservedUser {
    ObservedUser {
        name: user_name("alice"),
        user_id: user_id(),
        arn: "arn:aws:iam::111122223333:user/alice".to_owned(),
        tags: BTreeMap::new(),
        quarantine: None,
        keys,
        secret,
        acknowledgements: Acknowledgements::NotLookedAt,
    }
}

/// A version of the secret that holds this key, with these labels.
pub(crate) fn version(key: &AccessKeyId, stages: &[&str], created: Timestamp) -> SecretVersion {
    let id = VersionId::of(&account(), &user_id(), key);
    SecretVersion { id, stages: stages.iter().map(|stage| (*stage).to_owned()).collect(), created }
}

pub(crate) fn secret(versions: Vec<SecretVersion>) -> SecretState {
    SecretState { versions, ..SecretState::default() }
}

pub(crate) fn notice(asked: Timestamp, sent: Option<Timestamp>) -> NoticeRecord {
    NoticeRecord { sent, ..NoticeRecord::new(asked) }
}

/// The id of a mail whose receipt does not count.
pub(crate) fn copy() -> NoticeId {
    "c".repeat(32).parse().unwrap()
}

/// Everything that one night's plan is made from.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) users: Vec<ObservedUser>,
    pub(crate) ledger: AccountLedger,
    pub(crate) policy: Policy,
    pub(crate) exemptions: ExemptionGroup,
    pub(crate) forced: std::collections::BTreeSet<UserName>,
    pub(crate) is_first_sight: bool,
    pub(crate) now: Timestamp,
}

impl World {
    pub(crate) fn new(user: ObservedUser, record: UserRecord) -> Self {
        let mut ledger = AccountLedger::new(account());
        ledger.users.insert(user.name.clone(), record);
        Self {
            users: vec![user],
            ledger,
            policy: Policy::default(),
            exemptions: ExemptionGroup::NotConfigured,
            forced: std::collections::BTreeSet::new(),
            is_first_sight: false,
            now: now(),
        }
    }

    fn view<'a>(&'a self, account: &'a AccountId, ledger: &'a AccountLedger) -> AccountView<'a> {
        let Self { users, policy, exemptions, forced, now, .. } = self;
        let is_first_sight = self.is_first_sight;
        AccountView { account, users, quiet: &[], ledger, policy, exemptions, forced, is_first_sight, now: *now }
    }

    /// The ledger with what was seen tonight.
    pub(crate) fn remembered(&self) -> AccountLedger {
        remember(&self.view(&account(), &self.ledger))
    }

    /// What a run plans: it remembers first, as every run does.
    pub(crate) fn plan(&self) -> AccountPlan {
        plan_account(&self.view(&account(), &self.remembered()))
    }

    /// What a glance at the first user makes of it.
    pub(crate) fn glance(&self, row: Option<&ReportRow>) -> Option<QuietUser> {
        let listed = ObservedUser { keys: Vec::new(), secret: ObservedSecret::NotLookedAt, ..self.users[0].clone() };
        glance(&self.view(&account(), &self.ledger), &listed, row)
    }

    /// What a run plans that passes the first user over.
    pub(crate) fn plan_passing_over(&self, quiet: QuietUser) -> AccountPlan {
        let account = account();
        plan_account(&AccountView { users: &[], quiet: &[quiet], ..self.view(&account, &self.ledger) })
    }

    /// What is remembered of the key, tonight included.
    pub(crate) fn record(&self) -> UserRecord {
        let user = &self.users[0];
        let remembered = self.remembered().users.remove(&user.name);
        remembered.unwrap_or_else(|| UserRecord::new(user.user_id.clone()))
    }
}
