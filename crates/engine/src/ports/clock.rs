use std::time::Duration;

use keywheel_core::Timestamp;

/// Time, so that nothing else reads a clock.
pub trait Clock: Send + Sync {
    /// The present.
    fn now(&self) -> Timestamp;

    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}
