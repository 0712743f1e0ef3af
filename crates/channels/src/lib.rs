//! Mailers that are none of AWS: an SMTP server, and Mailgun's HTTP API.
//!
//! Both read their credentials through a [`CredentialStore`], once per process and again after they were refused. TLS is the SDK's, rustls
//! on aws-lc-rs, and trusts what the system trusts (`SSL_CERT_FILE`, `SSL_CERT_DIR`); nothing is ever sent without it, but to a
//! Mailgun endpoint on this very machine, which only tests have.

mod causes;
mod credential;
pub mod mailgun;
mod repeat;
pub mod smtp;

pub use credential::{CredentialStore, CredentialUnreadable};
pub use mailgun::MailgunMailer;
pub use smtp::SmtpMailer;
