//! Whatever Keywheel reads that somebody else wrote, with any bytes in its place. Tests and fuzzers share these bodies.
//!
//! Each [`Target`] hands the bytes to the very functions that are shipped, and panics where a promise is broken: nothing panics and nothing
//! runs on for ever; what is refused is refused in one clear line that repeats no secret half; what is accepted is the same once it was written
//! and read again.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a broken promise is a panic, which is what tests and fuzzers look for"
)]

mod configuration;
mod events;
mod host;
mod ledger;
mod lists;
mod promise;
mod stored;
mod tags;
mod templates;

pub use configuration::configuration;
pub use events::{digest, inventory_event, returned_mail, rotation_event};
pub use host::{acknowledgement, credentials_file, parameter};
pub use ledger::ledger;
pub use lists::{credential_report, parameter_list, plan_file, recipient_list};
pub use promise::HALF;
pub use stored::stored_object;
pub use tags::tags;
pub use templates::templates;

/// Something that is read.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of the function, of the fuzz target, and of the folder of its seeds.
    pub name: &'static str,
    /// Tries the bytes.
    ///
    /// # Panics
    /// Where a promise is broken.
    pub check: fn(&[u8]),
}

macro_rules! targets {
    ($($name:ident),+ $(,)?) => {
        /// Everything that is tried.
        pub const TARGETS: &[Target] = &[$(Target { name: stringify!($name), check: $name },)+];
    };
}

targets![
    acknowledgement,
    configuration,
    credential_report,
    credentials_file,
    digest,
    inventory_event,
    ledger,
    parameter,
    parameter_list,
    plan_file,
    recipient_list,
    returned_mail,
    rotation_event,
    stored_object,
    tags,
    templates,
];
