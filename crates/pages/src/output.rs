//! Whether a program prints what a page says.

/// Whether it is what the page says: a line `...` stands for any lines, `[..]` for any text in a line.
#[must_use]
pub fn is_as(printed: &str, page: &str) -> bool {
    fn lines_are(printed: &[&str], page: &[&str]) -> bool {
        match page.split_first() {
            None => printed.is_empty(),
            Some((&"...", rest)) => (0..=printed.len()).any(|from| lines_are(&printed[from..], rest)),
            Some((line, rest)) => {
                printed.split_first().is_some_and(|(first, others)| line_is(first, line) && lines_are(others, rest))
            }
        }
    }
    lines_are(&printed.lines().collect::<Vec<_>>(), &page.lines().collect::<Vec<_>>())
}

fn line_is(printed: &str, page: &str) -> bool {
    let Some((before, after)) = page.split_once("[..]") else { return printed == page };
    printed.strip_prefix(before).is_some_and(|rest| rest.ends_with(after))
}

#[cfg(test)]
mod tests {
    use super::is_as;

    #[test]
    fn a_page_that_says_something_else_is_noticed() {
        assert!(is_as("one\ntwo\nthree\n", "one\n...\nthree\n"));
        assert!(is_as("one\n", "one\n") && is_as("a: 5 s\n", "a: [..] s\n"));
        assert!(!is_as("one\ntwo\n", "one\n") && !is_as("one\n", "one\ntwo\n") && !is_as("two\n", "...\nthree\n"));
    }
}
