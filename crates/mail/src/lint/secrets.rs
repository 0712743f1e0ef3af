//! Secrets: none may stand in a template, a sample or a mail.

use super::{Finding, Part};
use crate::clean::has_shape_of_secret;

const HINT: &str =
    "take it out, and treat the key as leaked: make it inactive and replace it; a mail shows key ids alone";

/// What every kind of private key begins with.
const PRIVATE: [(&str, &str); 3] = [
    ("PRIVATE KEY-----", "a private key"),
    ("PRIVATE KEY BLOCK-----", "a private PGP key"),
    ("AGE-SECRET-KEY-", "an age identity"),
];

/// Secrets in a file as it is stored.
pub(super) fn in_file(name: &str, bytes: &[u8]) -> Vec<Finding> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().enumerate().flat_map(|(index, line)| found_in(line).map(move |what| (index + 1, what)));
    let finding = |(line, what): (usize, &str)| {
        let message = format!("holds {what}");
        Finding { file: name.to_owned(), line: Some(line), rule: "secret", message, hint: HINT, sample: None }
    };
    lines.map(finding).collect()
}

/// Secrets in a part as it comes out, such as one that a template puts together.
pub(super) fn in_part(part: &Part<'_>) -> Vec<Finding> {
    let lines = part.text.lines();
    let found = lines.flat_map(|text| found_in(text).map(move |what| (text, what)));
    // The text itself is not repeated: findings end in logs.
    let fault =
        |(text, what): (&str, &str)| part.fault("secret", Some(text.trim()), format!("comes out with {what}"), HINT);
    found.map(fault).collect()
}

const SECRET_HALF: &str = "what looks like the secret half of an access key";

fn found_in(line: &str) -> impl Iterator<Item = &'static str> + use<> {
    let of_secret = |c: char| !(c.is_ascii_alphanumeric() || c == '/' || c == '+');
    let half = line.split(of_secret).any(has_shape_of_secret).then_some(SECRET_HALF);
    let line = line.to_ascii_uppercase();
    let keys: Vec<_> = PRIVATE.iter().filter(|(begin, _)| line.contains(begin)).map(|(_, what)| *what).collect();
    half.into_iter().chain(keys)
}
