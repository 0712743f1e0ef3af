//! The verbs, one file each.

pub(crate) mod decrypt;
pub(crate) mod template;
