//! Keys are made where there is a slot and nobody made the others inactive, and made active again by a rollback alone.

use keywheel_core::time::plus;

use super::evidence::Watch;
use super::{Verdict, check, key_of, user_of};
use crate::{Account, Call, Key};

impl Watch {
    pub(super) fn creation(&self, call: &Call, account: &Account) -> Verdict {
        let look = self.look(call)?;
        let replaces_a_leaked_key = self.asked.now.as_ref().is_some_and(|action| action.replace);
        let has_an_active_key = look.user.keys.iter().any(Key::is_active);
        check(has_an_active_key || replaces_a_leaked_key, "rule 5: the user has no active key")?;
        let is_listed = |key: &&Key| plus(key.created, account.behaviour.listed_after) <= look.at;
        check(look.user.keys.iter().filter(is_listed).count() == 1, "rule 7: there is no free slot")
    }

    /// Only a rollback makes a key active, and only one that Keywheel made inactive, for another cause than a leak.
    pub(super) fn revival(&self, call: &Call, account: &Account) -> Verdict {
        let key = key_of(call).ok_or("no key is named")?;
        check(self.asked.may_roll_back(user_of(call), call), "rule 5: no rollback was asked for")?;
        let by_keywheel = self.inactive_by_keywheel(&key, self.look(call)?);
        let by_either = || self.inactive_by_either(account, &key);
        check(by_keywheel.or_else(by_either).is_some(), "rule 5: a person made the key inactive")?;
        check(!self.asked.is_leaked(&key, account), "exception (c): the key leaked")
    }
}
