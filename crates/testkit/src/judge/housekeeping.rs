//! What is left of users who are gone is put away late enough, and nothing of it that somebody may still want.

use keywheel_core::Timestamp;
use keywheel_core::observed::AWSCURRENT;
use keywheel_core::secret::RECOVERY_WINDOW;
use keywheel_core::time::after;

use super::evidence::Watch;
use super::{Verdict, check, user_of};
use crate::{Account, Call, Key};

impl Watch {
    /// A run lists the users: who is there, by name and by id.
    pub(super) fn sees_who_is_there(&mut self, account: &Account) {
        let there = account.users.values().map(|user| (user.name.to_string(), (user.user_id.clone(), account.now)));
        self.there.extend(there);
    }

    /// A run looks whether a user is there: under the name, or under any name with the id that was last seen under it.
    pub(super) fn sees_whether_there(&mut self, account: &Account, user: &str) {
        let id = self.there.get(user).map(|(id, _)| id);
        let is_there = account.users.values().any(|there| there.name.as_str() == user || Some(&there.user_id) == id);
        if is_there {
            self.absent.remove(user);
        } else {
            self.absent.insert(user.to_owned());
        }
    }

    /// A run looks at a secret: whether somebody can use it.
    pub(super) fn sees_whether_usable(&mut self, call: &Call, account: &Account) {
        let user = user_of(call).to_owned();
        if account.secrets.get(&call.subject).is_some_and(|secret| !secret.is_scheduled_for_deletion) {
            self.usable.insert(user);
        } else {
            self.usable.remove(&user);
        }
    }

    /// What belongs to a user is put away only when the user has been gone for the whole grace.
    pub(super) fn putting_away(&self, call: &Call, account: &Account) -> Verdict {
        let user = user_of(call);
        check(self.absent.contains(user), "the user is there, perhaps under another name")?;
        let grace = self.policy.housekeeping_after.ok_or("nothing is to be put away")?;
        // A ledger of old may name somebody gone who has been there since.
        let Some(seen) = self.seen_there(user).filter(|_| !self.asked.may_be_forgotten) else { return Ok(()) };
        let due = after(seen, grace);
        check(account.now >= due, &format!("the user is not gone for long enough until {due}"))
    }

    /// Nor is a secret that hands out a key that there is: of a user who was renamed, and whose former name another got.
    pub(super) fn secret_deletion(&self, call: &Call, account: &Account) -> Verdict {
        self.putting_away(call, account)?;
        let handed_out = account.secrets.get(&call.subject).and_then(|secret| secret.labelled(AWSCURRENT));
        let key = handed_out.and_then(|(_, version)| version.key().filter(|_| version.has_half()));
        let exists = key.is_some_and(|key| account.users.values().any(|user| user.key(&key).is_some()));
        check(!exists, "the secret hands out a key that exists")
    }

    /// A parameter cannot be restored: it goes when the secret cannot be either, and hands out no key that there is.
    pub(super) fn parameter_deletion(&self, call: &Call, account: &Account) -> Verdict {
        self.putting_away(call, account)?;
        let user = user_of(call);
        check(!self.usable.contains(user), "the user's secret is not scheduled for deletion")?;
        let due = self.scheduled.get(user).map(|at| after(*at, RECOVERY_WINDOW));
        check(due.is_none_or(|due| account.now >= due), "the user's secret can be restored")?;
        let handed_out = account.parameters.get(&call.subject).map(crate::Parameter::keys).unwrap_or_default();
        let exists = |id: &String| account.users.values().flat_map(|user| &user.keys).any(|key| key.id.as_str() == id);
        check(!handed_out.iter().any(exists), "the parameter hands out a key that exists")
    }

    /// The secret in the store from which the deployment moved: no key's secret half is in it alone.
    pub(super) fn former_deletion(&self, call: &Call, account: &Account) -> Verdict {
        let user = user_of(call);
        if !account.users.keys().any(|name| name.as_str() == user) {
            return self.putting_away(call, account);
        }
        let look = self.look(call)?;
        let former = account.left_secrets.get(&call.subject);
        let is_only_there =
            |key: &&Key| former.is_some_and(|secret| secret.labels_of(&key.id).is_some()) && !look.is_stored(&key.id);
        let lost = look.user.keys.iter().find(is_only_there);
        check(lost.is_none(), "the only stored half of a key is in the former secret")
    }

    /// When a run last saw the user, under whatever name.
    fn seen_there(&self, user: &str) -> Option<Timestamp> {
        let (id, at) = self.there.get(user)?;
        let by_id = self.there.values().filter(|(seen, _)| seen == id).map(|(_, at)| *at);
        by_id.chain([*at]).max()
    }
}
