//! One AWS account in memory, for tests of the engine: IAM, Secrets Manager, ledger, notices, proofs and time, behind the engine's
//! ports. It behaves as AWS does where that matters (quota, labels, eventual consistency, late last use), keeps a log of every
//! call, fails any call in any way, and lets a person act between any two calls. Development only.
//!
//! Nothing sleeps and nothing runs in a thread: time is the model's own, and moves with calls and with [`World::at`].
#![allow(
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a tool of tests: a panic is the message"
)]

mod account;
mod acknowledgement;
mod behaviour;
mod busy;
mod call;
mod history;
mod iam;
pub mod judge;
mod life;
mod night;
mod parameter;
mod prover;
mod report;
mod rules;
mod secret;
mod secrets;
mod state;
mod together;
mod user;
mod wire;
mod world;

pub use account::{Account, Mail};
pub use behaviour::{Behaviour, Reporting};
pub use busy::Standing;
pub use call::{Call, Fault, Operation};
pub use history::{Event, What, Who};
pub use life::Habit;
pub use night::{Ended, Night};
pub use parameter::{PARAMETER_PREFIX, Parameter};
pub use secret::{Secret, Store, Version, central_arn};
pub use user::{Key, User};
pub use world::World;
