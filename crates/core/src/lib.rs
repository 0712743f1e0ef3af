//! The heart of Keywheel: what a key's life is, what the policy says, and what should happen next.
//!
//! Everything here is pure. Nothing reads a clock, the environment, a file or the network: the time is passed in, and what was
//! seen in AWS arrives as plain values ([`observed`]). The [`planner`] turns those into steps; carrying them out is the engine's work.

pub mod acknowledgement;
pub mod address;
pub mod clean;
pub mod contract;
pub mod credential_report;
pub mod id;
pub mod ledger;
pub mod notice;
pub mod observed;
pub mod parameter;
pub mod plan;
pub mod planner;
pub mod policy;
pub mod reason;
pub mod secret;
pub mod time;

pub use jiff::Timestamp;
