//! What mails do to texts that strangers wrote, besides [`keywheel_core::clean`]. HTML is escaped where it is rendered.

pub use keywheel_core::clean::{has_shape_of_secret, line, lines, quoted, without_secrets};
use keywheel_core::clean::{is_invisible, joined};

/// The text of a subject on one line, as [`line()`] makes it, with the marks that [`isolated`] put around a name.
pub(crate) fn subject(text: &str, longest: usize) -> String {
    joined(text.chars().filter(|c| matches!(c, '\u{2068}' | '\u{2069}') || !is_invisible(*c)), longest)
}

/// The text, cleaned before, between marks that keep its direction to itself where it has letters that run from right to left: what stands
/// beside it would change places otherwise (Unicode Bidirectional Algorithm, 2.4, first strong isolate).
#[must_use]
pub(crate) fn isolated(text: &str) -> String {
    if text.chars().any(runs_from_right) { format!("\u{2068}{text}\u{2069}") } else { text.to_owned() }
}

/// Letters of the scripts that run from right to left: Hebrew, Arabic, Syriac, Thaana, N'Ko and the historic ones.
fn runs_from_right(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}
