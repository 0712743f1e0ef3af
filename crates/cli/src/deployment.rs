//! The deployed functions, which alone may change member accounts.
//!
//! `Deployment::new(&hub.config)` calls them: `call` waits for the answer, and never sends an event twice.

use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use keywheel_aws::{CONNECT_TIMEOUT, SdkConfig, port_error};
use keywheel_core::id::AccountId;
use keywheel_runtime::ErrorName;
use keywheel_runtime::config::variable::{MAX_CHANGES, NOTIFICATION_FUNCTION, ROTATION_FUNCTION, RUN_MODE, Unset};
use serde_json::Value;

use crate::calls;
use crate::config::Configuration;
use crate::exit::{failed, usage};
use crate::printer::Printer;
use crate::session::Hub;

/// A function runs for 15 minutes at most (Lambda quotas, "Function timeout").
const LONGEST_INVOCATION: Duration = Duration::from_mins(16);

/// What the Terraform layers call the functions unless they are told otherwise.
const USUAL_ROTATION: &str = "keywheel-key-rotation";
const USUAL_INVENTORY: &str = "keywheel-account-inventory";

/// Which deployed key-rotation to call.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Deployment")]
pub(crate) struct RotationArguments {
    /// The deployed key-rotation [default: ROTATION_FUNCTION of the settings, the one of --function, or keywheel-key-rotation]
    #[arg(long, value_name = "NAME")]
    key_rotation: Option<String>,
}

/// Which deployed account-inventory to call.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Deployment")]
pub(crate) struct InventoryArguments {
    /// The deployed account-inventory [default: the one of --function, or keywheel-account-inventory]
    #[arg(long, value_name = "NAME")]
    account_inventory: Option<String>,
}

impl RotationArguments {
    /// The function. Of the functions, key-rotation alone names notification.
    pub(crate) async fn function(&self, hub: &Hub, configuration: &Configuration) -> anyhow::Result<Function> {
        let set = configuration.get(&ROTATION_FUNCTION).or_else(|| configuration.function_with(&NOTIFICATION_FUNCTION));
        Function::of(hub, self.key_rotation.as_deref().or(set).unwrap_or(USUAL_ROTATION)).await
    }
}

impl InventoryArguments {
    /// The function. Of the functions, account-inventory alone names key-rotation.
    pub(crate) async fn function(&self, hub: &Hub, configuration: &Configuration) -> anyhow::Result<Function> {
        let set = configuration.function_with(&ROTATION_FUNCTION);
        Function::of(hub, self.account_inventory.as_deref().or(set).unwrap_or(USUAL_INVENTORY)).await
    }
}

/// A deployed function of the caller's own account or organization.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// Its name or ARN.
    pub(crate) name: String,
    account: AccountId,
}

/// `keywheel-key-rotation of account 111122223333`.
impl std::fmt::Display for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of account {}", self.name, self.account)
    }
}

impl Function {
    /// Refuses one of a stranger's: a file of settings may name any, and whoever is called learns what is asked of whose keys.
    pub(crate) async fn of(hub: &Hub, name: &str) -> anyhow::Result<Self> {
        let account = account_of(name).unwrap_or_else(|| Ok(hub.own.account.clone()))?;
        if account != hub.own.account {
            // With one's own credentials: the role that lists the organization may be named by the same file.
            calls::account(&hub.config, &account).await.map_err(|error| {
                let what = format!(
                    "function {name} is in account {account}, which is not known to be of your organization: {error}"
                );
                usage(what, "sign in to the account where Keywheel is deployed, or name another function")
            })?;
        }
        Ok(Self { name: name.to_owned(), account })
    }
}

/// The account that a function's name has in it: an ARN does, and so does `111122223333:function:name` (Lambda API, `FunctionName`).
fn account_of(name: &str) -> Option<anyhow::Result<AccountId>> {
    let parts: Vec<_> = name.split(':').collect();
    let account = match parts.as_slice() {
        ["arn", _, _, _, account, ..] | [account, "function", ..] => *account,
        _ => return None,
    };
    let what =
        || usage(format!("{name:?} is not the name or ARN of a function"), "aws lambda list-functions names them");
    Some(account.parse().map_err(|_| what()))
}

/// A function in audit would change nothing: better said before the question than after it. How many changes it makes in an account, where
/// that is known.
pub(crate) async fn refuse_audit(printer: &Printer, hub: &Hub, function: &Function) -> anyhow::Result<Option<usize>> {
    let variables = match calls::function_variables(&hub.config, &function.name).await {
        Ok(variables) => variables,
        Err(error) => {
            printer.note(&format!("whether function {function} may change anything is not known: {error}"));
            return Ok(None);
        }
    };
    if variables.get(RUN_MODE.name).is_some_and(|mode| mode == "enforce") {
        let usual = if let Unset::Default(usual) = MAX_CHANGES.unset { Some(usual) } else { None };
        let set = variables.get(MAX_CHANGES.name).map(String::as_str).filter(|value| !value.is_empty());
        return Ok(set.or(usual).and_then(|value| value.parse().ok()));
    }
    let what = format!("function {function} runs in audit and would change nothing");
    Err(failed(what, "set RUN_MODE=enforce on it; no event and no flag can raise its mode"))
}

/// Lambda, where the functions are.
pub(crate) struct Deployment {
    client: Client,
}

/// A call that brought no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallFailed {
    /// Lambda did not run the function, as far as is known.
    NotRun(String),
    /// The function ended with an error of this type and text.
    Function { name: String, message: String },
}

impl CallFailed {
    /// Whether the function ended with this error.
    pub(crate) fn is(&self, error: ErrorName) -> bool {
        matches!(self, Self::Function { name, .. } if name == error.as_str())
    }
}

impl std::fmt::Display for CallFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotRun(error) => f.write_str(error),
            Self::Function { name, message } => write!(f, "{name}: {message}"),
        }
    }
}

impl Deployment {
    /// Calls functions as whoever is signed in.
    pub(crate) fn new(config: &SdkConfig) -> Self {
        let patience = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(LONGEST_INVOCATION)
            .operation_timeout(LONGEST_INVOCATION)
            .build();
        // An answer that is lost says nothing of what was done: whoever asked looks, and asks again.
        let config = aws_sdk_lambda::config::Builder::from(config).timeout_config(patience);
        Self { client: Client::from_conf(config.retry_config(RetryConfig::disabled()).build()) }
    }

    /// Invokes a function and waits for its result.
    pub(crate) async fn call(&self, function: &str, event: &Value) -> Result<Value, CallFailed> {
        let invoke = self.client.invoke().function_name(function).payload(Blob::new(event.to_string()));
        let answer = invoke.send().await.map_err(|error| {
            let error = port_error("lambda:InvokeFunction", &error);
            CallFailed::NotRun(format!("function {function} was not invoked, or did not answer: {error}"))
        })?;
        let payload = answer.payload().map(Blob::as_ref).unwrap_or_default();
        let value: Value = serde_json::from_slice(payload).unwrap_or_default();
        if answer.function_error().is_none() {
            return Ok(value);
        }
        let field = |name: &str, otherwise: &str| value[name].as_str().unwrap_or(otherwise).to_owned();
        let message = field("errorMessage", "the function says no more; its log may");
        Err(CallFailed::Function { name: field("errorType", "the function failed"), message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_read_from_every_form_of_a_name() {
        let account = |name| account_of(name).transpose().ok().flatten().map(|id| id.to_string());
        let own = Some("111122223333".to_owned());
        assert_eq!(account("arn:aws:lambda:eu-central-1:111122223333:function:keywheel-key-rotation:live"), own);
        assert_eq!(account("111122223333:function:keywheel-key-rotation"), own);
        assert_eq!(account("keywheel-key-rotation:live"), None);
        assert_eq!(account("111122223333"), None);
        assert!(account_of("arn:aws:lambda:eu-central-1:x:function:y").is_some_and(|account| account.is_err()));
    }
}
