//! What every function needs around its work: its configuration, its log and metrics, its errors, and the loop that serves Lambda.

pub mod config;
mod failure;
mod run_id;
mod serve;
pub mod telemetry;

pub use config::variable::Function;
pub use config::{InvalidConfiguration, InventoryConfig, NotificationConfig, RotationConfig};
pub use failure::{ErrorName, FunctionError, reference as errors_reference};
pub use run_id::run_id;
pub use serve::{Handler, Invocation, start};
