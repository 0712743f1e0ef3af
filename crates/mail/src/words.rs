//! What a mail says, in English: every sentence that is not in a template.

mod headline;
mod reasons;
mod section;
mod section_texts;
mod todo;

pub(crate) use headline::happened;
pub use headline::{Headline, headline};
pub use reasons::{Words, words};
pub use section::Section;
