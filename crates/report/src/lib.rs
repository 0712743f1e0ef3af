//! Reports: what a run, or a look at the accounts right now, found of every access key; one model, rendered in several formats.
//!
//! The [`model`] is made [of a look](live) or [of a stored run](stored). Everything that was listed is in it, and what is not known is said
//! to be unknown. Nothing here asks AWS, reads a clock, or knows a secret half.

pub mod asff;
pub mod csv;
pub mod failures;
pub mod findings;
pub mod html;
pub mod json;
pub mod json_lines;
mod line;
pub mod live;
pub mod model;
pub mod ocsf;
pub mod stored;
pub mod table;
pub mod text;

pub use model::Report;
