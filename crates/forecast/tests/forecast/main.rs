//! A forecast against what the nights then do, and its assumptions one by one.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod agreement;
mod assumptions;
mod support;
