//! docs/safety.md and the tests name each other: no rule is without a test, and no test is named for a rule that is not there.

use std::collections::BTreeSet;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::Problem;
use super::links::resolve;
use super::tree::{Tree, numbered};

const PAGE: &str = "docs/safety.md";

/// The last heading of a table whose rows must each name tests.
const TESTS: &str = "tests";

/// What the name of a test begins with that is named for a rule, or for an exception.
const PREFIXES: [&str; 2] = ["rule_", "exception_"];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let Some(text) = tree.text(PAGE) else { return vec![format!("{PAGE}: is missing")] };
    let rows = rows(text);
    let rules: BTreeSet<&str> = rows.iter().filter_map(|row| row.rule.as_deref()).collect();
    if rules.is_empty() {
        return vec![format!("{PAGE}: has no table of rules whose last heading is `{TESTS}`")];
    }
    let mut problems: Vec<Problem> = rows.iter().flat_map(|row| row.problems(tree)).collect();
    problems.extend(named_for_nothing(tree, &rules));
    problems
}

/// A row of a table whose last column holds tests.
#[derive(Debug, Default)]
struct Row {
    line: usize,
    /// `1` where the row begins with `**1.**`, `a` where it begins with `**(a)**`.
    rule: Option<String>,
    /// Each test with the file that was linked last before it.
    tests: Vec<(Option<String>, String)>,
}

impl Row {
    fn problems(&self, tree: &Tree) -> Vec<Problem> {
        let line = self.line;
        if self.tests.is_empty() {
            return vec![format!("{PAGE}:{line}: names no test")];
        }
        let faults = self.tests.iter().filter_map(|(file, test)| match file {
            None => Some(format!("{PAGE}:{line}: no file is linked before `{test}`")),
            Some(file) if !tests(tree.text(file).unwrap_or_default()).any(|(_, name)| name == test) => {
                Some(format!("{PAGE}:{line}: {file} has no test `{test}`"))
            }
            Some(_) => None,
        });
        faults.collect()
    }
}

/// Tests that are named for a rule which the page does not have.
fn named_for_nothing(tree: &Tree, rules: &BTreeSet<&str>) -> Vec<Problem> {
    let sources = tree.with_ending(".rs").filter(|(path, _)| !path.starts_with("xtask/"));
    let unknown = sources.flat_map(|(path, text)| {
        let named = tests(text).filter_map(|(line, test)| Some((line, test, rule_of(test)?)));
        named.filter(|(_, _, rule)| !rules.contains(rule)).map(move |(line, test, rule)| {
            format!("{path}:{line}: `{test}` is named for {rule}, which {PAGE} does not have")
        })
    });
    unknown.collect()
}

/// `1` of `rule_1_only_…`, `a` of `exception_a_…`.
fn rule_of(test: &str) -> Option<&str> {
    PREFIXES.iter().find_map(|prefix| test.strip_prefix(prefix)?.split('_').next())
}

/// The test functions of a source file, with their lines.
fn tests(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_test = false;
    numbered(text).filter_map(move |(number, line)| {
        let line = line.trim_start();
        if line.starts_with("#[") {
            is_test = is_test || ["#[test]", "#[tokio::test"].iter().any(|attribute| line.starts_with(attribute));
            return None;
        }
        let name = line.split_once("fn ").and_then(|(_, rest)| rest.split_once('(')).map(|(name, _)| name);
        let found = name.filter(|_| std::mem::take(&mut is_test) && !line.starts_with("//"));
        found.map(|name| (number, name))
    })
}

/// Every row of every table of tests.
fn rows(text: &str) -> Vec<Row> {
    let mut reader = Reader::default();
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::TableRow) => {
                let line = text[..range.start].matches('\n').count() + 1;
                reader.row = Row { line, ..Row::default() };
                reader.cell = 0;
            }
            event => reader.take(event),
        }
    }
    reader.rows
}

/// Follows a page from event to event.
#[derive(Default)]
struct Reader {
    rows: Vec<Row>,
    row: Row,
    /// How many cells of the row are over.
    cell: usize,
    /// The headings of the table.
    headings: Vec<String>,
    is_heading: bool,
    is_strong: bool,
    file: Option<String>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::TableHead) => (self.is_heading, self.headings) = (true, Vec::new()),
            Event::End(TagEnd::TableHead) => self.is_heading = false,
            Event::Start(Tag::TableCell) => self.file = None,
            Event::End(TagEnd::TableCell) => self.cell += 1,
            Event::Start(Tag::Strong) => self.is_strong = true,
            Event::End(TagEnd::Strong) => self.is_strong = false,
            Event::Start(Tag::Link { dest_url, .. }) => self.file = resolve(PAGE, &dest_url),
            Event::Text(text) if self.is_heading => self.headings.push(text.to_string()),
            Event::Text(text) if self.is_strong && self.cell == 0 && self.row.rule.is_none() => {
                self.row.rule = Some(text.trim_matches(['(', ')', '.']).to_owned());
            }
            Event::Code(test) if self.is_last_cell() => self.row.tests.push((self.file.clone(), test.to_string())),
            Event::End(TagEnd::TableRow) if self.is_of_tests() => self.rows.push(std::mem::take(&mut self.row)),
            _ => {}
        }
    }

    fn is_of_tests(&self) -> bool {
        self.headings.last().is_some_and(|heading| heading == TESTS)
    }

    fn is_last_cell(&self) -> bool {
        self.cell + 1 == self.headings.len()
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    const SOURCE: &str = "proptest! {\n    #[test]\n    fn rule_1_holds(world in worlds()) {\n}\n\nfn helper() {}\n\n\
                          #[tokio::test(start_paused = true)]\nasync fn exception_a_holds() {\n";

    fn problems(page: &str, source: &str) -> Vec<String> {
        check(&Tree::of([("docs/safety.md", page), ("crates/core/tests/rules.rs", source)]))
    }

    fn page(tests_of_1: &str, tests_of_a: &str) -> String {
        format!(
            "# Safety\n\n| rule | tests |\n|---|---|\n| **1.** Only `this`. | {tests_of_1} |\n\n\
             | exception | tests |\n|---|---|\n| **(a)** That. | {tests_of_a} |\n\n| what | `count` |\n|---|---|\n| **9.** x | `y` |\n"
        )
    }

    const OF_1: &str = "[rules.rs](../crates/core/tests/rules.rs): `rule_1_holds`";
    const OF_A: &str = "[rules.rs](../crates/core/tests/rules.rs): `exception_a_holds`";

    #[test]
    fn a_page_whose_rules_name_tests_that_are_there_passes() {
        assert_eq!(problems(&page(OF_1, OF_A), SOURCE), [""; 0]);
    }

    #[test]
    fn a_rule_that_names_no_test_is_a_problem() {
        assert_eq!(
            problems(&page("all of [rules.rs](../crates/core/tests/rules.rs)", OF_A), SOURCE),
            ["docs/safety.md:5: names no test"]
        );
    }

    #[test]
    fn a_test_that_is_not_in_the_linked_file_or_is_no_test_is_a_problem() {
        let fault = |test: &str| problems(&page(&format!("{OF_1}, `{test}`"), OF_A), SOURCE);
        let expected = |test: &str| [format!("docs/safety.md:5: crates/core/tests/rules.rs has no test `{test}`")];
        assert_eq!(fault("rule_1_gone"), expected("rule_1_gone"));
        assert_eq!(fault("helper"), expected("helper"));
        assert_eq!(
            problems(&page("`rule_1_holds`", OF_A), SOURCE),
            ["docs/safety.md:5: no file is linked before `rule_1_holds`"]
        );
    }

    #[test]
    fn a_test_that_is_named_for_a_rule_or_an_exception_that_is_not_there_is_a_problem() {
        let more =
            format!("{SOURCE}#[test]\nfn rule_9_holds() {{}}\n#[test]\n#[ignore]\nfn exception_b_holds() {{}}\n");
        assert_eq!(
            problems(&page(OF_1, OF_A), &more),
            [
                "crates/core/tests/rules.rs:11: `rule_9_holds` is named for 9, which docs/safety.md does not have",
                "crates/core/tests/rules.rs:14: `exception_b_holds` is named for b, which docs/safety.md does not have",
            ]
        );
    }

    #[test]
    fn a_page_without_rules_and_no_page_are_problems() {
        assert_eq!(problems("# Safety\n\n| rule | why |\n|---|---|\n| **1.** | `x` |\n", "").len(), 1);
        assert_eq!(check(&Tree::default()).len(), 1);
    }
}
