//! Everything that is read, with any bytes in its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "in tests a panic is the message")]

mod bytes;
mod fuzz;
mod large;
mod odd;
mod random;
