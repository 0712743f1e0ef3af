//! Users and keys as an audit sees them, and organizations of them.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::Acknowledgements;
use keywheel_core::contract::manifest::{ManifestAccount, SkipReason};
use keywheel_core::id::{AccessKeyId, AccountId, UserId, UserName};
use keywheel_core::ledger::{AccountLedger, Actor, InactiveBecause, KeyRecord, MadeInactive, NoticeRecord, UserRecord};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::{
    AWSCURRENT, AWSPREVIOUS, KeyStatus, KeyUse, LastUsed, ObservedKey, ObservedSecret, ObservedUser, SecretState,
    SecretVersion,
};
use keywheel_core::planner::{AccountView, QuietUser};
use keywheel_core::policy::{ExemptionGroup, Policy};
use keywheel_core::secret::VersionId;
use keywheel_core::time::{Days, minus};
use keywheel_report::Report;
use keywheel_report::live::{LiveAccount, Look, Seen, UnseenUser};
use keywheel_report::model::About;

pub(crate) fn now() -> Timestamp {
    "2026-11-20T02:00:00Z".parse().unwrap()
}

pub(crate) fn days_ago(days: i64) -> Timestamp {
    minus(now(), jiff::SignedDuration::from_hours(24 * days))
}

pub(crate) fn used(days: i64, service: &str, region: &str) -> LastUsed {
    LastUsed::At(KeyUse { at: days_ago(days), service: service.to_owned(), region: region.to_owned() })
}

/// One account of a made-up organization.
pub(crate) struct Member {
    pub(crate) account: ManifestAccount,
    pub(crate) users: Vec<ObservedUser>,
    pub(crate) quiet: Vec<QuietUser>,
    pub(crate) ledger: AccountLedger,
    pub(crate) exemptions: ExemptionGroup,
    pub(crate) unseen: Vec<UnseenUser>,
    /// Why nothing, or not all, is known of it.
    pub(crate) trouble: Trouble,
}

#[derive(Clone)]
pub(crate) enum Trouble {
    None,
    Partly(String),
    Unreachable(String),
    Failed(String),
    Skipped(SkipReason),
}

impl Member {
    pub(crate) fn new(number: usize, name: &str) -> Self {
        let id: AccountId = format!("{:012}", 111_100_000_000_usize + number).parse().unwrap();
        let email = format!("aws+{number}@example.com");
        Self {
            ledger: AccountLedger::new(id.clone()),
            account: ManifestAccount { account: id, name: name.to_owned(), email },
            users: Vec::new(),
            quiet: Vec::new(),
            exemptions: ExemptionGroup::Members(BTreeSet::new()),
            unseen: Vec::new(),
            trouble: Trouble::None,
        }
    }

    pub(crate) fn id(&self) -> &AccountId {
        &self.account.account
    }

    /// A user with one active key of this age, last used so many days ago.
    pub(crate) fn user(&mut self, name: &str, age: i64, last_used: LastUsed) -> &mut ObservedUser {
        let (user, account) = (name.parse::<UserName>().unwrap(), self.id().clone());
        let key =
            ObservedKey { id: key_id(&account, name, 1), status: KeyStatus::Active, created: days_ago(age), last_used };
        self.users.push(ObservedUser {
            user_id: user_id(&account, name),
            arn: format!("arn:aws:iam::{account}:user/{name}"),
            name: user,
            tags: BTreeMap::new(),
            quarantine: None,
            keys: vec![key],
            secret: ObservedSecret::Absent,
            acknowledgements: Acknowledgements::NotLookedAt,
        });
        self.users.last_mut().unwrap()
    }

    /// A user whose key of this age was replaced so many days ago, the owners being told of it.
    pub(crate) fn replaced(&mut self, name: &str, age: i64, ago: i64, old: LastUsed, new: LastUsed) -> &mut UserRecord {
        let account = self.id().clone();
        let user = self.user(name, age, old);
        let (first, second) = (user.keys[0].id.clone(), key_id(&account, name, 2));
        user.keys.push(ObservedKey {
            id: second.clone(),
            status: KeyStatus::Active,
            created: days_ago(ago),
            last_used: new,
        });
        let version = |key: &AccessKeyId, stage: &str, created| SecretVersion {
            id: VersionId::of(&account, &user.user_id, key),
            stages: [stage.to_owned()].into(),
            created,
        };
        let versions = vec![version(&second, AWSCURRENT, days_ago(ago)), version(&first, AWSPREVIOUS, days_ago(age))];
        user.secret =
            ObservedSecret::Present(SecretState { versions, previous: Some(first.clone()), ..SecretState::default() });
        let (name, id) = (user.name.clone(), user.user_id.clone());
        let at = Some(days_ago(ago));
        *self.ledger.key_mut(&name, &id, &second) = KeyRecord {
            created: at,
            proven: at,
            published: at,
            supersedes: Some(first.clone()),
            ..KeyRecord::default()
        };
        let told = told(days_ago(ago));
        let notices = [(NoticeKind::Rotated, told)].into();
        *self.ledger.key_mut(&name, &id, &first) =
            KeyRecord { superseded_by: Some(second), notices, ..KeyRecord::default() };
        self.ledger.user_mut(&name, &id)
    }

    /// The last user's old key was made inactive so many days ago.
    pub(crate) fn made_inactive(&mut self, days: i64) {
        let user = self.users.last_mut().unwrap();
        let key = &mut user.keys[0];
        key.status = KeyStatus::Inactive;
        let (name, id, key) = (user.name.clone(), user.user_id.clone(), key.id.clone());
        let inactive = MadeInactive { at: days_ago(days), by: Actor::Keywheel, why: Some(InactiveBecause::Superseded) };
        let told = told(days_ago(days));
        let record = self.ledger.key_mut(&name, &id, &key);
        record.made_inactive = Some(inactive);
        record.notices.insert(NoticeKind::Deactivated, told);
    }

    fn view<'a>(&'a self, policy: &'a Policy, forced: &'a BTreeSet<UserName>) -> AccountView<'a> {
        AccountView {
            account: self.id(),
            users: &self.users,
            quiet: &self.quiet,
            ledger: &self.ledger,
            policy,
            exemptions: &self.exemptions,
            forced,
            is_first_sight: false,
            now: now(),
        }
    }
}

/// A notice that was asked for and sent at once, read as a ledger has it.
fn told(at: Timestamp) -> NoticeRecord {
    serde_json::from_value(serde_json::json!({ "asked": at, "ids": [], "sent": at })).unwrap()
}

pub(crate) fn user_id(account: &AccountId, name: &str) -> UserId {
    format!("AIDA{}", letters(&format!("{account}/{name}"))).parse().unwrap()
}

pub(crate) fn key_id(account: &AccountId, name: &str, number: u32) -> AccessKeyId {
    format!("AKIA{}", letters(&format!("{account}/{name}/{number}"))).parse().unwrap()
}

/// Sixteen letters and digits that stand for a text.
fn letters(text: &str) -> String {
    let start = text
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    let mut dice = crate::dice::Dice(start);
    (0..16).map(|_| dice.pick(&"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".chars().collect::<Vec<_>>())).collect()
}

/// The report of a look at these accounts.
pub(crate) fn look(members: &[Member], policy: &Policy) -> Report {
    let forced = BTreeSet::new();
    let accounts = members.iter().map(|member| {
        let look = match &member.trouble {
            Trouble::Unreachable(error) => Look::Unreachable { error: error.clone() },
            Trouble::Failed(error) => Look::Failed { error: error.clone() },
            Trouble::Skipped(reason) => Look::Skipped(*reason),
            Trouble::None => Look::Seen(Box::new(seen(member, policy, &forced, None))),
            Trouble::Partly(error) => Look::Seen(Box::new(seen(member, policy, &forced, Some(error.clone())))),
        };
        LiveAccount { account: member.account.clone(), look }
    });
    let about = About { generated: now(), policy: Some(policy), organization: Some("o-exampleorgid".to_owned()) };
    keywheel_report::live::report(&about, accounts.collect())
}

fn seen<'a>(member: &'a Member, policy: &'a Policy, forced: &'a BTreeSet<UserName>, error: Option<String>) -> Seen<'a> {
    Seen { view: member.view(policy, forced), unseen: &member.unseen, error }
}

pub(crate) fn policy() -> Policy {
    Policy { warn_days: vec![Days(7), Days(3), Days(1)], ..Policy::default() }
}
