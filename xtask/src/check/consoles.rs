//! Every `console` block in a page is run by a test, or says why it is not.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use super::Problem;
use super::tree::Tree;

/// The second word of a block that no test runs, and what it would take.
const REASONS: [(&str, &str); 3] = [
    ("aws", "an AWS account"),
    ("deployment", "a deployment of Keywheel"),
    ("machine", "minutes, or files of one's own"),
];

/// Where blocks are run, by `crates/cli/tests/cli/docs.rs`; the README's first one is, by `cargo xtask fresh-clone`.
const RUN: &str = "docs/";
const README: &str = "README.md";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.with_ending(".md").flat_map(|(page, text)| problems(page, text)).collect()
}

fn problems(page: &str, text: &str) -> Vec<Problem> {
    let blocks = Parser::new(text).into_offset_iter().filter_map(|(event, range)| match event {
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
            Some((text[..range.start].matches('\n').count() + 1, info.to_string(), range))
        }
        _ => None,
    });
    let mut runs_readme = page == README;
    blocks
        .filter_map(|(line, info, range)| {
            let is_run = page.starts_with(RUN) || info == "console" && std::mem::take(&mut runs_readme);
            let fault = fault(&info, &text[range], is_run)?;
            Some(format!("{page}:{line}: {fault}"))
        })
        .collect()
}

fn fault(info: &str, block: &str, is_run: bool) -> Option<String> {
    let reason = info.strip_prefix("console")?.trim();
    if !block.lines().any(|line| line.trim_start().starts_with("$ ")) {
        return Some("a console block without a command (`$ …`)".to_owned());
    }
    if reason.is_empty() {
        let needs = REASONS.map(|(word, needs)| format!("`console {word}` where it needs {needs}")).join(", ");
        return (!is_run).then(|| format!("no test runs this block; write {needs}"));
    }
    let is_known = REASONS.iter().any(|(word, _)| *word == reason);
    (!is_known).then(|| format!("`{reason}` is no reason that a console block is not run"))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    fn problems(page: &str, text: &str) -> Vec<String> {
        check(&Tree::of([(page, text)]))
    }

    #[test]
    fn blocks_that_are_run_or_say_why_not_pass() {
        assert_eq!(
            problems("README.md", "```console\n$ cargo xtask demo\n```\n\n```console aws\n$ aws\n```\n"),
            [""; 0]
        );
        assert_eq!(problems("docs/cli.md", "```console\n$ keywheel --help\n```\n"), [""; 0]);
        assert_eq!(
            problems("docs/a.md", "1. x\n\n   ```console aws\n   $ aws s3 ls\n   ```\n\n```text\n$ x\n```\n"),
            [""; 0]
        );
    }

    #[test]
    fn a_block_that_nothing_runs_is_a_problem() {
        let found = problems("examples/a.md", "# A\n\n```console\n$ keywheel --help\n```\n");
        assert_eq!(found.len(), 1);
        assert_eq!(problems("README.md", "```console\n$ cargo xtask demo\n```\n\n```console\n$ x\n```\n").len(), 1);
        assert!(
            found[0].starts_with("examples/a.md:3: no test runs this block; write `console aws` where"),
            "{found:?}"
        );
    }

    #[test]
    fn unknown_reasons_and_blocks_without_a_command_are_problems() {
        assert_eq!(problems("docs/a.md", "```console never\n$ x\n```\n").len(), 1);
        assert_eq!(problems("docs/cli.md", "```console\nkeywheel --help\n```\n").len(), 1);
    }
}
