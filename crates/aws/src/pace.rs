//! How fast the calls to one account go: many at a time, until AWS throttles.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use jiff::Timestamp;
use keywheel_engine::ports::{ErrorKind, PortError};
use tokio::sync::Semaphore;

use crate::patience::Patience;

/// Calls that are under way at a time while AWS does not throttle.
const MOST: usize = 32;

/// How many calls are under way at a time: when one is throttled that outlasted the SDK's own attempts, half as many; then one more with
/// every round that goes well. Calls that wait for their turn are not under way, so no time-out of theirs runs.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    patience: Patience,
    turns: Arc<Semaphore>,
    gauge: Arc<Mutex<Gauge>>,
}

#[derive(Debug)]
struct Gauge {
    limit: usize,
    /// Turns that are to be taken away once they are given back.
    excess: usize,
    /// Calls that went well since the limit changed.
    well: usize,
    /// How often it was halved: calls that were begun before the last time say nothing new.
    halvings: u64,
}

impl Pace {
    /// Of one account. `pauses` is how long one call that is throttled is made again.
    pub(crate) fn new(config: &SdkConfig, pauses: Duration) -> Self {
        let gauge = Gauge { limit: MOST, excess: 0, well: 0, halvings: 0 };
        let (turns, gauge) = (Arc::new(Semaphore::new(MOST)), Arc::new(Mutex::new(gauge)));
        Self { patience: Patience::new(config, pauses), turns, gauge }
    }

    /// Throttled calls are not made again after that.
    pub(crate) fn until(mut self, until: Timestamp) -> Self {
        self.patience = self.patience.until(until);
        self
    }

    /// Makes a call when it is its turn, and again, in another turn, while AWS throttles it.
    pub(crate) async fn with<T, F>(&self, call: impl Fn() -> F) -> Result<T, PortError>
    where
        F: Future<Output = Result<T, PortError>>,
    {
        self.patience.with(|| self.once(&call)).await
    }

    async fn once<T, F>(&self, call: &impl Fn() -> F) -> Result<T, PortError>
    where
        F: Future<Output = Result<T, PortError>>,
    {
        // Nobody closes the semaphore.
        let turn = self.turns.acquire().await.ok();
        let halvings = self.gauge(|gauge| gauge.halvings);
        let outcome = call().await;
        let ended = match &outcome {
            Ok(_) => Ended::Well,
            Err(error) if error.kind == ErrorKind::Throttled => Ended::Throttled,
            Err(_) => Ended::Badly,
        };
        let (added, is_taken) = self.gauge(|gauge| gauge.ended(ended, halvings));
        if let Some(turn) = turn.filter(|_| is_taken) {
            turn.forget();
        }
        self.turns.add_permits(added);
        outcome
    }

    fn gauge<T>(&self, look: impl FnOnce(&mut Gauge) -> T) -> T {
        look(&mut self.gauge.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How a call ended, as far as it says anything of the pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Well,
    Throttled,
    Badly,
}

impl Gauge {
    /// How many turns there are more now, and whether the one that ended is taken away.
    fn ended(&mut self, ended: Ended, halvings: u64) -> (usize, bool) {
        let mut added = 0;
        if ended == Ended::Well {
            self.well += 1;
            if self.well >= self.limit && self.limit < MOST {
                (self.limit, self.well) = (self.limit + 1, 0);
                (self.excess, added) = if self.excess > 0 { (self.excess - 1, 0) } else { (0, 1) };
            }
        } else if ended == Ended::Throttled && halvings == self.halvings {
            let halved = (self.limit / 2).max(1);
            self.excess += self.limit - halved;
            (self.limit, self.well, self.halvings) = (halved, 0, self.halvings + 1);
        }
        let is_taken = self.excess > 0;
        self.excess -= usize::from(is_taken);
        (added, is_taken)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_smithy_async::rt::sleep::SharedAsyncSleep;
    use futures::{StreamExt, stream};

    use super::*;
    use crate::wire::Instantly;

    fn gauge(limit: usize) -> Gauge {
        Gauge { limit, excess: 0, well: 0, halvings: 0 }
    }

    #[test]
    fn one_throttled_round_halves_once_and_good_rounds_bring_it_back() {
        let mut gauge = gauge(MOST);
        for _ in 0..MOST {
            gauge.ended(Ended::Throttled, 0);
        }
        assert_eq!((gauge.limit, gauge.excess), (16, 0));
        gauge.ended(Ended::Throttled, 1);
        assert_eq!(gauge.limit, 8);
        let added: usize = (0..10_000).map(|_| gauge.ended(Ended::Well, 2).0).sum();
        // Seven turns are to be given back still, which are left in their place.
        assert_eq!((gauge.limit, gauge.excess), (MOST, 0));
        assert!(added > 0);
    }

    #[test]
    fn there_is_always_a_turn_left() {
        let mut gauge = gauge(1);
        for halvings in 0..100 {
            assert_eq!(gauge.ended(Ended::Throttled, halvings), (0, false));
        }
        assert_eq!(gauge.limit, 1);
    }

    /// A service that lets so many calls through at a time and throttles all others.
    struct Service {
        room: usize,
        inside: AtomicUsize,
        throttled: AtomicUsize,
    }

    impl Service {
        async fn call(&self) -> Result<(), PortError> {
            let inside = self.inside.fetch_add(1, Ordering::Relaxed);
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            self.inside.fetch_sub(1, Ordering::Relaxed);
            if inside < self.room {
                return Ok(());
            }
            self.throttled.fetch_add(1, Ordering::Relaxed);
            let kind = ErrorKind::Throttled;
            Err(PortError { operation: "iam:ListAccessKeys", kind, message: "Throttling".to_owned() })
        }
    }

    #[tokio::test]
    async fn a_throttled_service_is_slowed_down_for_and_nothing_fails() {
        let config = SdkConfig::builder().sleep_impl(SharedAsyncSleep::new(Instantly)).build();
        for room in [1, 3, 10, 100] {
            let pace = Pace::new(&config, Duration::from_mins(1));
            let service = Service { room, inside: AtomicUsize::new(0), throttled: AtomicUsize::new(0) };
            let calls = stream::iter(0..2_000).map(|_| pace.with(|| service.call())).buffer_unordered(100);
            let outcomes: Vec<_> = calls.collect().await;
            assert!(outcomes.iter().all(Result::is_ok), "{room}");
            let throttled = service.throttled.load(Ordering::Relaxed);
            assert_eq!(throttled > 0, room < MOST, "{room}: {throttled}");
            assert!(throttled < 1_500, "{room}: {throttled}");
            assert_eq!(pace.turns.available_permits(), pace.gauge(|gauge| gauge.limit));
        }
    }
}
