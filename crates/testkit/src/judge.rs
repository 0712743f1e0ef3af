//! The rules of `docs/safety.md`, judged from outside, right before each call that could break them: from what the run saw when it last looked,
//! from mails, and from what became of keys.

mod asked;
mod evidence;
mod housekeeping;
mod past;

use std::collections::BTreeSet;

use crate::{Account, Call, Key, Operation};
use keywheel_core::Timestamp;
use keywheel_core::contract::action::{ActionKind, Guard};
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::policy::{ForeignInactiveKeys, UserPeriods, UserTags};
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, after, plus};

pub use asked::Asked;
pub use evidence::{Look, Watch};
use evidence::{is_taken_up, is_unused_for, is_used_by_somebody, said, shown_use, told};
use past::is_ours;

const TELLS_OF_A_REPLACEMENT: &[Reason] =
    &[Reason::RotationDue, Reason::Forced, Reason::ReplacementPending, Reason::NoticeRepeated, Reason::NoticeNotSent];

const PUTS_AWAY: &[Operation] = &[
    Operation::ScheduleDeletion,
    Operation::ScheduleFormerDeletion,
    Operation::DeleteParameter,
    Operation::ForgetHosts,
];

type Verdict = Result<(), String>;

impl Watch {
    /// Judges a call right before it is made.
    pub fn judge(&mut self, call: &Call, account: &Account) {
        if !call.operation.is_change() {
            return;
        }
        let verdict = self.may_change_at_all(call, account).and_then(|()| match call.operation {
            Operation::CreateAccessKey => self.creation(call, account),
            Operation::UpdateAccessKey if call.subject.ends_with(" Active") => self.revival(call, account),
            Operation::UpdateAccessKey => self.deactivation(call, account),
            Operation::DeleteAccessKey => self.deletion(call, account),
            Operation::ScheduleDeletion | Operation::ForgetHosts => self.putting_away(call, account),
            Operation::DeleteParameter => self.parameter_deletion(call, account),
            Operation::ScheduleFormerDeletion => self.former_deletion(call, account),
            _ => Ok(()),
        });
        if let Err(why) = verdict {
            self.broken.push(format!("{} {} at {}: {why}", call.operation.name(), call.subject, call.at));
        }
        self.count(call, account);
    }

    /// Notes what the run sees with a call. `exemption_group` is the group's name; where a run may not write, or breaks off, no later run
    /// remembers what it saw.
    pub fn note(&mut self, call: &Call, account: &Account, exemption_group: &str, remembers: bool) {
        match call.operation {
            Operation::GetGroup => self.groups.push(account.groups.get(exemption_group).cloned()),
            Operation::ListAccessKeys if remembers => self.sees(account, &call.subject),
            Operation::ListUsers if remembers => self.sees_who_is_there(account),
            Operation::DescribeSecret => self.sees_whether_usable(call, account),
            Operation::GetUser => {
                self.sees_whether_there(account, &call.subject);
                self.looks.extend(Look::of(account, &call.subject).map(|look| (call.subject.clone(), look)));
            }
            _ => {}
        }
    }

    fn count(&mut self, call: &Call, account: &Account) {
        let is_active = |key: &AccessKeyId| account.users.values().filter_map(|user| user.key(key)).any(Key::is_active);
        match call.operation {
            Operation::CreateAccessKey => self.made += 1,
            Operation::UpdateAccessKey if call.subject.ends_with("Inactive") => {
                self.deactivated += 1;
                if self.asked.is(ActionKind::Emergency) {
                    self.asked.leaked.extend(key_of(call).map(|key| (key, call.at)));
                }
                // A key that leaked after it was made inactive is marked by the same call.
                if let Some(key) = key_of(call).filter(|key| is_active(key) || !self.deactivations.contains_key(key)) {
                    self.deactivations.insert(key, call.at);
                }
            }
            Operation::DeleteAccessKey => self.deleted += 1,
            Operation::ScheduleDeletion => drop(self.scheduled.insert(user_of(call).to_owned(), call.at)),
            _ => {}
        }
        if PUTS_AWAY.contains(&call.operation) {
            *self.put_away.entry(call.operation).or_default() += 1;
        }
    }

    fn may_change_at_all(&self, call: &Call, account: &Account) -> Verdict {
        let user = user_of(call);
        check(self.may_change, "rule 9: this run must change nothing")?;
        let is_frozen = self.policy.freeze.until(call.at).is_some() && !self.asked.lifts(Guard::Freeze);
        check(!is_frozen, "a freeze is on")?;
        // Each run reads the group once and goes by that.
        let is_free = |group: &BTreeSet<UserName>| group.iter().all(|member| member.as_str() != user);
        let is_free_for_one = self.groups.iter().flatten().any(is_free);
        check(is_free_for_one, "rule 8: the user is exempt, or the exemption group is missing")?;
        let is_there = account.users.keys().any(|name| name.as_str() == user);
        let is_exempt_by_tag = self.looks.get(user).is_some_and(|look| is_there && self.tags(look).exempts(call.at));
        check(!is_exempt_by_tag, "rule 8: a tag exempts the user")
    }

    fn tags(&self, look: &Look) -> UserTags {
        UserTags::read(&look.user.tags, &self.policy.tag_prefix)
    }

    /// The user's own periods, where tags bend them.
    fn periods(&self, look: &Look) -> UserPeriods {
        self.policy.periods.for_user(&self.tags(look))
    }

    fn look(&self, call: &Call) -> Result<&Look, String> {
        self.looks.get(user_of(call)).ok_or_else(|| "the user was not looked at".to_owned())
    }

    fn creation(&self, call: &Call, account: &Account) -> Verdict {
        let look = self.look(call)?;
        let replaces_a_leaked_key = self.asked.now.as_ref().is_some_and(|action| action.replace);
        let has_an_active_key = look.user.keys.iter().any(Key::is_active);
        check(has_an_active_key || replaces_a_leaked_key, "rule 5: the user has no active key")?;
        let is_listed = |key: &&Key| plus(key.created, account.behaviour.listed_after) <= look.at;
        check(look.user.keys.iter().filter(is_listed).count() == 1, "rule 7: there is no free slot")
    }

    fn deactivation(&self, call: &Call, account: &Account) -> Verdict {
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

    /// Only a rollback makes a key active, and only one that Keywheel made inactive, for another cause than a leak.
    fn revival(&self, call: &Call, account: &Account) -> Verdict {
        let key = key_of(call).ok_or("no key is named")?;
        check(self.asked.may_roll_back(user_of(call), call), "rule 5: no rollback was asked for")?;
        let by_keywheel = self.inactive_by_keywheel(&key, self.look(call)?);
        let by_either = || self.inactive_by_either(account, &key);
        check(by_keywheel.or_else(by_either).is_some(), "rule 5: a person made the key inactive")?;
        check(!self.asked.is_leaked(&key, account), "exception (c): the key leaked")
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

    fn as_orphan(&self, look: &Look, key: &Key) -> Verdict {
        let during_a_run = self.runs.iter().any(|(from, until)| *from <= key.created && key.created <= *until);
        check(during_a_run && is_stored_nowhere(look, key), "it is no key of a lost answer")
    }

    fn deletion(&self, call: &Call, account: &Account) -> Verdict {
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

/// Whether nobody can have the key's secret half: a proof may show late, and be all that was ever done with the key.
fn is_stored_nowhere(look: &Look, key: &Key) -> bool {
    !look.is_stored(&key.id) && key.uses.iter().all(|used| key.is_proof(*used))
}

fn check(holds: bool, why: &str) -> Verdict {
    if holds { Ok(()) } else { Err(why.to_owned()) }
}

/// The user whom a call to IAM is about, or whose secret, parameter or acknowledgements a call is about. In this model names of parameters end
/// in the user's.
fn user_of(call: &Call) -> &str {
    let subject = call.subject.split(' ').next().unwrap_or_default();
    let of_account = subject.strip_prefix("Account_").and_then(|rest| rest.split_once("_User_"));
    let of_secret = of_account.and_then(|(_, rest)| rest.strip_suffix("_AccessKey"));
    of_secret.unwrap_or_else(|| subject.trim_end_matches('/').rsplit('/').next().unwrap_or_default())
}

fn key_of(call: &Call) -> Option<AccessKeyId> {
    call.subject.split(' ').nth(1)?.parse().ok()
}

fn found<'a>(look: &'a Look, call: &Call) -> Result<&'a Key, String> {
    let key = key_of(call).and_then(|id| look.user.key(&id));
    key.ok_or_else(|| "the run did not see the key when it looked last".to_owned())
}

/// Exception (a): a key that was made after the run looked last may be deleted by it if it is stored nowhere.
fn taken_back(call: &Call, account: &Account) -> Verdict {
    let key = key_of(call).ok_or("no key is named")?;
    let stored = account.secret(user_of(call)).is_some_and(|secret| secret.labels_of(&key).is_some());
    check(is_ours(account, &key) && !stored, "rule 1: the run did not see the key when it looked last")
}
