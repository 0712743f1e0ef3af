//! The adapters against two emulators, over HTTP: ministack with the stage's overlay, and moto. `cargo xtask test` starts both.
//!
//! Every test works in an account of its own, so that all can run at once. Where an emulator differs from AWS, the test says what AWS does:
//!
//! | what | AWS and ministack with the overlay | moto 5.2.5 |
//! |---|---|---|
//! | who may do what | enforced | not enforced: whoever calls may do everything |
//! | roles that do not exist | cannot be assumed | can be assumed, in any account |
//! | the last use of a key | tracked | not tracked |

mod emulator;
mod iam;
mod mail;
mod organization;
mod prover;
mod secrets;
mod session;
mod state;
