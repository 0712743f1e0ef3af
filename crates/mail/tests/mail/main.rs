//! Mails as their readers get them: rendered from whole digests, with stores in memory.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in tests a panic is the message")]

mod asked;
mod attacks;
mod deliver;
mod digest;
mod event;
mod kinds;
mod lookup;
mod returned;
mod support;
mod templates;
