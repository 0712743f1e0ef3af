//! The verbs, one file each.

pub(crate) mod agent;
pub(crate) mod apply;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod decrypt;
pub(crate) mod doctor;
pub(crate) mod emergency;
pub(crate) mod exempt;
pub(crate) mod explain;
pub(crate) mod forecast;
pub(crate) mod man;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod rollback;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod tag_users;
pub(crate) mod template;
