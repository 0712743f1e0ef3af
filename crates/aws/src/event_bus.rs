//! Tells an EventBridge bus of completed steps.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use futures::{StreamExt, stream};
use keywheel_core::contract::step_completed::{DETAIL_TYPE, SOURCE, StepCompleted};
use keywheel_core::plan::StepKind;
use keywheel_engine::ports::{ErrorKind, PortError};

use crate::error::{one_line, port_error};
use crate::patience::{Patience, Throttled};

const PUT: &str = "events:PutEvents";
/// Events of one call at most (PutEvents API, `Entries`). Ten of these have far less than the 256 kB of a call.
const AT_ONCE: usize = 10;
/// Calls at a time, so that a thousand steps are told of within seconds.
const BATCHES_AT_ONCE: usize = 8;
/// What EventBridge answers for a single event that the next call may take (PutEvents API, `PutEventsResultEntry`).
const PASSES: [&str; 3] = ["ThrottlingException", "InternalFailure", "InternalException"];

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

    /// Puts every event on the bus, ten at a time and warnings last, and again what was not taken for the moment. One that was taken may
    /// come twice.
    ///
    /// # Errors
    /// Says how many were not taken in the end.
    pub async fn put(&self, events: &[StepCompleted]) -> Result<(), EventsFailed> {
        let (warnings, deeds): (Vec<_>, Vec<_>) = events.iter().partition(|event| event.step == StepKind::Warn);
        let events: Vec<_> = deeds.into_iter().chain(warnings).collect();
        let batches = stream::iter(events.chunks(AT_ONCE).map(|batch| self.put_batch(batch)));
        let ended: Vec<_> = batches.buffer_unordered(BATCHES_AT_ONCE).collect().await;
        let (mut failed, mut first) = (0, None);
        for refused in ended.into_iter().filter_map(Result::err) {
            failed += refused.left;
            first.get_or_insert(refused.error.to_string());
        }
        let all = events.len();
        first.map_or(Ok(()), |first| Err(EventsFailed { failed, all, bus: self.bus.clone(), first }))
    }

    async fn put_batch(&self, events: &[&StepCompleted]) -> Result<(), Refused> {
        let left = Mutex::new(self.entries(events).map_err(|error| Refused {
            left: events.len(),
            error: PortError { operation: PUT, kind: ErrorKind::Invalid, message: error.to_string() },
        })?);
        let lost = Mutex::new(None);
        let put = self.patience.with(|| self.once(&left, &lost)).await;
        // What is lost for good comes first: it is what somebody has to mend.
        match (lost.into_inner().unwrap_or_else(PoisonError::into_inner), put) {
            (None, put) => put,
            (Some(lost), Ok(())) => Err(lost),
            (Some(lost), Err(refused)) => Err(Refused { left: lost.left + refused.left, ..lost }),
        }
    }

    /// Puts what is left, leaves what was not taken for the moment, and takes away what never will be.
    async fn once(
        &self,
        left: &Mutex<Vec<PutEventsRequestEntry>>,
        lost: &Mutex<Option<Refused>>,
    ) -> Result<(), Refused> {
        let held = || left.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = held().clone();
        let count = entries.len();
        let answer = self.client.put_events().set_entries(Some(entries)).send().await;
        let answer = answer.map_err(|error| Refused { left: count, error: port_error(PUT, &error) })?;
        let said = answer.entries.unwrap_or_default();
        let fates: Vec<_> = (0..count).map(|index| Fate::of(said.get(index))).collect();
        if let Some(Fate::Lost(why)) = fates.iter().find(|fate| matches!(fate, Fate::Lost(_))) {
            let mut lost = lost.lock().unwrap_or_else(PoisonError::into_inner);
            let more = fates.iter().filter(|fate| matches!(fate, Fate::Lost(_))).count();
            let error = PortError { operation: PUT, kind: ErrorKind::Invalid, message: why.clone() };
            lost.get_or_insert(Refused { left: 0, error }).left += more;
        }
        let mut index = 0..;
        let mut held = held();
        held.retain(|_| {
            index.next().and_then(|index| fates.get(index)).is_some_and(|fate| matches!(fate, Fate::Later(_)))
        });
        let waits = fates.into_iter().find_map(|fate| if let Fate::Later(why) = fate { Some(why) } else { None });
        let Some(message) = waits else { return Ok(()) };
        Err(Refused { left: held.len(), error: PortError { operation: PUT, kind: ErrorKind::Throttled, message } })
    }

    fn entries(&self, events: &[&StepCompleted]) -> serde_json::Result<Vec<PutEventsRequestEntry>> {
        let entry = |event: &&StepCompleted| {
            let entry = PutEventsRequestEntry::builder().source(SOURCE).detail_type(DETAIL_TYPE);
            Ok(entry.event_bus_name(&self.bus).detail(serde_json::to_string(event)?).build())
        };
        events.iter().map(entry).collect()
    }
}

/// What became of one event.
enum Fate {
    Taken,
    /// The same again may be taken.
    Later(String),
    /// It never will be.
    Lost(String),
}

impl Fate {
    /// An entry without an answer may have been taken, and is put again.
    fn of(said: Option<&PutEventsResultEntry>) -> Self {
        let Some(said) = said else { return Self::Later("no answer for some events".to_owned()) };
        if said.event_id.is_some() {
            return Self::Taken;
        }
        let code = said.error_code.as_deref().unwrap_or("no code");
        let why = one_line(&format!("{code}: {}", said.error_message.as_deref().unwrap_or("no message")));
        if PASSES.contains(&code) { Self::Later(why) } else { Self::Lost(why) }
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
mod tests;
