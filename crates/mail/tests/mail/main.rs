//! Mails as their readers get them: rendered from whole digests, with stores in memory.

mod deliver;
mod digest;
mod event;
mod support;
mod templates;
