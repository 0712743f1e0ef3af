//! Hands events to Lambda functions.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use keywheel_engine::ports::{ErrorKind, Invoker, PortError};

use crate::error::{bad_answer, port_error};
use crate::patience::Patience;

const INVOKE: &str = "lambda:InvokeFunction";
/// What Lambda answers when it has queued an event (Invoke API, `StatusCode`).
const QUEUED: i32 = 202;

/// Invokes functions asynchronously. Where Lambda throttles, it goes on trying beyond the SDK's own attempts, up to a time.
#[derive(Clone, Debug)]
pub struct LambdaInvoker {
    client: Client,
    patience: Patience,
}

impl LambdaInvoker {
    /// `patience` is how long one event is tried while Lambda throttles.
    #[must_use]
    pub fn new(config: &SdkConfig, patience: Duration) -> Self {
        Self { client: Client::new(config), patience: Patience::new(config, patience) }
    }

    async fn once(&self, function: &str, event: &[u8]) -> Result<(), PortError> {
        let request = self.client.invoke().function_name(function).invocation_type(InvocationType::Event);
        let answer = request.payload(Blob::new(event)).send().await.map_err(|error| port_error(INVOKE, &error))?;
        match answer.status_code {
            QUEUED => Ok(()),
            other => Err(bad_answer(INVOKE, format_args!("status {other} instead of {QUEUED}"))),
        }
    }
}

impl Invoker for LambdaInvoker {
    async fn invoke(&self, function: &str, event: &serde_json::Value) -> Result<(), PortError> {
        let event = event.to_string();
        let invoked = self.patience.with(|| self.once(function, event.as_bytes())).await;
        invoked.map_err(|error| of_function(function, error))
    }
}

fn of_function(function: &str, mut error: PortError) -> PortError {
    let hint = match error.kind {
        ErrorKind::NotFound => "; correct the function's name in the configuration",
        ErrorKind::Denied => "; the calling function's role needs lambda:InvokeFunction on it",
        _ => "",
    };
    error.message = format!("function {function}: {}{hint}", error.message);
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Wire, json, json_error};

    #[tokio::test]
    async fn throttling_is_outlasted_beyond_the_sdks_attempts() {
        let wire = Wire::new(|number, _| match number {
            0..6 => json_error(429, "TooManyRequestsException", "Rate Exceeded."),
            _ => json(202, ""),
        });
        let invoker = LambdaInvoker::new(&wire.config(), Duration::from_secs(10));
        invoker.invoke("key-rotation", &serde_json::json!({})).await.unwrap();
        assert_eq!(wire.sent().len(), 7);
        assert_eq!(wire.sent()[0].header("x-amz-invocation-type"), Some("Event"));
    }

    #[tokio::test]
    async fn patience_ends() {
        let wire = Wire::new(|_, _| json_error(429, "TooManyRequestsException", "Rate Exceeded."));
        let invoker = LambdaInvoker::new(&wire.config(), Duration::ZERO);
        let error = invoker.invoke("key-rotation", &serde_json::json!({})).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Throttled);
        assert!(error.message.contains("function key-rotation"), "{error}");
        assert_eq!(wire.sent().len(), 5);
    }

    #[tokio::test]
    async fn only_a_queued_event_counts() {
        let wire = Wire::new(|_, _| json(200, "{}"));
        let error = LambdaInvoker::new(&wire.config(), Duration::ZERO).invoke("f", &serde_json::json!({})).await;
        assert!(error.unwrap_err().message.contains("200 instead of 202"));
    }
}
