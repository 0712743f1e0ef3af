//! Tells an EventBridge bus of completed steps.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use keywheel_core::contract::step_completed::{DETAIL_TYPE, SOURCE, StepCompleted};
use keywheel_engine::ports::{ErrorKind, PortError};

use crate::error::{one_line, port_error};
use crate::patience::{Patience, Throttled};

const PUT: &str = "events:PutEvents";
/// Events of one call at most (PutEvents API, `Entries`). Ten of these have far less than the 256 kB of a call.
const AT_ONCE: usize = 10;

/// A bus of the hub, or of another account whose policy lets the hub put events.
#[derive(Clone, Debug)]
pub struct EventBus {
    client: Client,
    bus: String,
    patience: Patience,
}

/// Events that the bus did not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{failed} of {all} events could not be put on the bus {bus}: {first}")]
pub struct EventsFailed {
    /// How many.
    pub failed: usize,
    /// Of how many.
    pub all: usize,
    /// The bus.
    pub bus: String,
    /// What went wrong first.
    pub first: String,
}

impl EventBus {
    /// The bus's name or ARN; `patience` is how long one batch is tried while EventBridge takes some of it and not all.
    #[must_use]
    pub fn new(config: &SdkConfig, bus: impl Into<String>, patience: Duration) -> Self {
        Self { client: Client::new(config), bus: bus.into(), patience: Patience::new(config, patience) }
    }

    /// Puts every event on the bus, ten at a time, and again what was not taken. One that was taken may come twice.
    ///
    /// # Errors
    /// Says how many were not taken in the end.
    pub async fn put(&self, events: &[StepCompleted]) -> Result<(), EventsFailed> {
        let (mut failed, mut first) = (0, None);
        for batch in events.chunks(AT_ONCE) {
            if let Err(refused) = self.put_batch(batch).await {
                failed += refused.left;
                first.get_or_insert(refused.error.to_string());
            }
        }
        let all = events.len();
        first.map_or(Ok(()), |first| Err(EventsFailed { failed, all, bus: self.bus.clone(), first }))
    }

    async fn put_batch(&self, events: &[StepCompleted]) -> Result<(), Refused> {
        let left = std::sync::Mutex::new(self.entries(events).map_err(|error| Refused {
            left: events.len(),
            error: PortError { operation: PUT, kind: ErrorKind::Invalid, message: error.to_string() },
        })?);
        self.patience.with(|| self.once(&left)).await
    }

    /// Puts what is left, and leaves what was not taken.
    async fn once(&self, left: &std::sync::Mutex<Vec<PutEventsRequestEntry>>) -> Result<(), Refused> {
        let held = || left.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let entries = held().clone();
        let count = entries.len();
        let answer = self.client.put_events().set_entries(Some(entries)).send().await;
        let answer = answer.map_err(|error| Refused { left: count, error: port_error(PUT, &error) })?;
        let said = answer.entries.unwrap_or_default();
        // An entry without an answer counts as not taken.
        let is_taken = |index: usize| said.get(index).is_some_and(|entry| entry.event_id.is_some());
        let why = said.iter().find(|entry| entry.event_id.is_none()).map(|entry| {
            let (code, message) = (entry.error_code.as_deref(), entry.error_message.as_deref());
            one_line(&format!("{}: {}", code.unwrap_or("no code"), message.unwrap_or("no message")))
        });
        let mut index = 0..;
        let mut held = held();
        held.retain(|_| index.next().is_some_and(|index| !is_taken(index)));
        if held.is_empty() {
            return Ok(());
        }
        // What EventBridge answers for single entries passes (PutEvents API: InternalFailure, ThrottlingException) or is refused again.
        let message = why.unwrap_or_else(|| "no answer for some events".to_owned());
        Err(Refused { left: held.len(), error: PortError { operation: PUT, kind: ErrorKind::Throttled, message } })
    }

    fn entries(&self, events: &[StepCompleted]) -> serde_json::Result<Vec<PutEventsRequestEntry>> {
        let entry = |event: &StepCompleted| {
            let entry = PutEventsRequestEntry::builder().source(SOURCE).detail_type(DETAIL_TYPE);
            Ok(entry.event_bus_name(&self.bus).detail(serde_json::to_string(event)?).build())
        };
        events.iter().map(entry).collect()
    }
}

/// A batch of which something is left.
struct Refused {
    left: usize,
    error: PortError,
}

impl Throttled for Refused {
    fn is_throttled(&self) -> bool {
        self.error.is_throttled()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::wire::{Answer, Sent, Wire, json as answer, json_error};

    fn events(count: usize) -> Vec<StepCompleted> {
        let event = |number| {
            json!({ "schema_version": 1, "run_id": "r-1", "account": "111122223333", "at": "2026-11-20T02:00:00Z",
                "user": format!("user-{number}"), "access_key_id": null, "step": "create", "reason": "rotation-due", "due": null })
        };
        (0..count).map(|number| serde_json::from_value(event(number)).unwrap()).collect()
    }

    fn entries(sent: &Sent) -> Vec<Value> {
        serde_json::from_str::<Value>(&sent.body).unwrap()["Entries"].as_array().unwrap().clone()
    }

    /// Takes events whose user `takes` likes.
    fn bus(takes: impl Fn(usize, &str) -> bool + Send + Sync + 'static) -> Wire {
        Wire::new(move |number, sent| {
            let said: Vec<_> = entries(sent)
                .iter()
                .map(|entry| {
                    if takes(number, entry["Detail"].as_str().unwrap()) {
                        json!({ "EventId": "e" })
                    } else {
                        json!({ "ErrorCode": "InternalFailure", "ErrorMessage": "later" })
                    }
                })
                .collect();
            answer(200, &json!({ "FailedEntryCount": 0, "Entries": said }).to_string())
        })
    }

    #[tokio::test]
    async fn events_go_ten_at_a_time() {
        let wire = bus(|_, _| true);
        EventBus::new(&wire.config(), "keywheel", Duration::from_secs(5)).put(&events(23)).await.unwrap();
        let sizes: Vec<_> = wire.sent().iter().map(|sent| entries(sent).len()).collect();
        assert_eq!(sizes, [10, 10, 3]);
        let first = entries(&wire.sent()[0]).remove(0);
        assert_eq!((first["Source"].as_str(), first["EventBusName"].as_str()), (Some("keywheel"), Some("keywheel")));
    }

    #[tokio::test]
    async fn only_what_was_not_taken_is_put_again() {
        let wire = bus(|number, detail| number > 0 || !detail.contains("user-1"));
        EventBus::new(&wire.config(), "keywheel", Duration::from_secs(5)).put(&events(3)).await.unwrap();
        let [first, second] = wire.sent().try_into().unwrap();
        assert_eq!((entries(&first).len(), entries(&second).len()), (3, 1));
        assert!(entries(&second)[0]["Detail"].as_str().unwrap().contains("user-1"));
    }

    #[tokio::test]
    async fn what_is_never_taken_is_counted_and_the_rest_goes() {
        let wire = bus(|_, detail| !detail.contains("user-1"));
        let put = EventBus::new(&wire.config(), "keywheel", Duration::ZERO).put(&events(12)).await;
        let failed = put.unwrap_err();
        // user-1, user-10 and user-11.
        assert_eq!((failed.failed, failed.all), (3, 12));
        assert!(failed.first.contains("InternalFailure"), "{failed}");
    }

    #[tokio::test]
    async fn a_refusal_is_told() {
        let refusal: fn() -> Answer = || json_error(400, "AccessDeniedException", "not yours");
        let wire = Wire::new(move |_, _| refusal());
        let failed = EventBus::new(&wire.config(), "keywheel", Duration::from_secs(5)).put(&events(2)).await;
        let text = failed.unwrap_err().to_string();
        assert!(text.contains("2 of 2") && text.contains("events:PutEvents"), "{text}");
    }
}
