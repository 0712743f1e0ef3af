//! What holds of every input.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A secret half that is nobody's: AWS's own example. Tests plant it; no error may repeat it.
pub const HALF: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// The longest error there may be, in characters; that of a configuration names up to thirty variables.
const LONGEST_LINE: usize = 2_000;

/// The error is one line that a person can read, and repeats no secret half.
pub(crate) fn one_clear_line(error: &impl std::fmt::Display) {
    clear(&error.to_string(), LONGEST_LINE);
}

/// The same of an error about each of so many things.
pub(crate) fn one_clear_line_about(things: usize, error: &impl std::fmt::Display) {
    clear(&error.to_string(), LONGEST_LINE * things.max(1));
}

fn clear(error: &str, longest: usize) {
    let length = error.chars().count();
    assert!((1..=longest).contains(&length), "an error of {length} characters: {}", error.get(..400).unwrap_or(error));
    let is_odd = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}');
    assert!(!error.contains(is_odd), "an error with control characters: {error:?}");
    without_half(error);
}

/// What is shown has no secret half in it.
pub(crate) fn without_half(shown: &str) {
    assert!(!shown.contains(HALF), "a secret half is shown: {shown}");
}

/// The value is the same once it was written and read again by serde.
pub(crate) fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_vec(value).expect("what was read can be written");
    let read: T = serde_json::from_slice(&text).expect("what was written can be read");
    assert_eq!(&read, value, "it is another one once it was written and read");
}
