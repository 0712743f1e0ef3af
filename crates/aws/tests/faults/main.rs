//! Every call of a busy night fails in turn, in every way, on the wire: the engine runs on the real adapters and the real SDK,
//! with the shipped time-outs and retries, and `keywheel-testkit` is the AWS behind them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in tests a panic is the message")]

mod answer;
mod fault;
mod iam;
mod judge;
mod night;
mod parameters;
mod request;
mod sabotage;
mod secrets;
mod session;
mod state;
mod sweep;
mod time;
mod ways;
mod wire;
