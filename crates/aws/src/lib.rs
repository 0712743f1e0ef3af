//! The engine's and the mail crate's ports, implemented on the AWS SDK for Rust.
//!
//! Start with [`load_config`] once per process, make a [`Session`] from it, and build the adapters from the session's configuration. None of
//! the SDK's types appears in an error. Calls that carry a secret half run without any log subscriber, so that no log level can print it.

mod account;
mod acknowledgements;
mod clock;
mod config;
mod credential;
mod departures;
mod encryption;
mod error;
mod event_bus;
mod iam;
mod invoker;
mod listing;
mod mailer;
mod organization;
mod pace;
mod pages;
mod parameters;
mod patience;
pub mod permissions;
mod prover;
mod quiet;
mod secrets;
mod session;
mod state;
mod templates;
mod time;
mod topic;
#[cfg(test)]
mod wire;

pub use account::{AccountPorts, Stores};
pub use acknowledgements::AwsAcknowledgements;
pub use aws_config::SdkConfig;
pub use clock::SystemClock;
pub use config::{CONNECT_TIMEOUT, NoRegion, load_config, load_config_with};
pub use credential::KeptCredential;
pub use departures::AwsDepartures;
pub use encryption::AgeEncryption;
pub use error::port_error;
pub use event_bus::{EventBus, EventsFailed};
pub use iam::AwsIam;
pub use invoker::LambdaInvoker;
pub use mailer::SesMailer;
pub use organization::AwsOrganization;
pub use parameters::AwsParameters;
pub use prover::AwsProver;
pub use quiet::Quietly;
pub use secrets::AwsSecrets;
pub use session::{Session, SessionFailed, session_name};
pub use state::S3State;
pub use templates::S3Templates;
pub use topic::Topic;
