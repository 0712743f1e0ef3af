//! Texts for people: what strangers wrote must not steer a terminal, and numbers are easy to read.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// One line without anything that a terminal would act on: control characters, and those that turn the direction of writing.
#[must_use]
pub fn tame(text: &str) -> String {
    text.chars().map(|c| if is_steering(c) { '\u{fffd}' } else { c }).collect()
}

fn is_steering(c: char) -> bool {
    let turns = matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    c.is_control() || turns
}

/// At most so many characters; the last one shows that there were more.
#[must_use]
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// The day of a moment, in UTC, as 2026-11-20.
#[must_use]
pub fn day(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).date().to_string()
}

/// A number with its thousands apart, as 50,000.
#[must_use]
pub fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with the right form of its noun, as `1 key` and `2 keys`.
#[must_use]
pub fn counted(count: usize, one: &str) -> String {
    format!("{} {one}{}", number(count), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        let attack = "a\u{1b}[31mred\r\nnext\u{202e}txt\u{9b}2J\u{200f}";
        let tamed = tame(attack);
        assert!(!tamed.chars().any(is_steering), "{tamed:?}");
        assert_eq!(tame("Zahlungen (prod) – 支払い"), "Zahlungen (prod) – 支払い");
    }

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!([0, 999, 1_000, 50_000, 1_234_567].map(number), ["0", "999", "1,000", "50,000", "1,234,567"]);
        assert_eq!((counted(1, "key"), counted(0, "key")), ("1 key".to_owned(), "0 keys".to_owned()));
        assert_eq!((shortened("abcdef", 4), shortened("abcd", 4)), ("abc…".to_owned(), "abcd".to_owned()));
    }
}
