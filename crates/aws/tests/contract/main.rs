//! The adapters against two emulators, over HTTP: ministack with the stage's overlay, and moto. `cargo xtask test` starts both.
//!
//! Every test works in an account of its own, so that all can run at once. Where an emulator differs from AWS, the test says what AWS does:
//!
//! | what | AWS and ministack with the overlay | moto 5.2.5 |
//! |---|---|---|
//! | who may do what | enforced | not enforced: whoever calls may do everything |
//! | roles that do not exist | cannot be assumed | can be assumed, in any account |
//! | a second value under the same ClientRequestToken | refused | replaces the first |
//! | PutSecretValue to a secret that is scheduled for deletion | refused | accepted |
//! | two conditional writes of one object at once | one of them wins | both may win |
//! | a policy that lets everybody read, with BlockPublicPolicy | refused | accepted |

#![allow(clippy::unwrap_used, clippy::panic, reason = "in tests a panic is the message")]

mod emulator;
mod iam;
mod mail;
mod organization;
mod prover;
mod secrets;
mod session;
mod state;
