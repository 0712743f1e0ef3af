//! Settings, files and folders that pages name are there: a page that was forgotten names what was renamed.

use pulldown_cmark::{Event, Parser};

use super::Problem;
use super::links::is_page;
use super::tree::Tree;

/// What tells of older releases, and what tells of the emulator's own settings.
const LEFT_OUT: [&str; 2] = ["CHANGELOG.md", "crates/stage/emulator/README.md"];

/// What only a run of Terraform leaves behind.
const MADE_LATER: &str = ".tfstate";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let sources: Vec<&str> = tree.files().filter(|(path, _)| !is_page(path)).map(|(_, text)| text).collect();
    let folders: Vec<String> =
        tree.files().filter_map(|(path, _)| Some(format!("{}/", path.split_once('/')?.0))).collect();
    let is_known = |name: &str| sources.iter().any(|source| source.contains(name));
    let is_here = |name: &str| tree.has(name.trim_end_matches('/')) || name.ends_with(MADE_LATER);
    let mut problems = Vec::new();
    for (page, text) in tree.with_ending(".md").filter(|(page, _)| !LEFT_OUT.contains(page)) {
        for (line, name) in names(text) {
            if is_setting(&name) && !is_known(&name) {
                problems.push(format!("{page}:{line}: no such setting: {name}"));
            }
            if is_path(&name, &folders) && !is_here(&name) {
                problems.push(format!("{page}:{line}: no such file or folder: {name}"));
            }
        }
    }
    problems
}

/// Each text in code type, with its line.
fn names(text: &str) -> impl Iterator<Item = (usize, String)> {
    Parser::new(text).into_offset_iter().filter_map(|(event, range)| match event {
        Event::Code(name) => Some((text[..range.start].matches('\n').count() + 1, name.to_string())),
        _ => None,
    })
}

/// A word such as `MAX_HOLD`.
fn is_setting(name: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    name.contains('_') && name.split('_').all(is_word)
}

/// A path that begins with one of the folders at the top.
fn is_path(name: &str, folders: &[String]) -> bool {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    is_plain && folders.iter().any(|folder| name.starts_with(folder.as_str()))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    const SOURCE: (&str, &str) = ("crates/runtime/src/variable.rs", "const MAX_HOLD: &str = \"MAX_HOLD\";");

    #[test]
    fn what_is_there_passes_and_so_does_what_is_no_name() {
        let page = "`MAX_HOLD`, `crates/runtime/`, `crates/runtime/src/variable.rs`, `AKIA…`, `runs/<run id>/`, `MAX_`, `runs/latest.json`, \
                    `crates/terraform.tfstate`, OLD_NAME\n\n```\nOTHER_TOOLS\n```\n";
        assert_eq!(check(&Tree::of([("docs/a.md", page), SOURCE])), [""; 0]);
    }

    #[test]
    fn what_was_renamed_is_a_problem_but_not_in_the_changelog() {
        let page = "x\n`LONGEST_HOLD` in `crates/config/src/variable.rs`\n";
        let problems = check(&Tree::of([("docs/a.md", page), ("CHANGELOG.md", page), SOURCE]));
        assert_eq!(
            problems,
            [
                "docs/a.md:2: no such setting: LONGEST_HOLD",
                "docs/a.md:2: no such file or folder: crates/config/src/variable.rs",
            ]
        );
    }
}
