//! One account's way through its runs, on the model of an account that `keywheel-testkit` is.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in tests a panic is the message")]

mod acknowledgements;
mod attacks;
mod broken_rollbacks;
mod claiming;
mod copies;
mod deactivating;
mod deleting;
mod drift;
mod emergencies;
mod encrypted;
mod explicit;
mod explicit_faults;
mod faults;
mod guards;
mod handing_on;
mod heirs;
mod limits;
mod lives;
mod orphans;
mod parameter_faults;
mod parameters;
mod peers;
mod reconciling;
mod replacing;
mod replicas;
mod retrieving;
mod reviewed;
mod rolling_back;
mod stores;
mod support;
mod surveying;
mod sweeping;
mod telling;
mod undelivered;
mod when;
