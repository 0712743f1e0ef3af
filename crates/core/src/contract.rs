//! The texts that the parts of Keywheel exchange: events, results, manifests, notices. Their shapes are promises; `docs/contracts.md` shows them.

pub mod action;
mod action_kind;
pub mod departed;
pub mod digest;
pub mod event;
pub mod fan_out;
pub mod finish;
pub mod hand_on;
pub mod handed_on;
pub mod job;
pub mod mailed;
pub mod manifest;
pub mod notice_record;
pub mod parameters;
pub mod plan_file;
pub mod recipients;
pub mod result;
pub mod reviewed;
mod reviewed_change;
pub mod step_completed;

/// The version of the shape of manifests, results and notices that this release writes.
pub const SCHEMA: u32 = 1;

/// Characters at most of what an error says is wrong with a text: it may quote the text.
pub const LONGEST_REASON: usize = 400;
