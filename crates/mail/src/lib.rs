//! Keywheel.

pub mod ports;
