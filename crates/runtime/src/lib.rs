//! What every function needs around its work: its configuration, its log and metrics, its errors, and the loop that serves Lambda.

pub mod config;
pub mod telemetry;

pub use config::{InvalidConfiguration, InventoryConfig, NotificationConfig, RotationConfig};
