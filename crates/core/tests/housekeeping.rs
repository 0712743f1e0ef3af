//! Secrets of users who are gone: never at once, never by a look that did not see everybody, never of somebody who is there.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

mod support;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::ledger::{AccountLedger, Present};
use keywheel_core::plan::{Action, Step};
use keywheel_core::planner::{AccountView, plan_housekeeping};
use keywheel_core::policy::{ExemptionGroup, Policy};
use keywheel_core::time::{Days, after};
use proptest::prelude::*;
use support::{key_id, user_name};

const GRACE: Days = Days(30);

/// One look: how many hours after the one before, whether it saw everybody, and whether alice was there.
type Look = (i64, bool, bool);

fn looks() -> impl Strategy<Value = Vec<Look>> {
    prop::collection::vec((1_i64..300, any::<bool>(), prop::bool::weighted(0.1)), 1..40)
}

/// A ledger that knows alice, whose key Keywheel made.
fn ledger() -> AccountLedger {
    let mut ledger = AccountLedger::new("111122223333".parse().unwrap());
    let user_id = "AIDAEXAMPLE000000001".parse().unwrap();
    let key = ledger.key_mut(&user_name("alice"), &user_id, &key_id("K1"));
    key.created = Some("2026-01-01T00:00:00Z".parse().unwrap());
    ledger.sequence = 1;
    ledger
}

/// What a night does with the ledger and plans.
fn night(ledger: &mut AccountLedger, policy: &Policy, is_whole: bool, is_there: bool, now: Timestamp) -> Vec<Step> {
    let alice = user_name("alice");
    let there: Present<'_> = is_there.then_some((&alice, None)).into_iter().collect();
    ledger.note_gone(&there, is_whole, now);
    ledger.forget_gone(&there, policy, now);
    let account = ledger.account.clone();
    let forced = BTreeSet::new();
    let view = AccountView {
        account: &account,
        users: &[],
        quiet: &[],
        ledger,
        policy,
        exemptions: &ExemptionGroup::NotConfigured,
        forced: &forced,
        is_first_sight: false,
        now,
    };
    if is_whole { plan_housekeeping(&view, &there) } else { Vec::new() }
}

proptest! {
    #[test]
    fn a_secret_is_scheduled_only_after_the_whole_grace_and_by_whole_looks(looks in looks()) {
        let (mut ledger, policy) = (ledger(), Policy { housekeeping_after: Some(GRACE), ..Policy::default() });
        let mut now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let mut missed_since: Option<Timestamp> = None;
        for (hours, is_whole, is_there) in looks {
            now += SignedDuration::from_hours(hours);
            let steps = night(&mut ledger, &policy, is_whole, is_there, now);
            missed_since = match (is_there, is_whole) {
                (true, _) => None,
                (false, true) => missed_since.or(Some(now)),
                (false, false) => missed_since,
            };
            let is_due = is_whole && !is_there && missed_since.is_some_and(|since| after(since, GRACE) <= now);
            // A ledger forgets who is gone for a year.
            let is_remembered = ledger.users.contains_key(&user_name("alice"));
            prop_assert_eq!(!steps.is_empty(), is_due && is_remembered, "{:?} at {}", steps, now);
            prop_assert!(steps.iter().all(|step| step.action == Action::ScheduleSecret && step.key.is_none()));
        }
    }
}

#[test]
fn without_the_setting_or_what_keywheel_made_nothing_is_scheduled() {
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let due = |policy: &Policy, mut ledger: AccountLedger| {
        night(&mut ledger, policy, true, false, start);
        night(&mut ledger, policy, true, false, after(start, GRACE)).len()
    };
    let policy = Policy { housekeeping_after: Some(GRACE), ..Policy::default() };
    assert_eq!(due(&policy, ledger()), 1);
    assert_eq!(due(&Policy { housekeeping_after: None, ..policy.clone() }, ledger()), 0);
    let mut watched = ledger();
    let user_id = "AIDAEXAMPLE000000001".parse().unwrap();
    watched.key_mut(&user_name("alice"), &user_id, &key_id("K1")).created = None;
    assert_eq!(due(&policy, watched), 0);
    let mut cleared = ledger();
    cleared.user_mut(&user_name("alice"), &user_id).secret_cleared = Some(start);
    assert_eq!(due(&policy, cleared), 0);
}

#[test]
fn a_date_in_the_future_is_no_grace() {
    let (mut ledger, policy) = (ledger(), Policy { housekeeping_after: Some(GRACE), ..Policy::default() });
    let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let user_id = "AIDAEXAMPLE000000001".parse().unwrap();
    ledger.user_mut(&user_name("alice"), &user_id).gone_since = Some(after(now, Days(400)));
    night(&mut ledger, &policy, true, false, now);
    assert_eq!(ledger.users[&user_name("alice")].gone_since, Some(now));
}

#[test]
fn who_is_gone_is_forgotten_whatever_dates_the_ledger_has() {
    let policy = Policy { housekeeping_after: Some(GRACE), ..Policy::default() };
    let never = Policy { housekeeping_after: None, ..policy.clone() };
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let user_id = "AIDAEXAMPLE000000001".parse().unwrap();
    let nights_until_forgotten = |mut ledger: AccountLedger, policy: &Policy| {
        let is_forgotten = |nth: &u32| {
            night(&mut ledger, policy, true, false, after(start, Days(*nth)));
            ledger.users.is_empty()
        };
        (0..400).find(is_forgotten)
    };
    assert_eq!(nights_until_forgotten(ledger(), &never), Some(90));
    // What is left to put away is waited for.
    assert_eq!(nights_until_forgotten(ledger(), &policy), Some(365));
    let mut damaged = ledger();
    damaged.key_mut(&user_name("alice"), &user_id, &key_id("K1")).published = Some(after(start, Days(3_000)));
    assert_eq!(nights_until_forgotten(damaged, &never), Some(90));
    let mut cleared = ledger();
    let alice = cleared.user_mut(&user_name("alice"), &user_id);
    (alice.secret_cleared, alice.parameter_cleared) = (Some(start), Some(after(start, Days(60))));
    assert_eq!(nights_until_forgotten(cleared, &policy), Some(150));
}
