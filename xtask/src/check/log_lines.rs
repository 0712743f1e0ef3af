//! The log lines that docs/troubleshooting.md names are logged: who searches for one at night finds what it is about.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::Problem;
use super::tree::Tree;

const PAGE: &str = "docs/troubleshooting.md";

/// The first heading of a table whose first column holds log lines.
const HEADING: &str = "log line";

/// How a paragraph begins whose code texts are log lines.
const LEAD: &str = "In the log:";

/// Stands for what differs from line to line.
const GAP: char = '…';

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let Some(text) = tree.text(PAGE) else { return vec![format!("{PAGE}: is missing")] };
    let lines = lines(text);
    if lines.is_empty() {
        return vec![format!("{PAGE}: has no table whose first heading is `{HEADING}`")];
    }
    let sources: Vec<String> =
        tree.with_ending(".rs").filter(|(path, _)| is_shipped(path)).map(|(_, text)| joined(text)).collect();
    let is_logged = |line: &str| sources.iter().any(|source| parts(line).all(|part| source.contains(part)));
    lines
        .into_iter()
        .filter(|(_, line)| !is_logged(line))
        .map(|(number, line)| format!("{PAGE}:{number}: nothing logs this: {line}"))
        .collect()
}

fn is_shipped(path: &str) -> bool {
    let folders = ["crates/stage/", "crates/testkit/", "xtask/"];
    !folders.iter().any(|folder| path.starts_with(folder)) && !path.contains("/tests/") && !path.ends_with("/tests.rs")
}

/// A source whose texts are in one piece: a backslash at a line's end joins it with the next.
fn joined(source: &str) -> String {
    let mut pieces = source.split("\\\n");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.trim_start())
}

/// What of a line is the same each time.
fn parts(line: &str) -> impl Iterator<Item = &str> {
    line.split(GAP).map(str::trim).filter(|part| !part.is_empty())
}

/// Each code text in the first column of a table of log lines, and in a paragraph of them, with its line.
fn lines(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let (mut heading, mut is_head, mut cell, mut is_led) = (String::new(), false, 0, false);
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::TableHead) => (heading, is_head, cell) = (String::new(), true, 0),
            Event::End(TagEnd::TableHead) => is_head = false,
            Event::Start(Tag::TableRow) => cell = 0,
            Event::End(TagEnd::TableCell) => cell += 1,
            Event::Text(text) if is_head && cell == 0 => heading.push_str(&text),
            Event::Start(Tag::Paragraph) => is_led = text[range].starts_with(LEAD),
            Event::End(TagEnd::Paragraph) => is_led = false,
            Event::Code(line) if is_led || !is_head && cell == 0 && heading == HEADING => {
                found.push((text[..range.start].matches('\n').count() + 1, line.to_string()));
            }
            Event::End(TagEnd::Table) => heading = String::new(),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    const SOURCE: &str =
        "fn f() {\n    warn!(\"the list of accounts {path} \\\n           cannot be read: {why}\");\n}\n";

    fn problems(page: &str, path: &str) -> Vec<String> {
        check(&Tree::of([("docs/troubleshooting.md", page), (path, SOURCE)]))
    }

    fn page(line: &str) -> String {
        format!(
            "# T\n\n| log line | way out |\n|---|---|\n| `{line}` | see `nothing` |\n\n| what | x |\n|---|---|\n| `else` | |\n"
        )
    }

    #[test]
    fn a_line_that_is_logged_passes_with_gaps_for_what_differs() {
        assert_eq!(problems(&page("the list of accounts … cannot be read"), "crates/aws/src/a.rs"), [""; 0]);
    }

    #[test]
    fn a_line_that_nothing_shipped_logs_is_a_problem() {
        let expected = ["docs/troubleshooting.md:5: nothing logs this: the list is empty"];
        assert_eq!(problems(&page("the list is empty"), "crates/aws/src/a.rs"), expected);
        assert_eq!(problems(&page("the list of accounts"), "crates/stage/src/a.rs").len(), 1);
        assert_eq!(problems(&page("the list of accounts"), "crates/aws/tests/a.rs").len(), 1);
    }

    #[test]
    fn what_a_paragraph_says_is_in_the_log_must_be_logged() {
        let page = |line: &str| {
            format!("{}\n\nIn the log: `{line}`, or `cannot be read`.\n\n`else`\n", page("cannot be read"))
        };
        assert_eq!(problems(&page("the list of accounts"), "crates/aws/src/a.rs"), [""; 0]);
        let expected = ["docs/troubleshooting.md:12: nothing logs this: the list is empty"];
        assert_eq!(problems(&page("the list is empty"), "crates/aws/src/a.rs"), expected);
    }

    #[test]
    fn a_page_without_such_a_table_and_no_page_are_problems() {
        assert_eq!(problems("# T\n\n| line | x |\n|---|---|\n| `the list` | |\n", "crates/aws/src/a.rs").len(), 1);
        assert_eq!(check(&Tree::default()).len(), 1);
    }
}
