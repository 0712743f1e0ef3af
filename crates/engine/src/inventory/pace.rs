//! How fast a fan-out goes: as fast as Lambda takes events, and slower for a while where it throttles.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use keywheel_core::Timestamp;

/// The pause after the first throttled call.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The pause before each call, shared by all accounts: those that Lambda throttles are as good as those that come next.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    pause: Duration,
    /// When it was changed last. Calls that were under way together say the same, so only one of them counts.
    changed: Option<Timestamp>,
}

impl State {
    fn is_settled(&self, now: Timestamp) -> bool {
        self.changed.is_none_or(|changed| now >= changed.checked_add(self.pause).unwrap_or(changed))
    }

    fn set(&mut self, pause: Duration, now: Timestamp) {
        (self.pause, self.changed) = (pause, Some(now));
    }
}

impl Pace {
    /// A random part of the pause, so that calls which were throttled together do not come back together.
    pub(super) fn pause(&self) -> Duration {
        self.with(|state| state.pause.mul_f64(0.5 + fastrand::f64() / 2.0))
    }

    /// Lambda throttled a call.
    pub(super) fn slow_down(&self, now: Timestamp) {
        self.with(|state| {
            if state.is_settled(now) {
                state.set((state.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE), now);
            }
        });
    }

    /// Lambda took a call.
    pub(super) fn speed_up(&self, now: Timestamp) {
        self.with(|state| {
            if !state.pause.is_zero() && state.is_settled(now) {
                let shorter = if state.pause <= FIRST_PAUSE { Duration::ZERO } else { state.pause / 2 };
                state.set(shorter, now);
            }
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::constant(1_795_140_007, 0);

    #[test]
    fn throttled_calls_make_the_pause_longer_and_taken_ones_shorter_once_per_pause() {
        let (pace, mut now) = (Pace::default(), START);
        assert!(pace.pause().is_zero());
        for _ in 0..40 {
            pace.slow_down(now);
        }
        assert!((FIRST_PAUSE / 2..=FIRST_PAUSE).contains(&pace.pause()), "together they count once");
        for _ in 0..10 {
            now += LONGEST_PAUSE;
            pace.slow_down(now);
        }
        assert!((LONGEST_PAUSE / 2..=LONGEST_PAUSE).contains(&pace.pause()));
        pace.speed_up(now);
        assert!(pace.pause() >= LONGEST_PAUSE / 2, "not before the pause is over");
        for _ in 0..10 {
            now += LONGEST_PAUSE;
            pace.speed_up(now);
        }
        assert!(pace.pause().is_zero());
    }

    #[test]
    fn pauses_vary() {
        let pace = Pace::default();
        pace.slow_down(START);
        let pauses: Vec<_> = (0..50).map(|_| pace.pause()).collect();
        assert!(pauses.windows(2).any(|two| two[0] != two[1]));
    }
}
