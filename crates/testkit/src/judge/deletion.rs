//! Keys are deleted when they are inactive for so long that nobody calls them back.

use keywheel_core::Timestamp;
use keywheel_core::contract::action::{ActionKind, Guard};
use keywheel_core::policy::ForeignInactiveKeys;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, after};

use super::evidence::{Look, Watch, told};
use super::past::is_ours;
use super::{Verdict, check, found, is_stored_nowhere, key_of, user_of};
use crate::{Account, Call, Key};

impl Watch {
    pub(super) fn deletion(&self, call: &Call, account: &Account) -> Verdict {
        let look = self.look(call)?;
        let Ok(key) = found(look, call) else { return taken_back(call, account) };
        let never_stored = is_stored_nowhere(look, key);
        let by_keywheel = is_ours(account, &key.id);
        if by_keywheel && never_stored && key.is_active() {
            return Ok(());
        }
        check(!key.is_active(), "rule 1: the key is active")?;
        check(!self.is_first_sight, "the account is seen for the first time")?;
        let inactive = self.inactive_by_keywheel(&key.id, look);
        let due = match inactive {
            Some(at) if never_stored && self.as_orphan(look, key).is_ok() => after(at, Days(1)),
            Some(at) => after(at, self.periods(look).recovery_grace),
            None => self.inactive_by_a_person_until(account, key, look)?,
        };
        check(account.now >= due, &format!("rule 1: the key can be called back until {due}"))
    }

    /// When a key that a person made inactive may be deleted, or one of which nobody can tell who did.
    fn inactive_by_a_person_until(&self, account: &Account, key: &Key, look: &Look) -> Result<Timestamp, String> {
        let by_either = self.inactive_by_either(account, &key.id);
        let by_either = by_either.map(|at| after(at, self.periods(look).recovery_grace));
        match (by_either, self.person_inactive_until(account, key, look)) {
            (Some(either), Ok(persons)) => Ok(either.min(persons)),
            (Some(either), Err(_)) => Ok(either),
            (None, persons) => persons,
        }
    }

    /// When a person's inactive key may be deleted.
    fn person_inactive_until(&self, account: &Account, key: &Key, look: &Look) -> Result<Timestamp, String> {
        if self.asked.is(ActionKind::Delete) && self.asked.lifts(Guard::PersonInactive) {
            return Ok(after(self.inactive_since(account, key, look), self.periods(look).recovery_grace));
        }
        let is_allowed = self.policy.foreign_inactive_keys == ForeignInactiveKeys::Delete;
        check(is_allowed, "rule 5: a person made the key inactive")?;
        let at = self.inactive_since(account, key, look);
        let notice = told(account, &key.id, &[Reason::ForeignDeletionAhead], at);
        let announced =
            after(notice.ok_or("rule 5: its deletion was not announced")?, self.periods(look).install_grace);
        Ok(announced.max(after(at, self.policy.unused_after.max(self.periods(look).recovery_grace))))
    }
}

/// Exception (a): a key that was made after the run looked last may be deleted by it if it is stored nowhere.
fn taken_back(call: &Call, account: &Account) -> Verdict {
    let key = key_of(call).ok_or("no key is named")?;
    let stored = account.secret(user_of(call)).is_some_and(|secret| secret.labels_of(&key).is_some());
    check(is_ours(account, &key) && !stored, "rule 1: the run did not see the key when it looked last")
}
