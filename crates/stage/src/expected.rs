//! Holds a night against what the data file says of it: step by step, key by key, version by version, policy by policy, mail by mail.

mod ledgers;
mod mails;
mod secrets;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::contract::manifest::{SkipReason, SkippedAccount};
use keywheel_core::id::AccessKeyId;
use keywheel_core::notice::{NoticeKind, NoticeSubject};
use keywheel_core::observed::KeyStatus;
use keywheel_core::reason::Reason;

use crate::case::{Case, MADE};
use crate::night::Night;
use crate::organization::{Account, Outcome};
use crate::seed::SeededUser;
use crate::stage::Stage;
use crate::world::World;

/// A night, and all that it is held against.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    /// The stage on which it ran.
    pub stage: &'a Stage,
    /// The night.
    pub night: &'a Night,
    /// The world before.
    pub before: &'a World,
    /// The world after.
    pub after: &'a World,
}

impl Held<'_> {
    /// Every comparison, with its name.
    #[must_use]
    pub fn all(&self) -> Vec<(&'static str, Vec<String>)> {
        vec![
            ("every account of the organization is accounted for", self.accounts()),
            ("every step is the expected one", self.results()),
            ("every key ends in the expected state", self.keys()),
            ("every secret has the expected versions and labels", self.versions()),
            ("every secret has the policy written by hand", self.policies()),
            ("every ledger remembers what was done, and is left unclaimed", self.ledgers()),
            ("every notice is recorded once, as sent", self.notice_records()),
            ("every recipient gets one mail per account, with what concerns them", self.mails()),
        ]
    }

    /// Where the accounts of the run differ from what is expected.
    #[must_use]
    pub fn accounts(&self) -> Vec<String> {
        let organization = &self.stage.organization;
        let skipped = |account: &Account| match account.outcome {
            Outcome::Skipped(reason) => Some(SkippedAccount { account: account.id.clone(), reason }),
            Outcome::Served | Outcome::Unreachable => None,
        };
        let management =
            SkippedAccount { account: organization.management.clone(), reason: SkipReason::ManagementAccount };
        let mut expected: Vec<_> = organization.accounts.iter().filter_map(skipped).chain([management]).collect();
        let accounts = &self.night.inventory.accounts;
        let mut found = accounts.skipped.clone();
        for list in [&mut expected, &mut found] {
            list.sort_by(|a, b| a.account.cmp(&b.account));
        }
        let invoked = organization.accounts.len() + 1 - expected.len();
        let mut wrong = Vec::new();
        differs(&mut wrong, "skipped accounts", &expected, &found);
        differs(&mut wrong, "accounts listed", &(organization.accounts.len() + 1), &accounts.listed);
        differs(&mut wrong, "accounts invoked", &invoked, &accounts.invoked);
        differs(&mut wrong, "accounts that could not be invoked", &0, &accounts.failed.len());
        differs(&mut wrong, "accounts in the manifest", &invoked, &self.night.manifest.accounts.len());
        wrong
    }

    /// Where the keys differ.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        self.users().for_each(|user| self.user_keys(&mut wrong, user));
        wrong
    }

    /// Where one user's steps, keys or versions differ.
    #[must_use]
    pub fn user(&self, user: &SeededUser) -> Vec<String> {
        let mut wrong = Vec::new();
        self.user_keys(&mut wrong, user);
        self.user_versions(&mut wrong, user);
        if let Some(result) = self.night.results.get(&user.account) {
            self.user_steps(&mut wrong, user, result);
        }
        wrong
    }

    fn user_keys(&self, wrong: &mut Vec<String>, user: &SeededUser) {
        let found = self.keys_of(user);
        differs(wrong, &format!("the keys of {}", self.name(user)), &self.keys_expected(user), &found);
    }

    /// The state of a user's keys, by label; a key that the case does not know has its id for a label.
    fn keys_of(&self, user: &SeededUser) -> BTreeMap<String, KeyStatus> {
        let keys = self.after.keys.get(&(user.account.clone(), user.name.clone())).cloned().unwrap_or_default();
        keys.into_iter().map(|(id, status)| (self.label(user, &id), status)).collect()
    }

    fn keys_expected(&self, user: &SeededUser) -> BTreeMap<String, KeyStatus> {
        if self.is_served(user) { self.case(user).keys_after() } else { self.case(user).keys_before() }
    }

    /// The label of one of a user's keys.
    fn label(&self, user: &SeededUser, id: &AccessKeyId) -> String {
        let known = user.keys.iter().find(|(_, key)| key.id == *id).map(|(label, _)| label.clone());
        known.unwrap_or_else(|| if self.made(user).as_ref() == Some(id) { MADE.to_owned() } else { id.to_string() })
    }

    /// The key with this label.
    fn key(&self, user: &SeededUser, label: &str) -> Option<AccessKeyId> {
        if label == MADE { self.made(user) } else { user.keys.get(label).map(|key| key.id.clone()) }
    }

    /// How many users got a new key.
    #[must_use]
    pub fn made_in_all(&self) -> usize {
        self.users().filter(|user| self.made(user).is_some()).count()
    }

    /// The one key that the night made for a user.
    fn made(&self, user: &SeededUser) -> Option<AccessKeyId> {
        let keys = self.after.keys.get(&(user.account.clone(), user.name.clone()))?;
        let mut made = keys.keys().filter(|id| user.keys.values().all(|known| known.id != **id));
        made.next().filter(|_| made.next().is_none()).cloned()
    }

    fn users(&self) -> impl Iterator<Item = &SeededUser> {
        self.stage.seeded.users.iter()
    }

    fn case(&self, user: &SeededUser) -> &Case {
        &self.stage.organization.cases[&user.case]
    }

    fn account(&self, user: &SeededUser) -> Option<&Account> {
        self.stage.organization.account(&user.account)
    }

    fn is_served(&self, user: &SeededUser) -> bool {
        self.account(user).is_some_and(|account| account.outcome == Outcome::Served)
    }

    /// A user for people.
    fn name(&self, user: &SeededUser) -> String {
        let account = self.account(user).map_or("?", |account| account.name.as_str());
        format!("{} in {account} ({})", user.name, user.case)
    }

    /// The notices that a user's recipients get: the key, and the notice's id by recipient.
    fn notices(&self, user: &SeededUser) -> Vec<(AccessKeyId, BTreeMap<String, String>)> {
        if !self.is_served(user) {
            return Vec::new();
        }
        let notices = self.case(user).notices().unwrap_or_default();
        let recipients: BTreeSet<_> = user.recipients(&self.stage.organization);
        let ids = notices.into_iter().filter_map(|(label, kind)| {
            let key = self.key(user, &label)?;
            let (account, user_id) = (&user.account, &user.user_id);
            let subject = NoticeSubject { account, user_id, key: &key, episode: 0, kind: &kind };
            let id = |recipient: &String| (recipient.clone(), subject.notice_id(recipient).to_string());
            let ids = recipients.iter().map(id).collect();
            Some((key, ids))
        });
        let mut all: Vec<_> = ids.collect();
        if let Some((key, _)) = all.first().filter(|_| user.has_unreachable_owner()) {
            all.push((key.clone(), self.notice_of_unreachable_owner(user, key)));
        }
        all
    }

    /// The notice that a tag of the user directs no mail, in the week of the key's life in which it was sent.
    fn notice_of_unreachable_owner(&self, user: &SeededUser, key: &AccessKeyId) -> BTreeMap<String, String> {
        let ids = |week| {
            let kind = NoticeKind::Blocked(Reason::OwnerUnreachable, week);
            let (account, user_id) = (&user.account, &user.user_id);
            let subject = NoticeSubject { account, user_id, key, episode: 0, kind: &kind };
            let id = |recipient: String| (recipient.clone(), subject.notice_id(&recipient).to_string());
            user.sure_recipients(&self.stage.organization).into_iter().map(id).collect::<BTreeMap<_, _>>()
        };
        let is_recorded = |id: &String| self.after.notices.contains_key(&format!("notices/{}/{id}.json", user.account));
        (0..200).map(ids).find(|ids| ids.values().any(is_recorded)).unwrap_or_else(|| ids(0))
    }
}

/// Notes a difference.
fn differs<T: PartialEq + std::fmt::Debug>(wrong: &mut Vec<String>, what: &str, expected: &T, found: &T) {
    if expected != found {
        wrong.push(format!("{what}: expected {expected:?}, found {found:?}"));
    }
}
