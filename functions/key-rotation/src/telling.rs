//! Hands digests to notification, within a time that leaves enough for the result.

use std::time::Duration;

use futures::{StreamExt, stream};
use keywheel_aws::EventBus;
use keywheel_core::contract::digest::Digest;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::contract::step_completed::StepCompleted;
use keywheel_engine::ports::Invoker;

/// Digests that are handed over at a time: tags can name another recipient for every user of an account.
const AT_ONCE: usize = 8;

/// Hands the digests to `function`; says what went wrong, once per digest that was not taken. A digest that is not taken within
/// `time`, which all of them share, is given up: the next run asks for its notices again, and until then they count as not sent.
pub(crate) async fn hand_over(
    invoker: &impl Invoker,
    function: &str,
    digests: &[Digest],
    time: Duration,
) -> Vec<String> {
    let end = tokio::time::Instant::now() + time;
    let each = digests.iter().map(|digest| async move {
        let taken = tokio::time::timeout_at(end, one(invoker, function, digest)).await;
        let error = match taken {
            Ok(Ok(())) => return None,
            Ok(Err(error)) => error,
            Err(_) => format!("the time for digests, {} s, was over", time.as_secs()),
        };
        tracing::error!(error, entries = digest.entries.len(), "a digest could not be handed over");
        Some(error)
    });
    stream::iter(each).buffer_unordered(AT_ONCE).filter_map(async |error| error).collect().await
}

/// Tells the bus of every step that this invocation completed, whatever becomes of its result; says how many events were not taken, or may
/// not have been. The result stays what it is: nothing waits for machines that listen.
pub(crate) async fn tell_machines(bus: Option<&EventBus>, result: &AccountResult, time: Duration) -> usize {
    let events: Vec<_> = StepCompleted::of(result).collect();
    let Some(bus) = bus.filter(|_| !events.is_empty()) else { return 0 };
    match tokio::time::timeout(time, bus.put(&events)).await {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            tracing::error!(%error, "machines were not told of every completed step");
            error.failed
        }
        Err(_) => {
            let (events, seconds) = (events.len(), time.as_secs());
            tracing::error!(
                events,
                seconds,
                "machines may not have been told of every completed step: the time was over"
            );
            events
        }
    }
}

async fn one(invoker: &impl Invoker, function: &str, digest: &Digest) -> Result<(), String> {
    let event = serde_json::to_value(digest).map_err(|error| error.to_string())?;
    invoker.invoke(function, &event).await.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use keywheel_engine::ports::PortError;
    use serde_json::{Value, json};

    use super::*;

    /// Takes digests of even numbers, and never answers for the others.
    #[derive(Default)]
    struct HalfDeaf {
        asked: AtomicUsize,
    }

    impl Invoker for HalfDeaf {
        async fn invoke(&self, _: &str, _: &Value) -> Result<(), PortError> {
            if self.asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
                Ok(())
            } else {
                std::future::pending().await
            }
        }
    }

    fn digest() -> Digest {
        let digest = json!({
            "schema_version": 1, "run_id": "r", "mode": "audit", "at": "2026-11-20T02:00:00Z", "region": "eu-central-1",
            "account": { "id": "111122223333", "name": "", "partition": "aws" }, "template": "digest", "entries": [],
            "recipient": { "email": "owner@example.com", "role": "account-owner" },
            "periods": { "rotation": 90, "install_grace": 10, "recovery_grace": 35 }
        });
        serde_json::from_value(digest).unwrap()
    }

    #[tokio::test]
    async fn recipients_without_number_that_are_not_answered_do_not_use_up_the_runs_time() {
        let digests = vec![digest(); 1000];
        let invoker = HalfDeaf::default();
        let begun = std::time::Instant::now();
        let failed = hand_over(&invoker, "notification", &digests, Duration::from_millis(200)).await;
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        let (asked, taken) = (invoker.asked.into_inner(), digests.len() - failed.len());
        assert!(taken >= AT_ONCE / 2 && asked >= AT_ONCE, "{taken} of {asked}");
        assert!(failed.len() >= AT_ONCE && failed.iter().all(|error| error.contains("was over")), "{failed:?}");
    }
}
