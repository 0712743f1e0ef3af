//! What is promised every day, and at the end, besides the rules that are judged at every call.

use std::collections::BTreeSet;

use keywheel_core::Timestamp;
use keywheel_core::id::AccessKeyId;
use keywheel_core::time::days_since;
use keywheel_testkit::{Account, Habit, Key, Store, Who, World};

use super::people::{LATE_BY, LEFT_ALONE, STEADY};
use super::sums::Sums;

/// How much older than their rotation period keys of those who behave may be, and how long an old key may go on beside the new one: the
/// days by which one host is late, those for which its last use holds the old key, and the night.
const LATE: u32 = 1;
const BESIDE: u32 = LATE_BY + 7 + 3;

/// What was looked at so far, of what only grows.
#[derive(Default)]
pub(crate) struct Seen {
    history: usize,
    mails: usize,
}

impl Seen {
    /// What does not hold at the end of a day. `noon` is when hosts worked; Keywheel may have changed nothing where `may_change` is false.
    pub(crate) fn broken_today(
        &mut self,
        world: &World,
        noon: Timestamp,
        may_change: bool,
        sums: &mut Sums,
    ) -> Vec<String> {
        let mut broken = Vec::new();
        let account = world.account();
        for name in STEADY {
            broken.extend(locked_out(&account, name, noon, sums));
        }
        let new: Vec<_> = account.history[self.history..].iter().filter(|event| event.who == Who::Keywheel).collect();
        if !may_change && !new.is_empty() {
            broken.push(format!("rule 9: changed although nothing may change: {new:?}"));
        }
        let touched = new.iter().filter(|event| LEFT_ALONE.contains(&event.user.as_str()));
        broken.extend(touched.map(|event| format!("a user who is to be left alone was changed: {event:?}")));
        self.history = account.history.len();
        let mails: Vec<_> = account.mails[self.mails..].iter().map(|mail| format!("{mail:?}")).collect();
        self.mails = account.mails.len();
        sums.many("mails", mails.len() as u64);
        let encrypted = account.mails.iter().rev().take(mails.len()).filter(|mail| mail.entry.encrypted_pair.is_some());
        sums.many("mails with an encrypted pair", encrypted.count() as u64);
        drop(account);
        broken.extend(mails.iter().filter(|mail| world.leaks(mail)).map(|_| "a mail holds a secret half".to_owned()));
        broken
    }
}

/// Whoever behaves never loses a working key: on each of its visits the host could use one.
fn locked_out(account: &Account, name: &str, noon: Timestamp, sums: &mut Sums) -> Option<String> {
    let user = account.user(name);
    let is_the_day = match user.habit {
        Habit::Every(days) => days_since(Timestamp::UNIX_EPOCH, noon).is_multiple_of(days),
        _ => true,
    };
    if !is_the_day {
        return None;
    }
    sums.count("visits of hosts who behave");
    let works = user.installed.as_ref().and_then(|key| user.key(key)).is_some_and(|key| key.uses.contains(&noon));
    (!works).then(|| format!("{name} lost its working key: {:?} of {:?}", user.installed, user.keys))
}

/// What does not hold after a last stretch of days in which nothing failed.
pub(crate) fn broken_in_the_end(account: &Account) -> Vec<String> {
    let mut broken = Vec::new();
    for name in STEADY {
        let user = account.user(name);
        let (rotation, grace) = if name == "steady-4" { (60, BESIDE + 2) } else { (90, BESIDE) };
        let age = |key: &Key| days_since(key.created, account.now);
        let active: Vec<_> = user.keys.iter().filter(|key| key.is_active()).collect();
        let newest = active.iter().map(|key| age(key)).min();
        if newest.is_none_or(|days| days > rotation + LATE) {
            broken.push(format!("{name} has no key younger than {rotation} days: {:?}", user.keys));
        }
        if active.iter().any(|key| age(key) > rotation + grace + LATE) {
            broken.push(format!("an old key of {name} still works: {:?}", user.keys));
        }
        let lost: BTreeSet<_> = account.users_with_a_never_stored_key().into_iter().collect();
        if lost.contains(name) {
            broken.push(format!("rule 3: a secret half of {name} is lost"));
        }
        let offered = account.offered(name);
        if active.len() == 1 && offered.as_ref() != Some(&active[0].id) {
            broken.push(format!("the secret of {name} hands out {offered:?}, and {} works", active[0].id));
        }
    }
    let parameter = account.parameter("steady-1").and_then(|parameter| parameter.keys().first().cloned());
    if parameter != account.offered("steady-1").map(|key: AccessKeyId| key.to_string()) {
        broken.push(format!("the parameter of steady-1 hands out {parameter:?}"));
    }
    broken
}

/// What the features left in the account.
pub(crate) fn count_features(account: &Account, sums: &mut Sums) {
    let mut of_secrets = |what: &str, is_it: &dyn Fn(&keywheel_testkit::Secret) -> bool| {
        sums.many(what, account.secrets.values().filter(|secret| is_it(secret)).count() as u64);
    };
    of_secrets("secrets in the hub", &|secret| secret.store == Store::Central);
    of_secrets("secrets with a replica", &|secret| !secret.replicas.is_empty());
    of_secrets("secrets with SMTP passwords", &|secret| {
        secret.versions.values().any(|version| !version.smtp_regions().is_empty())
    });
    let of_nobody = |name: &str| !account.users.keys().any(|user| account.secret_name(user.as_str()) == name);
    let put_away = account.secrets.iter().filter(|(name, secret)| secret.is_scheduled_for_deletion && of_nobody(name));
    sums.many("secrets of users who are gone, scheduled for deletion", put_away.count() as u64);
    sums.many("secrets left in the other store", account.left_secrets.len() as u64);
    sums.many("parameters", account.parameters.len() as u64);
    sums.many("acknowledgements", account.acknowledgements.len() as u64);
}

mod tests {
    use keywheel_core::observed::KeyStatus::Inactive;
    use keywheel_core::time::plus;
    use keywheel_testkit::Night;

    use super::super::deployment::Membership;
    use super::super::people::settle;
    use super::*;

    fn broken_after(spoil: impl Fn(&World), may_change: bool) -> String {
        let world = Membership::of(0).found();
        settle(&mut world.account(), &[0; STEADY.len()]);
        spoil(&world);
        let noon = plus(world.account().now, jiff::SignedDuration::from_hours(10));
        world.day();
        Seen::default().broken_today(&world, noon, may_change, &mut Sums::default()).join("; ")
    }

    #[test]
    fn a_lost_key_a_changed_user_and_a_change_out_of_turn_are_noticed() {
        assert_eq!(broken_after(|_| {}, false), "");
        let takes_away = |world: &World| {
            let key = world.account().user("steady-0").keys[0].id.clone();
            world.account().set_status("steady-0", &key, Inactive);
        };
        assert!(broken_after(takes_away, true).contains("steady-0 lost its working key"));
        let rotates = |world: &World| drop(Night::default().on(world));
        assert!(broken_after(rotates, true).contains("a user who is to be left alone was changed"));
        assert!(broken_after(rotates, false).contains("rule 9"));
    }

    #[test]
    fn old_keys_in_the_end_are_noticed() {
        let world = Membership::of(0).found();
        settle(&mut world.account(), &[0; STEADY.len()]);
        (0..120).for_each(|_| world.day());
        let broken = broken_in_the_end(&world.account()).join("; ");
        assert!(broken.contains("steady-0 has no key younger than 90 days"), "{broken}");
        assert!(broken.contains("an old key of steady-0 still works"), "{broken}");
        assert!(broken.contains("the secret of steady-0 hands out None"), "{broken}");
    }
}
