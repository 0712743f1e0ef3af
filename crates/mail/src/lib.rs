//! Mail: what a digest says, how it is rendered, and how it is handed over once.
//!
//! [`event::parse`] reads and checks the event, [`DigestContext`] puts it into words and cleans what strangers wrote, [`Templates`]
//! renders it, and [`deliver()`] sends it unless that was done before. [`returned`] reads what SES tells of mails that came back. Stores and
//! the mailer are behind the traits of [`ports`].

pub mod address;
pub mod clean;
mod context;
mod deliver;
pub mod event;
mod kind;
#[cfg(feature = "lint")]
pub mod lint;
mod moment;
pub mod ports;
pub mod returned;
mod templates;
pub mod topic;
mod urgency;
pub mod words;

pub use context::{
    AccountContext, DateContext, DigestContext, EntryContext, GroupContext, PeriodsContext, RecipientContext,
    SampleContext, SectionContext, SummaryContext, UseContext,
};
pub use deliver::{Delivered, DeliveryFailed, Post, Sender, Told, deliver};
pub use kind::MailKind;
pub use moment::Moment;
pub use templates::{Fallback, RenderFailed, Rendered, Templates};
