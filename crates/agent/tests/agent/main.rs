//! Passes of the agent on real files, with an AWS in memory and every kind of trouble.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in tests a panic is the message")]

mod deaths;
mod files;
mod passes;
mod strangers;
mod support;
