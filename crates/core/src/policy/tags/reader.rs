use std::collections::BTreeMap;

use super::MalformedTag;
use crate::time::Days;

/// A hundred years: the most days that a tag can ask for.
const MOST_DAYS: u32 = 36_500;

/// Reads those of a user's tags that are ours, and keeps what has no meaning.
pub(super) struct Reader<'a> {
    ours: BTreeMap<String, &'a str>,
    pub(super) malformed: Vec<MalformedTag>,
}

impl<'a> Reader<'a> {
    /// The tags whose key starts with `prefix`, without regard to case.
    pub(super) fn new(tags: &'a BTreeMap<String, String>, prefix: &str) -> Self {
        let prefix = prefix.to_uppercase();
        let suffix = |key: &str| key.to_uppercase().strip_prefix(&prefix).map(str::to_owned);
        let ours = tags.iter().filter_map(|(key, value)| Some((suffix(key)?, value.as_str()))).collect();
        Self { ours, malformed: Vec::new() }
    }

    /// The text of a tag that is there and not empty.
    pub(super) fn text(&self, suffix: &str) -> Option<String> {
        self.ours.get(suffix).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// What a tag means; none where it is not there, or where it is malformed.
    pub(super) fn parsed<T>(
        &mut self,
        suffix: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.ours.get(suffix)?;
        let parsed = parse(value);
        if parsed.is_none() {
            self.malformed.push(MalformedTag { suffix, value: (*value).to_owned(), expected });
        }
        parsed
    }

    /// A number of days. Too large a number is malformed, and longer than any default, so it counts as the longest there is.
    pub(super) fn days(&mut self, suffix: &'static str) -> Option<Days> {
        let in_range = |value: &str| value.trim().parse().ok().filter(|days| (1..=MOST_DAYS).contains(days)).map(Days);
        let days = self.parsed(suffix, "a number of days from 1 to 36500", in_range);
        days.or_else(|| is_too_large(self.ours.get(suffix)?.trim()).then_some(Days(MOST_DAYS)))
    }

    /// The texts of the tags of this name, in the order of their numbers.
    pub(super) fn numbered(&self, name: &str) -> Vec<String> {
        let number = |key: &str| key.strip_prefix(name)?.parse::<u32>().ok();
        let mut numbered: Vec<_> =
            self.ours.iter().filter_map(|(key, value)| Some((number(key)?, (*value).to_owned()))).collect();
        numbered.sort();
        numbered.into_iter().map(|(_, text)| text).collect()
    }
}

fn is_too_large(text: &str) -> bool {
    let digits = text.trim_start_matches('0');
    !digits.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
