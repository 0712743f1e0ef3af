//! Edits the files that AWS's SDKs read (`credentials` and `config`), and nothing in them but one profile's key.
//!
//! Read as botocore reads them, with Python's configparser: what that would refuse, or what two SDKs would read in two ways, is refused here, too.
//! Everything that is not the key stays as it is, byte by byte.

mod lines;
mod profile;

use std::ops::Range;

use secrecy::ExposeSecret;

use crate::pair::Pair;
use lines::{Entry, parse};

/// Which of the two files it is: they name profiles differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `credentials`: a section is a profile.
    Credentials,
    /// `config`: `[default]` and `[profile …]`.
    Config,
}

/// A file that cannot be read, or holds no whole key of the profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It has no such profile.
    #[error("it has no profile {0:?}")]
    NoProfile(String),
    /// The profile is there and has no key.
    #[error("profile {0:?} has no access key")]
    NoKey(String),
    /// Anything that AWS's SDKs would trip over, or not read alike.
    #[error("{why}{}", line.map(|line| format!(" (line {line})")).unwrap_or_default())]
    Odd {
        /// What is odd.
        why: &'static str,
        /// The line, counted from 1.
        line: Option<usize>,
    },
}

/// A profile's key, and where it stands in the text.
#[derive(Debug)]
pub struct Key {
    /// The pair.
    pub pair: Pair,
    id: Range<usize>,
    half: Range<usize>,
}

const ID: &str = "aws_access_key_id";
const HALF: &str = "aws_secret_access_key";
/// Keys with a token come from a role, and are nobody's to rotate.
const TOKENS: [&str; 2] = ["aws_session_token", "aws_security_token"];

/// The key of a profile.
///
/// # Errors
/// When there is none, or the file is odd.
pub fn key(text: &str, kind: Kind, profile: &str) -> Result<Key, Broken> {
    let sections = parse(text)?;
    let mut found = sections.iter().filter(|section| profile::is(kind, &section.header, profile));
    let Some(section) = found.next() else { return Err(Broken::NoProfile(profile.to_owned())) };
    if let Some(other) = found.next() {
        return Err(Broken::Odd { why: "the profile is there twice", line: Some(other.line) });
    }
    let entry = |name: &str| section.entries.iter().find(|entry| entry.name == name);
    if let Some(token) = TOKENS.iter().find_map(|name| entry(name)) {
        return Err(Broken::Odd {
            why: "the profile has a session token, so its key is not an IAM user's",
            line: Some(token.line),
        });
    }
    let (id, half) = match (entry(ID), entry(HALF)) {
        (None, None) => return Err(Broken::NoKey(profile.to_owned())),
        (Some(id), Some(half)) => (id, half),
        (Some(one), None) | (None, Some(one)) => {
            return Err(Broken::Odd { why: "the profile has half a key", line: Some(one.line) });
        }
    };
    let (id_at, half_at) = (id.word(text)?, half.word(text)?);
    let pair = Pair::of(&text[id_at.clone()], &text[half_at.clone()]);
    let pair = pair.ok_or(Broken::Odd { why: "the profile's key is no access key", line: Some(id.line) })?;
    Ok(Key { pair, id: id_at, half: half_at })
}

/// The text with another key for the profile, and nothing else changed.
///
/// # Errors
/// When the profile has no key, or the file is odd.
pub fn with_key(text: &str, kind: Kind, profile: &str, new: &Pair) -> Result<String, Broken> {
    let found = key(text, kind, profile)?;
    let mut edited = text.to_owned();
    let mut words = [(found.id, new.id.as_str()), (found.half, new.secret.expose_secret())];
    words.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    for (place, word) in words {
        edited.replace_range(place, word);
    }
    // The edit is believed only once the file reads as it should.
    let read = key(&edited, kind, profile)?;
    if read.pair.is(new) { Ok(edited) } else { Err(Broken::Odd { why: "the key cannot be put in", line: None }) }
}

impl Entry {
    /// Where the value stands: one word. A comment after it some SDKs take for one, and others for a part of the value.
    fn word(&self, text: &str) -> Result<Range<usize>, Broken> {
        let odd = |why| Err(Broken::Odd { why, line: Some(self.line) });
        if self.is_continued {
            return odd("the key has several lines");
        }
        let value = &text[self.value.clone()];
        let word = value.split_whitespace().next().unwrap_or_default();
        let rest = value[word.len()..].trim_start();
        if word.is_empty() {
            odd("the key is empty")
        } else if rest.starts_with(['#', ';']) {
            odd("a comment stands behind the key, which some SDKs take for a part of it")
        } else if !rest.is_empty() {
            odd("the key has a space in it")
        } else {
            Ok(self.value.start..self.value.start + word.len())
        }
    }
}

#[cfg(test)]
mod tests;
