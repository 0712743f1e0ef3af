//! The rules of `docs/safety.md`, judged from outside, right before each call that could break them: from what the run saw when it last looked,
//! from mails, and from what became of keys.

mod asked;
mod deactivation;
mod deletion;
mod evidence;
mod housekeeping;
mod making;
mod past;

use std::collections::BTreeSet;

use crate::{Account, Call, Key, Operation};
use keywheel_core::contract::action::{ActionKind, Guard};
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::policy::{UserPeriods, UserTags};

pub use asked::Asked;
pub use evidence::{Look, Watch};

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
            Operation::ScheduleDeletion => self.secret_deletion(call, account),
            Operation::ForgetHosts => self.putting_away(call, account),
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
