//! The Lambda function account-inventory: lists the organization and hands every account in scope to key-rotation.

mod handler;
mod report;

use std::process::ExitCode;

use keywheel_aws::load_config;
use keywheel_runtime::{ErrorName, FunctionError, InventoryConfig, start};

use handler::AccountInventory;

fn main() -> ExitCode {
    start(InventoryConfig::from_lookup, async |config| {
        let sdk = load_config().map_err(|error| FunctionError::because(ErrorName::ConfigurationInvalid, &error))?;
        Ok(AccountInventory::new(config, sdk))
    })
}
