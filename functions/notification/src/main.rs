//! notification: mails one digest to one recipient, once. `docs/contracts.md` shows the event.

mod handler;
mod mailer;

use std::process::ExitCode;

use keywheel_runtime::{ErrorName, FunctionError, NotificationConfig, start};

use handler::Notification;

fn main() -> ExitCode {
    start(NotificationConfig::from_lookup, async |config| {
        let sdk = keywheel_aws::load_config()
            .map_err(|error| FunctionError::because(ErrorName::ConfigurationInvalid, &error))?;
        Notification::new(config, &sdk)
    })
}
