//! What the hosts that use keys do all day.

use keywheel_core::Timestamp;
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::observed::{AWSCURRENT, AWSPENDING};
use keywheel_core::time::{Days, after, days_since};

use crate::account::Account;
use crate::world::World;

/// What the hosts of a user do with its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Nothing.
    None,
    /// They use the installed key every day, and install the secret's key when it is there.
    Installs,
    /// They use the installed key every day, and never install another one.
    NeverInstalls,
    /// Once in so many days they fetch the secret's key, or else take the installed one, and use it.
    Every(u32),
}

impl World {
    /// A day: at noon the hosts use their keys; it ends a day after it began.
    pub fn day(&self) {
        let mut account = self.account();
        let (begun, noon) = (account.now, noon_of(account.now));
        let users: Vec<UserName> = account.users.keys().cloned().collect();
        for user in users {
            account.live(&user, noon);
        }
        account.now = after(begun, Days(1));
    }
}

fn noon_of(now: Timestamp) -> Timestamp {
    keywheel_core::time::plus(now, jiff::SignedDuration::from_hours(10))
}

impl Account {
    fn live(&mut self, name: &UserName, noon: Timestamp) {
        let offered = self.offered(name.as_str());
        let Some(user) = self.users.get_mut(name) else { return };
        let (works, installs) = match user.habit {
            Habit::None => (false, false),
            Habit::Installs => (true, true),
            Habit::NeverInstalls => (true, false),
            Habit::Every(days) => {
                let is_the_day = days_since(Timestamp::UNIX_EPOCH, noon).is_multiple_of(days);
                (is_the_day, is_the_day)
            }
        };
        if installs && offered.is_some() {
            user.installed = offered;
        }
        if works && let Some(key) = user.installed.clone() {
            let hosts = user.hosts.clone();
            self.use_key(name.as_str(), &key, noon);
            for host in hosts {
                self.acknowledge(name.as_str(), &host, &key);
            }
        }
    }

    /// The key that the user's secret hands out.
    #[must_use]
    pub fn offered(&self, user: &str) -> Option<AccessKeyId> {
        let (_, version) = self.secret(user)?.labelled(AWSCURRENT)?;
        version.key().filter(|_| version.has_half() && !version.stages.contains(AWSPENDING))
    }
}
