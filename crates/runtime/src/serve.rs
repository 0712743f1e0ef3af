//! The life of a function's process: start, configuration, then one invocation after another.

use std::process::ExitCode;

use jiff::Timestamp;
use lambda_runtime::tower::util::MapRequestLayer;
use lambda_runtime::{Diagnostic, LambdaEvent, LambdaInvocation, Runtime, layers, service_fn};
use serde::Serialize;
use serde_json::Value;

use crate::config::{InvalidConfiguration, environment};
use crate::failure::{ErrorName, FunctionError};
use crate::telemetry::{LogLevel, start_log};

/// What lambda_runtime needs to find; it panics without.
const LAMBDA_VARIABLES: &[&str] = &[
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

/// What Lambda says of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The id of the request; a retry has the same one.
    pub request_id: String,
    /// When Lambda ends the invocation.
    pub deadline: Timestamp,
    /// The ARN that was invoked, with its alias or version if it had one.
    pub function_arn: String,
}

/// The work of a function.
pub trait Handler {
    /// What it returns.
    type Response: Serialize;

    /// Does the work of one event; `null` when it was invoked without any. It logs an error that it ends with
    /// ([`FunctionError::log`]), inside the span that names the run.
    fn handle(
        &self,
        event: Value,
        invocation: Invocation,
    ) -> impl Future<Output = Result<Self::Response, FunctionError>>;
}

/// Starts a function and serves invocations until Lambda ends the process. Returns only when it could not start, or Lambda went away.
///
/// `read` reads the configuration from the environment, and `build` makes the handler. What goes wrong in either is logged as one line,
/// told to Lambda (which shows it to whoever invoked), and ends the process.
pub fn start<C, H: Handler>(
    read: impl FnOnce(fn(&str) -> Option<String>) -> Result<C, InvalidConfiguration>,
    build: impl AsyncFnOnce(C) -> Result<H, FunctionError>,
) -> ExitCode {
    start_log(LogLevel::from_lookup(environment));
    // One thread is enough for work that waits for AWS, and starts faster.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&FunctionError::because(ErrorName::Internal, &error)),
    };
    runtime.block_on(async {
        match built(read, build).await {
            Ok(handler) => serve(&handler).await,
            Err(error) => {
                // Logged first: Lambda may end the process as soon as it has been told.
                let code = failed(&error);
                report(&error).await;
                code
            }
        }
    })
}

async fn built<C, H: Handler>(
    read: impl FnOnce(fn(&str) -> Option<String>) -> Result<C, InvalidConfiguration>,
    build: impl AsyncFnOnce(C) -> Result<H, FunctionError>,
) -> Result<H, FunctionError> {
    let config = read(environment)?;
    let missing: Vec<_> = LAMBDA_VARIABLES.iter().copied().filter(|name| environment(name).is_none()).collect();
    if !missing.is_empty() {
        let why = format!(
            "this program is an AWS Lambda function and Lambda sets {}, which is not so here",
            missing.join(", ")
        );
        return Err(FunctionError::new(ErrorName::ConfigurationInvalid, why));
    }
    build(config).await
}

async fn serve(handler: &impl Handler) -> ExitCode {
    let service = service_fn(|event: LambdaEvent<Value>| async move {
        let invocation = Invocation {
            request_id: event.context.request_id.clone(),
            deadline: deadline(event.context.deadline),
            function_arn: event.context.invoked_function_arn.clone(),
        };
        handler.handle(event.payload, invocation).await
    });
    let runtime = Runtime::new(service).layer(MapRequestLayer::new(without_body)).layer(layers::TracingLayer::new());
    match runtime.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&FunctionError::because(ErrorName::Internal, &error)),
    }
}

/// An invocation without a payload is one with `null`.
fn without_body(mut invocation: LambdaInvocation) -> LambdaInvocation {
    if invocation.body.is_empty() {
        invocation.body = b"null".as_slice().into();
    }
    invocation
}

fn deadline(milliseconds: u64) -> Timestamp {
    let deadline = i64::try_from(milliseconds).ok().and_then(|time| Timestamp::from_millisecond(time).ok());
    deadline.unwrap_or(Timestamp::MAX)
}

fn failed(error: &FunctionError) -> ExitCode {
    error.log();
    ExitCode::FAILURE
}

/// Tells Lambda why the function does not start (Lambda developer guide, "Using the Lambda runtime API", initialization error), so that
/// the message reaches whoever invoked it and not only the log.
async fn report(error: &FunctionError) {
    if environment("AWS_LAMBDA_RUNTIME_API").is_none() {
        return;
    }
    if let Err(why) = post(error).await {
        tracing::warn!("the error could not be told to Lambda: {why}");
    }
}

async fn post(error: &FunctionError) -> Result<(), lambda_runtime::Error> {
    let body = serde_json::to_vec(&Diagnostic::from(error.clone()))?;
    let request = lambda_runtime_api_client::build_request()
        .method("POST")
        .uri("/2018-06-01/runtime/init/error")
        .header("lambda-runtime-function-error-type", error.name.as_str())
        .body(body.into())?;
    lambda_runtime_api_client::Client::builder().build()?.call(request).await?;
    Ok(())
}
