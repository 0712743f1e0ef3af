//! Time.

use std::time::Duration;

use jiff::Timestamp;

/// Time, as the agent needs it.
pub trait Clock {
    /// The present.
    fn now(&self) -> Timestamp;
    /// Waits.
    fn pause(&self, time: Duration) -> impl Future<Output = ()>;
}

/// This machine's time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
