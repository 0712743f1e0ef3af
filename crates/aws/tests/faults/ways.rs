//! One test per way of failing, so that they run at the same time.
#![allow(clippy::print_stdout, reason = "the number of cases is part of what the test says")]

use crate::fault::Way;
use crate::sweep::{Swept, sweep};

/// Attempts of a call that may be repeated, and how many of them fit into its time-out when each of them waits for its own
/// (`keywheel-aws`: `CALL_TIMEOUT`, `ATTEMPT_TIMEOUT`).
const ATTEMPTS: u32 = 5;
const ATTEMPTS_WITHOUT_ANSWER: u32 = 3;

/// The calls that are sent once whatever happens: the making of a key, and the proof, which the engine itself repeats.
fn is_sent_once(told: &str) -> bool {
    told.starts_with("iam:CreateAccessKey ") || told.contains(" with AKIA")
}

/// How many cases there are in all, when the night has so many calls.
fn cases(calls: usize, writes: usize) -> usize {
    Way::ALL.iter().map(|way| if way.is_of_writes() { writes } else { calls }).sum()
}

/// Every call fails in this way in turn. The one that fails is sent so many times, so that the SDK's retries are part of it.
fn every_call_fails(way: Way, attempts: u32) {
    let Swept { calls, failed } = sweep(way);
    let (ways, writes) = (Way::ALL.len(), calls.iter().filter(|call| call.is_write).count());
    assert_eq!(failed.len(), if way.is_of_writes() { writes } else { calls.len() });
    println!(
        "wire faults: {} calls, {writes} of them writes, {ways} ways: {} cases; of these {} are {way:?}",
        calls.len(),
        cases(calls.len(), writes),
        failed.len()
    );
    assert!(calls.iter().filter(|call| is_sent_once(&call.told)).count() >= 8, "{calls:?}");
    for (call, sent) in failed {
        let expected = if is_sent_once(&call.told) { 1 } else { attempts };
        assert_eq!(sent, expected, "{way:?}: {}", call.told);
    }
}

#[test]
fn every_call_of_a_busy_night_may_be_throttled_for_good() {
    every_call_fails(Way::Throttled, ATTEMPTS);
}

#[test]
fn every_call_of_a_busy_night_may_be_answered_500() {
    every_call_fails(Way::Failed, ATTEMPTS);
}

#[test]
fn every_call_of_a_busy_night_may_be_denied() {
    every_call_fails(Way::Denied, 1);
}

#[test]
fn every_call_of_a_busy_night_may_time_out() {
    every_call_fails(Way::TimedOut, ATTEMPTS_WITHOUT_ANSWER);
}

#[test]
fn every_call_of_a_busy_night_may_take_effect_and_break_off() {
    every_call_fails(Way::EffectThenBroken, 2);
}

#[test]
fn every_write_of_a_busy_night_may_take_effect_and_be_answered_500() {
    every_call_fails(Way::EffectThenFailed, 2);
}

#[test]
fn every_write_of_a_busy_night_may_take_effect_and_never_be_answered() {
    every_call_fails(Way::EffectThenSilence, ATTEMPTS_WITHOUT_ANSWER);
}
