//! Keys are made inactive when they are superseded, unused, lost, leaked or rolled back.

use keywheel_core::Timestamp;
use keywheel_core::contract::action::{ActionKind, Guard};
use keywheel_core::reason::Reason;
use keywheel_core::time::after;

use super::evidence::{Look, Watch, is_taken_up, is_unused_for, is_used_by_somebody, said, shown_use, told};
use super::{Verdict, check, found, is_stored_nowhere, user_of};
use crate::{Account, Call, Key};

const TELLS_OF_A_REPLACEMENT: &[Reason] =
    &[Reason::RotationDue, Reason::Forced, Reason::ReplacementPending, Reason::NoticeRepeated, Reason::NoticeNotSent];

impl Watch {
    pub(super) fn deactivation(&self, call: &Call, account: &Account) -> Verdict {
        let look = self.look(call)?;
        let key = found(look, call)?;
        if let Some(emergency) = self.asked.now.as_ref().filter(|action| action.action == ActionKind::Emergency) {
            let is_named = emergency.access_key_id.as_ref() == Some(&key.id);
            let frees_the_slot = emergency.replace && self.as_orphan(look, key).is_ok();
            return check(is_named || frees_the_slot, "exception (c): no emergency was declared for the key");
        }
        check(key.is_active(), "rule 5: the key was inactive already")?;
        let ways = [
            self.as_superseded(look, key, account),
            self.as_unused(look, key, account),
            self.as_orphan(look, key),
            self.as_rolled_back(look, key, call, account),
        ];
        let all = ways.len();
        let refused: Vec<String> = ways.into_iter().filter_map(Result::err).collect();
        check(refused.len() < all, &format!("rule 2 or 6: {}", refused.join("; ")))
    }

    /// The new key gives way where the old one works, and nobody uses the new one.
    fn as_rolled_back(&self, look: &Look, key: &Key, call: &Call, account: &Account) -> Verdict {
        check(self.asked.may_roll_back(user_of(call), call), "no rollback was asked for")?;
        let mut others = look.user.keys.iter().filter(|other| other.id != key.id && other.is_active());
        check(others.next().is_some(), "no other key works")?;
        let is_used = is_used_by_somebody(account, key);
        check(!is_used || self.asked.lifts(Guard::LastUsed), "somebody uses the new key")
    }

    fn as_superseded(&self, look: &Look, key: &Key, account: &Account) -> Verdict {
        let grace = self.periods(look).install_grace;
        let mut others = look.user.keys.iter().filter(|other| other.id != key.id && other.is_active());
        let published = others.find_map(|other| Some((other, look.published(&other.id)?)));
        let (replacement, stored) = published.ok_or("no replacement is published and active")?;
        let mut since = stored.max(replacement.created);
        if self.policy.require_notice {
            let notice = told(account, &key.id, TELLS_OF_A_REPLACEMENT, replacement.created);
            let is_lifted = self.asked.is(ActionKind::Deactivate) && self.asked.lifts(Guard::InstallGrace);
            let notice = notice.or(is_lifted.then_some(since));
            since = since.max(notice.ok_or("the owners were not told of the replacement")?);
        }
        for revived in [key, replacement].map(|key| self.revived(account, &key.id)) {
            since = since.max(revived.unwrap_or(since));
        }
        let due = after(since, grace);
        let is_lifted = |guard| self.asked.is(ActionKind::Deactivate) && self.asked.lifts(guard);
        let is_over = account.now >= due || is_lifted(Guard::InstallGrace);
        check(is_over, &format!("the install grace ends at {due}"))?;
        if self.policy.max_hold.is_some_and(|hold| account.now >= after(due, hold)) {
            return Ok(());
        }
        let hosts = said(account, &look.user.name, self.policy.ack_forget_after);
        let lags = hosts.iter().any(|has| has.as_ref().is_none_or(|has| *has == key.id));
        check(!lags || is_lifted(Guard::Acknowledgement), "a host that acknowledges may still have the old key")?;
        let threshold = self.policy.last_used_threshold;
        let used = shown_use(account, key).filter(|_| threshold.0 > 0);
        let at_rest = used.is_none_or(|used| account.now >= after(used, threshold));
        check(at_rest || is_lifted(Guard::LastUsed), "the old key is in use")?;
        let is_unused = is_unused_for(account, key, self.policy.unused_after);
        let acknowledged = !hosts.is_empty() && hosts.iter().all(|has| has.as_ref() == Some(&replacement.id));
        let taken_up = is_unused || acknowledged || is_taken_up(account, replacement, stored);
        check(taken_up || is_lifted(Guard::TakeUp), "the replacement is not taken up")
    }

    fn as_unused(&self, look: &Look, key: &Key, account: &Account) -> Verdict {
        check(is_unused_for(account, key, self.policy.unused_after), "the key is not unused")?;
        if !self.policy.require_notice {
            return Ok(());
        }
        let since = self.revived(account, &key.id).unwrap_or(Timestamp::MIN);
        let notice = told(account, &key.id, &[Reason::RetirementAhead], since);
        let due = after(notice.ok_or("its retirement was not announced")?, self.periods(look).install_grace);
        check(account.now >= due, &format!("its retirement was announced for {due}"))
    }

    pub(super) fn as_orphan(&self, look: &Look, key: &Key) -> Verdict {
        let during_a_run = self.runs.iter().any(|(from, until)| *from <= key.created && key.created <= *until);
        check(during_a_run && is_stored_nowhere(look, key), "it is no key of a lost answer")
    }
}
