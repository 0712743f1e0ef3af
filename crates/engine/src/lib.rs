//! Carries plans out: lists the organization, audits an account, keeps the ledger, and makes each step in an order that can be
//! taken up again wherever it breaks off. AWS is behind the traits of [`ports`]; this crate knows no SDK.

pub mod account;
pub mod deployment;
pub mod inventory;
pub mod ports;
