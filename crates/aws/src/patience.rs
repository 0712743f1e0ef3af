//! Patience with throttling, beyond the SDK's own attempts.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, default_async_sleep};
use jiff::{SignedDuration, Timestamp};
use keywheel_engine::ports::{ErrorKind, PortError};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// An error that may say that the call came too soon.
pub(crate) trait Throttled {
    /// Whether the same call may succeed a moment later.
    fn is_throttled(&self) -> bool;
}

impl Throttled for PortError {
    fn is_throttled(&self) -> bool {
        self.kind == ErrorKind::Throttled
    }
}

/// How long a call that AWS throttles is made again and again: the sum of the pauses in between.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    sleep: Option<SharedAsyncSleep>,
    pauses: Duration,
    until: Timestamp,
}

impl Patience {
    /// Pauses as the configuration's clients do.
    pub(crate) fn new(config: &SdkConfig, pauses: Duration) -> Self {
        Self { sleep: config.sleep_impl().or_else(default_async_sleep), pauses, until: Timestamp::MAX }
    }

    /// Pauses that end before then.
    pub(crate) fn until(mut self, until: Timestamp) -> Self {
        self.until = until;
        self
    }

    /// Makes a call, and again while AWS throttles it, with random pauses that grow.
    pub(crate) async fn with<T, E, F>(&self, call: impl Fn() -> F) -> Result<T, E>
    where
        E: Throttled,
        F: Future<Output = Result<T, E>>,
    {
        let (mut pause, mut left) = (FIRST_PAUSE, self.pauses);
        loop {
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // At random, so that calls that were throttled together do not come back together.
            let wait = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
            let (Some(sleep), Some(rest)) = (&self.sleep, left.checked_sub(wait)) else { return Err(error) };
            let is_late = Timestamp::now().duration_since(self.until)
                > -SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
            if !error.is_throttled() || is_late {
                return Err(error);
            }
            sleep.sleep(wait).await;
            (pause, left) = ((pause * 2).min(LONGEST_PAUSE), rest);
        }
    }
}
