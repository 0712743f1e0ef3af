//! key-rotation: looks after the access keys of one account. An event is an account job; `docs/contracts.md` shows it.

mod errand;
mod failure;
mod hand_on;
mod handler;
mod report;
mod telling;

use std::process::ExitCode;

use keywheel_runtime::{ErrorName, FunctionError, RotationConfig, start};

use handler::KeyRotation;

fn main() -> ExitCode {
    start(RotationConfig::from_lookup, async |config| {
        let sdk = keywheel_aws::load_config()
            .map_err(|error| FunctionError::because(ErrorName::ConfigurationInvalid, &error))?;
        Ok(KeyRotation::new(config, sdk))
    })
}
