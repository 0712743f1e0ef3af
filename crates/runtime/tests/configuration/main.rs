//! Configuration as operators meet it: defaults, and errors that name everything.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod channels;
mod policy;
mod roles;
mod stores;
mod support;
mod whole;
