//! The command line as people meet it: the compiled binary, its exit code, and what it prints where.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in tests a panic is the message")]

mod agent;
mod changing;
mod decrypt;
mod docs;
mod look;
mod reading;
mod support;
mod template;
