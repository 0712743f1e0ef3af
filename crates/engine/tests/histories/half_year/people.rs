//! The users of an account: those whose people and hosts behave, those who are left alone, and the others.

use keywheel_core::contract::action::{ActionKind, ExplicitAction, Guard};
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::time::days_since;
use keywheel_testkit::{Account, Habit, Key};
use proptest::prelude::*;

use crate::people::Deed;
use crate::play::name_of;
use crate::story::beginning;

/// How many users there are to whom people may do anything.
pub(crate) const OTHERS: usize = 4;
/// Whose hosts install every new key, and to whom people do nothing.
pub(crate) const STEADY: [&str; 5] = ["steady-0", "steady-1", "steady-2", "steady-3", "steady-4"];
/// Users whose keys Keywheel never touches: one is exempt, one has two keys in use.
pub(crate) const LEFT_ALONE: [&str; 2] = ["exempt", "two-keys"];
/// A user whose only key a person made inactive before the first day.
pub(crate) const INACTIVE: &str = "inactive";

/// What the users of an account begin with, by number: the ages of keys.
pub(crate) fn ages() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0..120_u32, STEADY.len())
}

/// Users whose people and hosts behave, each with another feature.
pub(crate) fn settle(account: &mut Account, ages: &[u32]) {
    for (name, age) in STEADY.iter().zip(ages) {
        account.add_user_with_key(name, *age);
        account.user_mut(name).habit = Habit::Installs;
    }
    account.user_mut("steady-1").habit = Habit::Every(4);
    account.user_mut("steady-2").hosts = vec!["ci-1".to_owned(), "ci-2".to_owned()];
    let tag = |name: &str, value: &str| (format!("KeyRotation:{name}"), value.to_owned());
    let addressed =
        [tag("EMAIL", "dora@example.com"), tag("ENCRYPT_TO", "operations"), tag("SMTP_REGIONS", "eu-central-1")];
    account.user_mut("steady-3").tags = addressed.into();
    account.user_mut("steady-4").tags = [tag("ROTATE_AFTER_DAYS", "60"), tag("DEACTIVATE_AFTER_DAYS", "12")].into();
    for name in LEFT_ALONE.into_iter().chain([INACTIVE]) {
        account.add_user_with_key(name, 200);
        account.user_mut(name).habit = Habit::NeverInstalls;
    }
    account.add_key("two-keys", 150);
    Deed::MakesInactive(false).done_to(account, INACTIVE);
}

/// Users to whom people may do anything.
pub(crate) fn others() -> impl Strategy<Value = Vec<crate::story::Beginning>> {
    prop::collection::vec(beginning(), OTHERS)
}

pub(crate) fn settle_others(account: &mut Account, others: &[crate::story::Beginning]) {
    for (number, beginning) in others.iter().enumerate() {
        crate::play::begin_user(account, &name_of(number, OTHERS), beginning);
    }
}

/// A second host of `steady-0` takes a new key so many days late, and uses what it has every day: longer than the install grace.
pub(crate) const LATE_BY: u32 = 13;

/// A day of that host: false where its key does not work.
pub(crate) fn work_late(account: &mut Account, held: &mut Option<AccessKeyId>) -> bool {
    let (user, now) = (account.user(STEADY[0]), account.now);
    let offered = account.offered(STEADY[0]).and_then(|key| user.key(&key));
    let is_time = |key: &&Key| held.is_none() || days_since(key.created, now) >= LATE_BY;
    let taken = offered.filter(is_time).or(user.keys.first().filter(|_| held.is_none())).map(|key| key.id.clone());
    *held = taken.or(held.take());
    let works = held.as_ref().and_then(|key| user.key(key)).is_some_and(Key::is_active);
    if let Some(key) = held {
        account.use_key(STEADY[0], key, now);
    }
    works
}

/// The second key of `two-keys` is used every day like the first.
pub(crate) fn use_both_keys(account: &mut Account) {
    Deed::UsesAKey(true).done_to(account, "two-keys");
}

/// Where somebody has lost the exemption group and made it again, those who were in it come back.
pub(crate) fn keep_exempt(account: &mut Account) {
    if account.groups.contains_key("exempt") {
        Deed::Exempts.done_to(account, "exempt");
    }
}

/// The explicit action that the runbook names.
pub(crate) fn frees_a_slot(username: UserName) -> ExplicitAction {
    ExplicitAction {
        action: ActionKind::Delete,
        username,
        account: None,
        name: String::new(),
        email: String::new(),
        access_key_id: None,
        replace: false,
        reviewed: [].into(),
        overrides: [Guard::PersonInactive].into(),
        run_id: None,
        mode: None,
    }
}
