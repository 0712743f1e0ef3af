//! What is said of a run that has ended: counts, a line of the log, and the error's stable name.

use keywheel_core::Timestamp;
use keywheel_core::contract::manifest::InventoryResult;
use keywheel_engine::inventory::InventoryError;
use keywheel_runtime::telemetry::{Metric, emit};
use keywheel_runtime::{ErrorName, Function, FunctionError};

/// Counts the accounts of a run that invoked any, whether or not it ended well.
pub(crate) fn count(ended: &Result<InventoryResult, InventoryError>, now: Timestamp) {
    let result = match ended {
        Ok(result) => result,
        Err(InventoryError::Incomplete(result) | InventoryError::ResultNotStored { result, .. }) => result,
        Err(_) => return,
    };
    let accounts = &result.accounts;
    let (listed, invoked) = (accounts.listed, accounts.invoked);
    let (skipped, failed) = (accounts.skipped.len(), accounts.failed.len());
    tracing::info!(listed, invoked, skipped, failed, "the organization was handed to key-rotation");
    let counts = [
        (Metric::AccountsListed, listed),
        (Metric::AccountsInvoked, invoked),
        (Metric::AccountsSkipped, skipped),
        (Metric::AccountsFailed, failed),
    ];
    emit(Function::AccountInventory, now, &counts, &[("run_id", result.run_id.as_str())]);
}

/// The error as Lambda shows it.
pub(crate) fn named(error: &InventoryError) -> FunctionError {
    let name = match error {
        InventoryError::Listing(_)
        | InventoryError::ManagementAccount(_)
        | InventoryError::UnknownUnit { .. }
        | InventoryError::Unit { .. } => ErrorName::InventoryFailed,
        InventoryError::UnknownAccounts(_) => ErrorName::EventInvalid,
        InventoryError::ManifestNotStored(_) | InventoryError::ResultNotStored { .. } => ErrorName::StateUnavailable,
        InventoryError::Incomplete(_) => ErrorName::InventoryIncomplete,
        InventoryError::Unaccounted { .. } => ErrorName::Internal,
    };
    FunctionError::because(name, error)
}
