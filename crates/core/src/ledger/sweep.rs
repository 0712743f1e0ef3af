//! When an account is swept: every user looked at, whatever the credential report shows.

use sha2::{Digest, Sha256};

use crate::Timestamp;
use crate::id::AccountId;
use crate::ledger::AccountLedger;
use crate::policy::Mode;
use crate::time::{CLOCK_TOLERANCE, Days, after, plus};

const SECONDS_PER_DAY: i64 = 86_400;
const WEEK: Days = Days(7);

/// The account's day of the week, from 0 to 6: the first four bytes of the SHA-256 of its id, as a big-endian number, modulo 7. So a
/// seventh of the organization is swept every day. Day 0 is a Thursday, as the first of January 1970 was.
#[must_use]
fn sweep_day(account: &AccountId) -> i64 {
    let digest = Sha256::digest(account.as_str());
    let first = digest.iter().take(4).fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
    first % 7
}

impl AccountLedger {
    /// Whether the account is to be swept now: on its day of the week (UTC), once, and, by a run that may note it, when a week has passed
    /// without a sweep.
    #[must_use]
    pub fn is_sweep_due(&self, mode: Mode, now: Timestamp) -> bool {
        let swept = self.swept.filter(|swept| *swept <= plus(now, CLOCK_TOLERANCE));
        let is_its_day = day(now).rem_euclid(7) == sweep_day(&self.account);
        let is_swept_today = swept.is_some_and(|swept| day(swept) >= day(now));
        let is_overdue = swept.or(self.since).is_some_and(|last| now >= after(last, WEEK));
        is_overdue && mode == Mode::Enforce || is_its_day && !is_swept_today
    }
}

/// Days since the first of January 1970, UTC.
fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(SECONDS_PER_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(swept: Option<&str>) -> AccountLedger {
        let mut ledger = AccountLedger::new("111122223333".parse().unwrap());
        ledger.swept = swept.map(|at| at.parse().unwrap());
        ledger
    }

    fn due(swept: Option<&str>, now: &str) -> bool {
        ledger(swept).is_sweep_due(Mode::Enforce, now.parse().unwrap())
    }

    #[test]
    fn days_stay_what_they_are() {
        // printf 111122223333 | sha256sum | cut -c1-8, as a number modulo 7.
        let days = ["111122223333", "000000000000", "999999999999"].map(|id| sweep_day(&id.parse().unwrap()));
        assert_eq!(days, [1, 1, 0]);
    }

    #[test]
    fn a_seventh_of_the_accounts_is_swept_every_day() {
        let mut accounts_of_day = [0_u32; 7];
        for number in 0..7_000_u64 {
            let account = format!("{:012}", 111_122_220_000 + number).parse().unwrap();
            accounts_of_day[usize::try_from(sweep_day(&account)).unwrap()] += 1;
        }
        // 1,000 are expected of each; five standard deviations are 146.
        assert!(accounts_of_day.iter().all(|count| (854..=1146).contains(count)), "{accounts_of_day:?}");
    }

    #[test]
    fn an_account_is_swept_once_on_its_day_of_the_week() {
        // Day 1 is a Friday.
        let nights = (16..=22).map(|day| format!("2026-11-{day}T23:59:59Z"));
        let swept: Vec<String> = nights.filter(|night| due(None, night)).collect();
        assert_eq!(swept, ["2026-11-20T23:59:59Z"]);
        assert!(!due(Some("2026-11-20T00:00:00Z"), "2026-11-20T23:59:59Z"), "a second time");
        assert!(due(Some("2026-11-19T23:59:59Z"), "2026-11-20T00:00:00Z"));
    }

    #[test]
    fn a_sweep_that_was_missed_is_made_up_for_a_week_after_the_last() {
        let last = Some("2026-11-12T02:00:00Z");
        assert!(!due(last, "2026-11-19T01:59:59Z"));
        assert!(due(last, "2026-11-19T02:00:00Z"));
    }

    #[test]
    fn a_first_sweep_is_due_a_week_after_the_first_night_whatever_days_there_are_runs_on() {
        let since = AccountLedger { since: Some("2026-11-12T02:00:00Z".parse().unwrap()), ..ledger(None) };
        assert!(!since.is_sweep_due(Mode::Enforce, "2026-11-19T01:59:59Z".parse().unwrap()));
        assert!(since.is_sweep_due(Mode::Enforce, "2026-11-19T02:00:00Z".parse().unwrap()));
    }

    #[test]
    fn an_audit_which_can_note_no_sweep_makes_up_for_none() {
        let missed = ledger(Some("2026-11-01T02:00:00Z"));
        assert!(!missed.is_sweep_due(Mode::Audit, "2026-11-19T02:00:00Z".parse().unwrap()));
        assert!(missed.is_sweep_due(Mode::Audit, "2026-11-20T02:00:00Z".parse().unwrap()));
    }

    #[test]
    fn a_date_ahead_is_not_believed() {
        assert!(due(Some("2027-11-20T02:00:00Z"), "2026-11-20T02:00:00Z"));
    }
}
