//! Reports of made-up organizations, in every format.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]

mod attacks;
mod dice;
mod findings;
mod json;
mod lines;
mod live;
mod organization;
mod page;
mod render;
mod sample;
mod stored;
mod table;
mod totals;
