//! Makes texts that strangers wrote harmless for mails and logs.
//!
//! Whoever names an account or tags a user may write anything there. HTML is escaped where it is rendered; what no escaping mends is
//! taken out here, before a text reaches a template, a header or a log: line breaks, control characters, and the invisible characters
//! that make a text read otherwise than it is stored.

/// The text on one line: control characters become spaces, invisible direction and joining marks go, runs of white space become one
/// space, and more than `longest` characters are cut, with an ellipsis as the last of them.
#[must_use]
pub fn line(text: &str, longest: usize) -> String {
    joined(text.chars().filter(|c| !is_invisible(*c)), longest)
}

/// The text of a subject on one line, as [`line()`] makes it, with the marks that [`isolated`] put around a name.
pub(crate) fn subject(text: &str, longest: usize) -> String {
    joined(text.chars().filter(|c| matches!(c, '\u{2068}' | '\u{2069}') || !is_invisible(*c)), longest)
}

fn joined(visible: impl Iterator<Item = char>, longest: usize) -> String {
    let visible = visible.map(|c| if is_break_or_control(c) { ' ' } else { c });
    let joined = visible.collect::<String>();
    let joined = joined.split_whitespace().collect::<Vec<_>>().join(" ");
    if joined.chars().count() <= longest {
        return joined;
    }
    let head: String = joined.chars().take(longest.saturating_sub(1)).collect();
    format!("{}…", head.trim_end())
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
    let of_secret = |c: char| c.is_ascii_alphanumeric() || c == '/' || c == '+';
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c| !of_secret(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        kept.push_str(if has_shape_of_secret(word) || could_hold_secret(word) {
            "[removed: looks like a secret access key]"
        } else {
            word
        });
        let separators = after.find(of_secret).unwrap_or(after.len());
        kept.push_str(&after[..separators]);
        rest = &after[separators..];
    }
    kept
}

/// Whether the word could be the secret half of an access key. Hexadecimal digests and plain words are not.
pub(crate) fn has_shape_of_secret(word: &str) -> bool {
    let any = |kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
    word.len() == 40 && any(char::is_ascii_uppercase) && any(char::is_ascii_lowercase) && any(char::is_ascii_digit)
}

/// Whether a longer word, such as a path, has a secret half somewhere in it. Of words that people wrote few change so often between capitals,
/// small letters and digits as chance does: 40 random characters of base64 about 23 times.
fn could_hold_secret(word: &str) -> bool {
    const LEAST_CHANGES: usize = 10;
    let kind = |c: u8| (c.is_ascii_uppercase(), c.is_ascii_lowercase());
    let differ =
        |one: u8, other: u8| one.is_ascii_alphanumeric() && other.is_ascii_alphanumeric() && kind(one) != kind(other);
    let changes = |part: &[u8]| part.windows(2).filter(|pair| differ(pair[0], pair[1])).count();
    let could_be =
        |part: &[u8]| std::str::from_utf8(part).is_ok_and(has_shape_of_secret) && changes(part) >= LEAST_CHANGES;
    word.as_bytes().windows(40).any(could_be)
}

fn is_break_or_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters without a shape of their own: direction marks and overrides, zero-width marks, tag characters (Unicode, `Cf`).
fn is_invisible(c: char) -> bool {
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
        let digest = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        assert_eq!(without_secrets(digest), digest);
        assert_eq!(without_secrets("Grüße, ok é"), "Grüße, ok é");
        for glued in [format!("/{secret}"), format!("{secret}+"), format!("x{secret}9"), format!("a/{secret}/b")] {
            assert!(!without_secrets(&format!("is {glued}.")).contains("K7MDENG"), "{glued}");
        }
        let path = "role/Division1/KeywheelMember/AccountFactory2/CustomizationsPipeline/Production";
        assert_eq!(without_secrets(path), path);
    }
}
