//! An account under judgement: what became of its keys since the last look, by whom, and what the rules say of it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::action::ExplicitAction;
use keywheel_core::contract::digest::Digest;
use keywheel_core::id::{AccessKeyId, AccountId, UserId, UserName};
use keywheel_core::observed::KeyStatus;
use keywheel_core::policy::Policy;
use keywheel_core::time::plus;
use keywheel_testkit::judge::{Look, Watch};
use keywheel_testkit::{Account, Call, Event, Mail, Operation, User, What, Who, World};

use super::mirror::Sight;

const GROUP: &str = "exempt";
/// The name of every host that acknowledges.
pub(super) const HOST: &str = "ci-1";

/// An account under judgement.
pub(super) struct Judged {
    account: Account,
    pub(super) watch: Watch,
    /// Calls of the last run failed, so that it may have done what it does not know of.
    pub(super) is_unsure: bool,
}

/// Something that became of a key between two looks.
#[derive(Clone)]
struct Change {
    user: UserName,
    user_id: UserId,
    key: AccessKeyId,
    what: What,
}

impl Judged {
    pub(super) fn new(id: &AccountId, policy: Policy) -> Self {
        let mut account = World::new("2026-01-01T00:00:00Z").account().clone();
        account.id = id.clone();
        Self { account, watch: Watch::new(policy), is_unsure: false }
    }

    /// The account as people left it, at the beginning of a night or of an explicit action.
    pub(super) fn begin(&mut self, sight: Sight, now: Timestamp, may_change: bool, asked: Option<ExplicitAction>) {
        let changes = changes(&self.account.users, &sight.users);
        self.take(sight, now);
        for change in changes {
            self.note(&change, Who::Person);
            if self.is_unsure {
                self.watch.muddles.insert(now);
            }
        }
        self.watch.asked.begin(asked, now);
        self.watch.may_change = may_change;
        self.watch.groups = vec![self.account.groups.get(GROUP).cloned()];
        self.watch.runs.push((plus(now, SignedDuration::from_secs(-65)), Timestamp::MAX));
        for user in self.users() {
            self.look_at(&user, may_change);
        }
    }

    /// The account as Keywheel left it: each change is judged as the call that it was, on what the calls before it made of the account.
    pub(super) fn end(&mut self, sight: Sight, now: Timestamp) {
        self.account.now = now;
        for change in changes(&self.account.users, &sight.users) {
            self.judge(&change, now);
            self.make(&change, &sight);
        }
        self.take(sight, now);
        self.watch.is_first_sight &= !self.watch.may_change;
        if let Some(span) = self.watch.runs.last_mut() {
            span.1 = plus(now, SignedDuration::from_secs(65));
        }
        self.watch.asked.begin(None, now);
    }

    /// A mail that was sent.
    pub(super) fn told(&mut self, digest: &Digest, nth: usize, at: Timestamp) {
        let entry = digest.entries[nth].clone();
        self.account.mails.push(Mail { at, to: digest.recipient.clone(), entry });
    }

    /// The user's one host said now that it has this key.
    pub(super) fn acknowledged(&mut self, user: &UserName, key: &AccessKeyId, now: Timestamp) {
        self.account.now = now;
        self.account.acknowledge(user.as_str(), HOST, key);
    }

    /// What became of keys so far.
    pub(super) fn history(&self) -> &[Event] {
        &self.account.history
    }

    pub(super) fn mails(&self) -> usize {
        self.account.mails.len()
    }

    /// The user, as it was looked at last.
    pub(super) fn user(&self, name: &str) -> Option<&User> {
        self.account.users.values().find(|user| user.name.as_str() == name)
    }

    fn users(&self) -> Vec<UserName> {
        self.account.users.keys().cloned().collect()
    }

    fn take(&mut self, sight: Sight, now: Timestamp) {
        self.account.now = now;
        self.account.users = sight.users;
        self.account.secrets = sight.secrets;
        self.account.groups.insert(GROUP.to_owned(), sight.exempt);
    }

    fn look_at(&mut self, user: &UserName, remembers: bool) {
        for operation in [Operation::ListAccessKeys, Operation::GetUser] {
            let call = Call { at: self.account.now, operation, subject: user.to_string() };
            self.watch.note(&call, &self.account, GROUP, remembers);
        }
    }

    fn judge(&mut self, change: &Change, now: Timestamp) {
        let (user, key) = (&change.user, &change.key);
        let (operation, subject) = match change.what {
            What::Made => (Operation::CreateAccessKey, user.to_string()),
            What::MadeActive => (Operation::UpdateAccessKey, format!("{user} {key} Active")),
            What::MadeInactive => (Operation::UpdateAccessKey, format!("{user} {key} Inactive")),
            What::Deleted | What::DeletedActive => (Operation::DeleteAccessKey, format!("{user} {key}")),
        };
        self.watch.judge(&Call { at: now, operation, subject }, &self.account);
        self.note(change, Who::Keywheel);
    }

    /// Does to the keys what the call did.
    fn make(&mut self, change: &Change, after: &Sight) {
        let Change { user: name, key: id, what, .. } = change;
        if let Some(user) = self.account.users.get_mut(name) {
            match what {
                What::Made => {
                    user.keys.extend(after.users.get(name).and_then(|user| user.key(id)).cloned());
                    set(user, id, KeyStatus::Active);
                }
                What::MadeActive => set(user, id, KeyStatus::Active),
                What::MadeInactive => set(user, id, KeyStatus::Inactive),
                What::Deleted | What::DeletedActive => user.keys.retain(|there| there.id != *id),
            }
        }
        let look = Look::of(&self.account, name.as_str());
        self.watch.looks.extend(look.map(|look| (name.to_string(), look)));
    }

    fn note(&mut self, change: &Change, who: Who) {
        let Change { user, user_id, key, what } = change.clone();
        self.account.history.push(Event { at: self.account.now, night: 0, user, user_id, key, what, who });
    }
}

fn set(user: &mut User, id: &AccessKeyId, status: KeyStatus) {
    user.keys.iter_mut().filter(|key| key.id == *id).for_each(|key| key.status = status);
}

/// What became of keys between two looks, in the only order in which Keywheel does it: a rollback makes the old key active before the new one
/// gives way, slots are freed before a key is made, and a key that is found inactive was active first.
fn changes(before: &BTreeMap<UserName, User>, after: &BTreeMap<UserName, User>) -> Vec<Change> {
    let (before, after) = (keys(before), keys(after));
    let change = |user: &User, key: &AccessKeyId, what| Change {
        user: user.name.clone(),
        user_id: user.user_id.clone(),
        key: key.clone(),
        what,
    };
    let mut changes = Vec::new();
    for (key, (user, status)) in &before {
        let what = match (status, after.get(key).map(|(_, status)| *status)) {
            (KeyStatus::Active, Some(KeyStatus::Inactive)) => What::MadeInactive,
            (KeyStatus::Inactive, Some(KeyStatus::Active)) => What::MadeActive,
            (KeyStatus::Active, None) => What::DeletedActive,
            (KeyStatus::Inactive, None) => What::Deleted,
            _ => continue,
        };
        changes.push(change(user, key, what));
    }
    changes.sort_by_key(|change| change.what != What::MadeActive);
    for (key, (user, status)) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        let made_inactive = (*status == KeyStatus::Inactive).then_some(What::MadeInactive);
        changes.extend([What::Made].into_iter().chain(made_inactive).map(|what| change(user, key, what)));
    }
    changes
}

/// Every key, with whose it is and its status.
fn keys(users: &BTreeMap<UserName, User>) -> BTreeMap<&AccessKeyId, (&User, KeyStatus)> {
    let keys = users.values().flat_map(|user| user.keys.iter().map(move |key| (user, key)));
    keys.map(|(user, key)| (&key.id, (user, key.status))).collect()
}

#[cfg(test)]
mod tests {
    use keywheel_core::time::{Days, minus};
    use keywheel_testkit::{Habit, Key};
    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-11-20T02:00:00Z";

    /// What there is when alice has these keys of 95 days, active or not. C is made now.
    fn sight(keys: &[(&str, KeyStatus)]) -> Sight {
        let name: UserName = "alice".parse().unwrap();
        let now = NOW.parse().unwrap();
        let key = |(letter, status): &(&str, KeyStatus)| {
            let created = if *letter == "C" { now } else { minus(now, Days(95).duration()) };
            Key::seen(format!("AKIA{}", letter.repeat(16)).parse().unwrap(), *status, created, None)
        };
        let user = User {
            user_id: "AIDA0000000000000001".parse().unwrap(),
            arn: "arn:aws:iam::111122223333:user/alice".to_owned(),
            name: name.clone(),
            tags: BTreeMap::new(),
            quarantine: None,
            keys: keys.iter().map(key).collect(),
            habit: Habit::None,
            installed: None,
            hosts: Vec::new(),
        };
        Sight { users: [(name, user)].into(), exempt: [].into(), secrets: BTreeMap::new() }
    }

    fn judged() -> Judged {
        let mut judged = Judged::new(&"111122223333".parse().unwrap(), Policy::default());
        judged.watch.is_first_sight = false;
        judged
    }

    fn broken(before: &[(&str, KeyStatus)], after: &[(&str, KeyStatus)], may_change: bool) -> String {
        let mut judged = judged();
        judged.begin(sight(before), NOW.parse().unwrap(), may_change, None);
        judged.end(sight(after), NOW.parse().unwrap());
        judged.watch.broken.join("; ")
    }

    #[test]
    fn what_a_night_left_is_judged_as_the_calls_that_it_was() {
        use KeyStatus::{Active, Inactive};
        let one = [("A", Active)];
        assert_eq!(broken(&one, &one, true), "");
        assert_eq!(broken(&one, &[("A", Active), ("B", Active)], true), "");
        assert!(broken(&one, &[("A", Active), ("B", Active)], false).contains("rule 9"));
        assert!(broken(&one, &[], true).contains("rule 1"));
        assert!(broken(&one, &[("A", Inactive)], true).contains("rule 2 or 6"));
        assert!(broken(&[("A", Inactive)], &[("A", Active)], true).contains("rule 5"));
        assert!(broken(&[("A", Inactive)], &[], true).contains("rule 5"));
        assert!(
            broken(&[("A", Active), ("B", Active)], &[("A", Active), ("B", Active), ("C", Active)], true)
                .contains("rule 7")
        );
    }

    #[test]
    fn a_rollback_makes_the_old_key_active_before_the_new_one_gives_way() {
        use KeyStatus::{Active, Inactive};
        let mut judged = judged();
        let [now, next] = [0, 24].map(|hours| plus(NOW.parse().unwrap(), SignedDuration::from_hours(hours)));
        judged.begin(sight(&[("A", Active), ("B", Active)]), now, true, None);
        judged.end(sight(&[("A", Active), ("B", Inactive)]), now);
        judged.watch.broken.clear();
        let asked = json!({ "action": "rollback", "username": "alice" });
        judged.begin(sight(&[("A", Active), ("B", Inactive)]), next, true, ExplicitAction::parse(asked).ok());
        judged.end(sight(&[("A", Inactive), ("B", Active)]), next);
        assert_eq!(judged.watch.broken, [""; 0]);
    }

    #[test]
    fn a_key_that_was_made_and_made_inactive_between_two_looks_is_no_persons() {
        use KeyStatus::{Active, Inactive};
        let mut judged = judged();
        let [now, early, next] = [0, 23, 24].map(|hours| plus(NOW.parse().unwrap(), SignedDuration::from_hours(hours)));
        let with_orphan = || sight(&[("A", Active), ("C", Inactive)]);
        judged.begin(sight(&[("A", Active)]), now, true, None);
        judged.end(with_orphan(), now);
        assert_eq!(judged.watch.broken, [""; 0]);
        for (at, wrong) in [(early, 1), (next, 0)] {
            judged.begin(with_orphan(), at, true, None);
            judged.end(sight(&[("A", Active)]), at);
            assert_eq!(judged.watch.broken.len(), wrong, "{:?}", judged.watch.broken);
            judged.watch.broken.clear();
        }
    }
}
