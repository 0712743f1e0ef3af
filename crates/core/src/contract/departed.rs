//! Accounts that left the organization, as far as they are remembered: `<prefix>departed.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::SCHEMA;
use crate::Timestamp;
use crate::id::{AccountId, UserName};
use crate::time::{Days, after, is_future, plus};

/// How often it is looked who left.
const LOOKED_EVERY: Days = Days(7);

/// A list that is older says nothing of who is missing now.
const LISTED_WITHIN: Days = Days(2);

/// Where it was not looked for longer, nobody knows whether an account was there in between.
const REMEMBERED_FOR: Days = Days(21);

/// So many accounts may always be missing, as long as another is there, or the one that looks.
const MISSED_AT_LEAST: usize = 5;

/// Since when accounts are missing of which something is stored. Written by account-inventory alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartedAccounts {
    /// The version of this shape.
    pub schema_version: u32,
    /// When it was looked last.
    pub at: Timestamp,
    /// The accounts that are missing.
    pub accounts: BTreeMap<AccountId, DepartedAccount>,
}

/// An account that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartedAccount {
    /// Since when, by looks at fresh lists of every account of the organization, never more than three weeks apart.
    pub since: Timestamp,
    /// The users whose secrets were scheduled for deletion, and when. Where an administrator restores one, it stays.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets_scheduled: BTreeMap<UserName, Timestamp>,
}

/// More accounts are missing than leave an organization: another one was listed, or not all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{missing} of {known} accounts of which something is stored are not listed, which is more than leave an organization"
)]
pub struct TooManyMissing {
    /// So many are missing.
    pub missing: usize,
    /// Of so many.
    pub known: usize,
}

impl DepartedAccounts {
    /// Whether it is time to look again. A date in the future counts for nothing.
    #[must_use]
    pub fn is_due(before: Option<&Self>, now: Timestamp) -> bool {
        // An hour less than the days between, so that a schedule that comes some minutes earlier does not cost a day.
        let next = |before: &Self| after(before.at, LOOKED_EVERY) <= plus(now, jiff::SignedDuration::from_hours(1));
        before.is_none_or(|before| is_future(before.at, now) || next(before))
    }

    /// Whether a list of that date tells who is missing now: it was made after the last look, and not long ago.
    #[must_use]
    pub fn is_news(before: Option<&Self>, listed_at: Timestamp, now: Timestamp) -> bool {
        let is_newer = |before: &Self| is_future(before.at, now) || listed_at > before.at;
        !is_future(listed_at, now) && after(listed_at, LISTED_WITHIN) > now && before.is_none_or(is_newer)
    }

    /// What is known after a look that saw every account of the organization: who is missing of those of whom something is stored, and since when: from now on
    /// where nobody looked for three weeks. `home` is the account that looks: a list that has it is of the right organization, where all may be missing if
    /// they are few.
    ///
    /// # Errors
    /// When all of them are missing, or more than five and more than half: nothing is noted then.
    pub fn noting(
        before: Option<&Self>,
        stored: &BTreeSet<AccountId>,
        listed: &BTreeSet<&AccountId>,
        home: Option<&AccountId>,
        now: Timestamp,
    ) -> Result<Self, TooManyMissing> {
        let missing: Vec<_> = stored.iter().filter(|account| !listed.contains(account)).collect();
        let are_most = missing.len() > MISSED_AT_LEAST && missing.len() * 2 > stored.len();
        let are_all = !missing.is_empty() && missing.len() == stored.len();
        let is_at_home = home.is_some_and(|home| listed.contains(home));
        if are_most || are_all && !is_at_home {
            return Err(TooManyMissing { missing: missing.len(), known: stored.len() });
        }
        let remembered = before.filter(|before| !is_future(before.at, now) && after(before.at, REMEMBERED_FOR) >= now);
        let since = |account: &AccountId| {
            let before = remembered.and_then(|before| before.accounts.get(account)).map(|before| before.since);
            before.filter(|since| !is_future(*since, now)).unwrap_or(now)
        };
        let scheduled = |account: &AccountId| {
            let before = before.and_then(|before| before.accounts.get(account));
            before.map(|before| before.secrets_scheduled.clone()).unwrap_or_default()
        };
        let noted = |account: &AccountId| {
            let departed = DepartedAccount { since: since(account), secrets_scheduled: scheduled(account) };
            (account.clone(), departed)
        };
        Ok(Self { schema_version: SCHEMA, at: now, accounts: missing.into_iter().map(noted).collect() })
    }

    /// The accounts that are missing for the whole grace.
    #[must_use]
    pub fn due(&self, grace: Days) -> Vec<&AccountId> {
        let due = self.accounts.iter().filter(|(_, account)| after(account.since, grace) <= self.at);
        due.map(|(account, _)| account).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Days = Days(30);

    fn account(nth: usize) -> AccountId {
        format!("{nth:012}").parse().unwrap()
    }

    fn accounts(count: usize) -> BTreeSet<AccountId> {
        (1..=count).map(account).collect()
    }

    fn day(nth: u32) -> Timestamp {
        after("2026-03-01T06:00:00Z".parse().unwrap(), Days(nth))
    }

    fn noting(before: Option<&DepartedAccounts>, missing: usize, of: usize, nth: u32) -> DepartedAccounts {
        let stored = accounts(of);
        let listed = stored.iter().skip(missing).collect();
        DepartedAccounts::noting(before, &stored, &listed, None, day(nth)).unwrap()
    }

    #[test]
    fn an_account_is_due_a_whole_grace_after_it_was_missed_first() {
        let first = noting(None, 1, 3, 0);
        assert_eq!(first.due(GRACE), Vec::<&AccountId>::new());
        let before = noting(Some(&noting(Some(&first), 1, 3, 15)), 1, 3, 29);
        assert_eq!(before.due(GRACE), Vec::<&AccountId>::new());
        assert_eq!(noting(Some(&before), 1, 3, 30).due(GRACE), [&account(1)]);
    }

    #[test]
    fn who_comes_back_begins_anew_and_so_does_a_date_in_the_future() {
        let first = noting(None, 1, 3, 0);
        let back = noting(Some(&first), 0, 3, 10);
        assert!(back.accounts.is_empty());
        assert_eq!(noting(Some(&back), 1, 3, 30).accounts[&account(1)].since, day(30));
        let future = noting(None, 1, 3, 400);
        assert_eq!(noting(Some(&future), 1, 3, 40).accounts[&account(1)].since, day(40));
    }

    #[test]
    fn where_nobody_looked_for_more_than_three_weeks_it_begins_anew() {
        let first = noting(None, 1, 3, 0);
        assert_eq!(noting(Some(&first), 1, 3, 21).accounts[&account(1)].since, day(0));
        assert_eq!(noting(Some(&first), 1, 3, 22).accounts[&account(1)].since, day(22));
    }

    #[test]
    fn a_list_is_news_for_two_days_and_for_one_look() {
        let last = noting(None, 0, 3, 10);
        let is_news = |listed, now| DepartedAccounts::is_news(Some(&last), day(listed), day(now));
        assert!(is_news(17, 17) && is_news(17, 18));
        assert!(!is_news(17, 19) && !is_news(18, 17) && !is_news(10, 11));
        // The clock was off when it was looked.
        assert!(is_news(5, 5));
        assert!(DepartedAccounts::is_news(None, day(10), day(11)) && !DepartedAccounts::is_news(None, day(9), day(11)));
    }

    #[test]
    fn nobody_is_missed_where_most_are_missing() {
        let (stored, listed) = (accounts(10), BTreeSet::new());
        let refused = DepartedAccounts::noting(None, &stored, &listed, None, day(0)).unwrap_err();
        assert_eq!(refused, TooManyMissing { missing: 10, known: 10 });
        for few in 1..=5 {
            assert!(DepartedAccounts::noting(None, &accounts(few), &listed, None, day(0)).is_err());
        }
        assert_eq!(noting(None, 5, 6, 0).accounts.len(), 5);
        assert_eq!(noting(None, 6, 12, 0).accounts.len(), 6);
        let listed = stored.iter().skip(6).collect();
        assert!(DepartedAccounts::noting(None, &stored, &listed, None, day(0)).is_err());
    }

    #[test]
    fn a_few_may_all_be_missing_where_the_account_that_looks_is_listed() {
        let (home, stranger) = (account(99), account(98));
        let noting = |of, home| DepartedAccounts::noting(None, &accounts(of), &[&account(99)].into(), home, day(0));
        for few in 1..=5 {
            assert_eq!(noting(few, Some(&home)).unwrap().accounts.len(), few);
            assert!(noting(few, Some(&stranger)).is_err() && noting(few, None).is_err());
        }
        assert!(noting(6, Some(&home)).is_err());
    }

    #[test]
    fn it_is_looked_once_a_week() {
        let last = noting(None, 0, 3, 10);
        let is_due = |nth| DepartedAccounts::is_due(Some(&last), day(nth));
        assert!(DepartedAccounts::is_due(None, day(0)));
        assert_eq!([10, 16, 17, 18].map(is_due), [false, false, true, true]);
        // The clock was off when it was written.
        assert!(is_due(1));
    }
}
