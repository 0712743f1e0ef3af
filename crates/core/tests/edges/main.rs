//! What is decided on the very second of a border, what is remembered there, and what each step asks for.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

mod memory;
mod preconditions;
mod rollback;
mod steps;
#[path = "../support/mod.rs"]
mod support;
