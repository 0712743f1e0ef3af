use std::time::Duration;

use jiff::SignedDuration;
use keywheel_core::Timestamp;

/// Time, so that nothing else reads a clock.
pub trait Clock: Send + Sync {
    /// The present.
    fn now(&self) -> Timestamp;

    /// How much time is left until the deadline: none where the run is to end early, whatever `now` says.
    fn left_until(&self, deadline: Timestamp) -> SignedDuration {
        deadline.duration_since(self.now())
    }

    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}
