//! Makes texts that strangers wrote harmless for errors, logs and mails.
//!
//! Whoever names an account, tags a user or sends an event may write anything there: line breaks, control characters, the invisible
//! characters that make a text read otherwise than it is stored, and, by mistake, the secret half of a key.

/// The text on one line: control characters become spaces, invisible direction and joining marks go, runs of white space become one
/// space, and more than `longest` characters are cut, with an ellipsis as the last of them.
#[must_use]
pub fn line(text: &str, longest: usize) -> String {
    joined(text.chars().filter(|c| !is_invisible(*c)), longest)
}

/// Characters of a secret half.
const SECRET_HALF: usize = 40;

/// As much of a text as an error may repeat: as [`line()`] makes it, and without what looks like a secret access key. What lies far behind
/// the cut is not read.
#[must_use]
pub fn quoted(text: &str, longest: usize) -> String {
    let read = longest.saturating_mul(2).saturating_add(200);
    let mut head = line(text, read);
    if head.ends_with('…') {
        // A part of a secret half does not have its shape any more, so the end of a word that was cut is left out.
        let cut = head.trim_end_matches('…');
        let word = cut.len() - cut.trim_end_matches(is_of_secret).len();
        head.truncate(cut.len() - word.min(SECRET_HALF));
        head.push('…');
    }
    line(&without_secrets(&head), longest)
}

/// The characters on one line: control characters become spaces, runs of white space one space, and more than `longest` are cut.
#[must_use]
pub fn joined(visible: impl Iterator<Item = char>, longest: usize) -> String {
    let visible = visible.map(|c| if is_break_or_control(c) { ' ' } else { c });
    let joined = visible.collect::<String>();
    let joined = joined.split_whitespace().collect::<Vec<_>>().join(" ");
    if joined.chars().count() <= longest {
        return joined;
    }
    let head: String = joined.chars().take(longest.saturating_sub(1)).collect();
    format!("{}…", head.trim_end())
}

/// The lines of a text, each as [`line()`] makes it, without the empty ones.
pub fn lines(text: &str, longest: usize) -> impl Iterator<Item = String> {
    text.split(['\r', '\n', '\u{2028}', '\u{2029}'])
        .map(move |part| line(part, longest))
        .filter(|part| !part.is_empty())
}

/// Takes out words that have the shape of a secret access key (40 characters of base64, mixed), or that one could be a part of: nobody needs
/// one in a mail, whoever put it there.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_of_secret(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        kept.push_str(if has_shape_of_secret(word) || could_hold_secret(word) {
            "[removed: looks like a secret access key]"
        } else {
            word
        });
        let separators = after.find(is_of_secret).unwrap_or(after.len());
        kept.push_str(&after[..separators]);
        rest = &after[separators..];
    }
    kept
}

fn is_of_secret(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '/' || c == '+'
}

/// Whether the word could be the secret half of an access key. Hexadecimal digests and plain words are not.
#[must_use]
pub fn has_shape_of_secret(word: &str) -> bool {
    // One half in 900 has no digit; words of 40 letters that people put together change less between capitals and small letters.
    const LEAST_CHANGES_WITHOUT_DIGITS: usize = 14;
    let any = |kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
    word.len() == SECRET_HALF
        && any(char::is_ascii_uppercase)
        && any(char::is_ascii_lowercase)
        && (any(char::is_ascii_digit) || changes(word.as_bytes()) >= LEAST_CHANGES_WITHOUT_DIGITS)
}

/// Whether a longer word, such as a path, has a secret half somewhere in it.
fn could_hold_secret(word: &str) -> bool {
    const LEAST_CHANGES: usize = 10;
    let could_be =
        |part: &[u8]| std::str::from_utf8(part).is_ok_and(has_shape_of_secret) && changes(part) >= LEAST_CHANGES;
    word.as_bytes().windows(SECRET_HALF).any(could_be)
}

/// How often capitals, small letters and digits take turns. In words that people wrote they seldom do: in 40 random characters of base64 about
/// 23 times.
fn changes(word: &[u8]) -> usize {
    let kind = |c: u8| (c.is_ascii_uppercase(), c.is_ascii_lowercase());
    let differ =
        |one: u8, other: u8| one.is_ascii_alphanumeric() && other.is_ascii_alphanumeric() && kind(one) != kind(other);
    word.windows(2).filter(|pair| differ(pair[0], pair[1])).count()
}

fn is_break_or_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters without a shape of their own: direction marks and overrides, zero-width marks, tag characters (Unicode, `Cf`).
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_escapes_and_tabs_become_single_spaces() {
        assert_eq!(line("a\r\nBcc: x@example.com\t\u{1b}[31mred\u{2028}b\0", 200), "a Bcc: x@example.com [31mred b");
    }

    #[test]
    fn direction_overrides_and_zero_width_marks_are_taken_out() {
        assert_eq!(line("pay\u{202e}stnem\u{200b}\u{2066}\u{feff}\u{e0041}", 200), "paystnem");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character_and_says_so() {
        assert_eq!(line("ééééé", 5), "ééééé");
        assert_eq!(line("éééééé", 5), "éééé…");
    }

    #[test]
    fn every_kind_of_line_break_splits_and_empty_lines_go() {
        let text = "one\r\n\n two\u{2028}three\rfour";
        assert_eq!(lines(text, 80).collect::<Vec<_>>(), ["one", "two", "three", "four"]);
    }

    #[test]
    fn a_word_shaped_like_a_secret_half_is_taken_out_and_digests_stay() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert_eq!(without_secrets(&format!("({secret}), ok")), "([removed: looks like a secret access key]), ok");
        let letters = "wJalrXUtnFEMIbKZMDENGhbPxRfiCYtQmLrKvBwS";
        assert_eq!(without_secrets(letters), "[removed: looks like a secret access key]");
        let words = "AccountFactoryCustomizationsPipelineTest";
        assert_eq!((words.len(), without_secrets(words).as_str()), (40, words));
        let digest = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        assert_eq!(without_secrets(digest), digest);
        assert_eq!(without_secrets("Grüße, ok é"), "Grüße, ok é");
        for glued in [format!("/{secret}"), format!("{secret}+"), format!("x{secret}9"), format!("a/{secret}/b")] {
            assert!(!without_secrets(&format!("is {glued}.")).contains("K7MDENG"), "{glued}");
        }
        let path = "role/Division1/KeywheelMember/AccountFactory2/CustomizationsPipeline/Production";
        assert_eq!(without_secrets(path), path);
    }

    #[test]
    fn an_error_repeats_a_text_on_one_line_cut_and_without_a_secret_half_or_a_part_of_one() {
        let half = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert_eq!(quoted("a\r\nb\u{1b}[2J", 80), "a b [2J");
        for before in 0..300 {
            for text in ["x ".repeat(before) + half, "x".repeat(before) + half, half.repeat(before / 10) + half] {
                let shown = quoted(&text, 80);
                assert!(!shown.contains("wJalr") && shown.chars().count() <= 80, "{before}: {shown}");
            }
        }
        let hidden = format!("wJalrXUtnFEMI/K7\u{200b}{}", &half[16..]);
        assert_eq!(quoted(&"x".repeat(500), 80), format!("{}…", "x".repeat(79)));
        assert_eq!(quoted(&hidden, 80), "[removed: looks like a secret access key]");
    }
}
