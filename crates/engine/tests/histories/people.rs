//! What people do to a user's keys and secret.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use keywheel_core::Timestamp;
use keywheel_core::observed::AWSCURRENT;
use keywheel_core::observed::KeyStatus::{Active, Inactive};
use keywheel_core::policy::tags::{DEACTIVATE_AFTER_DAYS, EXEMPT_UNTIL, ROTATE_AFTER_DAYS};
use keywheel_core::secret::VersionId;
use keywheel_core::time::{Days, after};
use keywheel_testkit::{Account, Habit, What};
use proptest::prelude::*;

/// Something that a person does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    MakesAKey,
    /// Of the keys, the first or the last.
    MakesInactive(bool),
    MakesActive(bool),
    DeletesAKey(bool),
    UsesAKey(bool),
    DeletesTheUserAndMakesItAnew,
    DeletesTheUser,
    /// Gives the user another name, or its first one back.
    RenamesTheUser,
    Tags(Tag),
    DeletesTheSecret,
    SchedulesTheSecret,
    RestoresTheSecret,
    WritesTheSecret,
    ChangesThePolicy,
    Exempts,
    EndsTheExemption,
    ChangesHabit(Habit),
}

/// What a person writes into a user's tags, in place of what was there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tag {
    /// Rotated soon.
    Soon,
    /// Old keys stay for longer.
    Slow,
    /// What nobody can read.
    Badly,
    /// Exempt for so many days from now on.
    ExemptFor(u32),
    /// Exempt until a day that nobody can read.
    ExemptBadly,
    /// Nothing any more.
    Nothing,
}

impl Deed {
    /// Besides [`Deed::any`], what makes users come and go, and their tags.
    pub(crate) fn in_a_long_time(habit: impl Strategy<Value = Habit> + 'static) -> impl Strategy<Value = Self> {
        prop_oneof![
            24 => Self::any(habit),
            1 => Just(Deed::DeletesTheUser),
            5 => Tag::any().prop_map(Deed::Tags),
        ]
    }

    pub(crate) fn any(habit: impl Strategy<Value = Habit> + 'static) -> impl Strategy<Value = Self> {
        prop_oneof![
            3 => Just(Deed::MakesAKey),
            3 => any::<bool>().prop_map(Deed::MakesInactive),
            3 => any::<bool>().prop_map(Deed::MakesActive),
            2 => any::<bool>().prop_map(Deed::DeletesAKey),
            2 => any::<bool>().prop_map(Deed::UsesAKey),
            1 => Just(Deed::DeletesTheUserAndMakesItAnew),
            2 => Just(Deed::RenamesTheUser),
            1 => Just(Deed::DeletesTheSecret),
            1 => Just(Deed::SchedulesTheSecret),
            2 => Just(Deed::RestoresTheSecret),
            1 => Just(Deed::WritesTheSecret),
            1 => Just(Deed::ChangesThePolicy),
            1 => Just(Deed::Exempts),
            2 => Just(Deed::EndsTheExemption),
            2 => habit.prop_map(Deed::ChangesHabit),
        ]
    }

    /// Does it to the user who is called that, or was. Whoever is made anew gets the first name, though another may have had it.
    pub(crate) fn done_to(self, account: &mut Account, user: &str) {
        let is_made = matches!(self, Deed::DeletesTheUserAndMakesItAnew);
        let named = if is_made { user.to_owned() } else { name_now(account, user) };
        let user = named.as_str();
        let is_there = is_there(account, user);
        if !is_there && !matches!(self, Deed::DeletesTheUserAndMakesItAnew) {
            return;
        }
        let secret = account.secret_name(user);
        match self {
            Deed::MakesAKey => makes_a_key(account, user),
            Deed::MakesInactive(last) => {
                with_key(account, user, last, |account, key| account.set_status(user, key, Inactive));
            }
            Deed::MakesActive(last) => {
                with_key(account, user, last, |account, key| account.set_status(user, key, Active));
            }
            Deed::DeletesAKey(last) => with_key(account, user, last, |account, key| account.delete_key(user, key)),
            Deed::UsesAKey(last) => with_key(account, user, last, |account, key| {
                let made = account.deeds(What::Made).find(|made| made.key == *key).cloned();
                // Nobody uses a key whose secret half nobody has.
                if !made.is_some_and(|made| account.is_never_stored(&made)) {
                    let now = account.now;
                    account.use_key(user, key, now);
                }
            }),
            Deed::DeletesTheUserAndMakesItAnew => {
                account.add_user(user);
                account.add_key(user, 0);
            }
            // AWS deletes no user who is in a group.
            Deed::DeletesTheUser => {
                account.users.retain(|name, _| name.as_str() != user);
                account.groups.values_mut().for_each(|group| group.retain(|name| name.as_str() != user));
            }
            Deed::RenamesTheUser => renames(account, user),
            Deed::Tags(tag) => account.user_mut(user).tags = tag.tags(account.now),
            Deed::DeletesTheSecret => drop(account.secrets.remove(&secret)),
            Deed::SchedulesTheSecret => schedule(account, &secret, true),
            Deed::RestoresTheSecret => schedule(account, &secret, false),
            Deed::WritesTheSecret => writes(account, &secret),
            Deed::ChangesThePolicy => {
                if let Some(secret) = account.secrets.get_mut(&secret) {
                    secret.policy = Some("{}".to_owned());
                }
            }
            // Nobody is put into a group that is gone. Whoever made it again with one user in it would end the exemption of all others.
            Deed::Exempts => {
                account.groups.get_mut("exempt").map(|group| group.insert(user.parse().unwrap()));
            }
            Deed::EndsTheExemption => {
                account.groups.get_mut("exempt").map(|group| group.remove(&user.parse().unwrap()));
            }
            Deed::ChangesHabit(habit) => account.user_mut(user).habit = habit,
        }
    }
}

impl Tag {
    fn any() -> impl Strategy<Value = Self> {
        let exempt_for = (1..20_u32).prop_map(Tag::ExemptFor);
        let written =
            prop_oneof![Just(Tag::Soon), Just(Tag::Slow), Just(Tag::Badly), exempt_for, Just(Tag::ExemptBadly)];
        prop_oneof![5 => written, 3 => Just(Tag::Nothing)]
    }

    fn tags(self, now: Timestamp) -> BTreeMap<String, String> {
        let until = |days| TimeZone::UTC.to_datetime(after(now, Days(days))).date().to_string();
        let (name, value) = match self {
            Tag::Soon => (ROTATE_AFTER_DAYS, "20".to_owned()),
            Tag::Slow => (DEACTIVATE_AFTER_DAYS, "25".to_owned()),
            Tag::Badly => (ROTATE_AFTER_DAYS, "every now and then".to_owned()),
            Tag::ExemptFor(days) => (EXEMPT_UNTIL, until(days)),
            Tag::ExemptBadly => (EXEMPT_UNTIL, "for ever".to_owned()),
            Tag::Nothing => return BTreeMap::new(),
        };
        [(format!("KeyRotation:{name}"), value)].into()
    }
}

const RENAMED: &str = "-renamed";

/// What the user is called by now who had this name at the beginning: the other name only where nobody has the first one.
pub(crate) fn name_now(account: &Account, user: &str) -> String {
    let renamed = format!("{user}{RENAMED}");
    if !is_there(account, user) && is_there(account, &renamed) { renamed } else { user.to_owned() }
}

/// The name that is given to whoever is renamed.
pub(crate) fn renamed(user: &str) -> String {
    user.strip_suffix(RENAMED).map_or_else(|| format!("{user}{RENAMED}"), str::to_owned)
}

fn is_there(account: &Account, user: &str) -> bool {
    account.users.keys().any(|name| name.as_str() == user)
}

fn renames(account: &mut Account, user: &str) {
    let to = renamed(user);
    // No two users have one name.
    if !is_there(account, &to) {
        account.rename_user(user, &to);
    }
}

fn makes_a_key(account: &mut Account, user: &str) {
    if account.user(user).keys.len() < 2 {
        account.add_key(user, 0);
    }
}

fn with_key(
    account: &mut Account,
    user: &str,
    last: bool,
    act: impl FnOnce(&mut Account, &keywheel_core::id::AccessKeyId),
) {
    let keys = &account.user(user).keys;
    let key = if last { keys.last() } else { keys.first() };
    if let Some(key) = key.map(|key| key.id.clone()) {
        act(account, &key);
    }
}

fn schedule(account: &mut Account, secret: &str, is_scheduled: bool) {
    if let Some(secret) = account.secrets.get_mut(secret) {
        secret.is_scheduled_for_deletion = is_scheduled;
    }
}

fn writes(account: &mut Account, secret: &str) {
    let now = account.now;
    if let Some(secret) = account.secrets.get_mut(secret) {
        let version = VersionId(format!("{:064x}", secret.versions.len()));
        secret.put(version, "{\"by\":\"a person\"}", AWSCURRENT, now);
    }
}
