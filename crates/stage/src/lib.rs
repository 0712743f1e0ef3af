//! The stage: a whole AWS Organization on one machine, for the demo, the end-to-end tests and the benchmarks.
//!
//! It starts the emulator (ministack with the overlay in `emulator/`), builds an organization from a data file, installs the compiled
//! functions with roles that hold only what Keywheel is allowed, runs a night, and reads the world back. Development only.

pub mod admin;
pub mod bench;
pub mod case;
pub mod clients;
mod command_line;
pub mod days;
pub mod death;
pub mod demo;
pub mod earlier;
pub mod emulator;
pub mod expected;
pub mod functions;
pub mod half_year;
pub mod leaks;
mod local;
pub mod logs;
pub mod night;
mod operation;
pub mod organization;
pub mod policies;
pub mod readers;
mod runtime_api;
pub mod seed;
mod snapshot;
pub mod stage;
pub mod state;
mod terminal;
pub mod test_channels;
pub mod test_cli_changes;
pub mod test_cli_look;
pub mod test_cli_plan;
pub mod test_delivery;
pub mod test_hosts;
pub mod test_moving;
pub mod test_night;
pub mod test_permissions;
pub mod test_stores;
mod wire;
pub mod world;
