//! CHANGELOG.md has the headings of Keep a Changelog 1.1.0 (<https://keepachangelog.com/en/1.1.0/>).

use std::collections::BTreeSet;

use super::Problem;
use super::tree::{Tree, numbered};

const FILE: &str = "CHANGELOG.md";
const KINDS: [&str; 6] = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let Some(text) = tree.text(FILE) else { return vec![format!("{FILE}: is missing")] };
    let mut problems: Vec<Problem> = numbered(text)
        .filter_map(|(number, line)| {
            let fault = fault(line)?;
            Some(format!("{FILE}:{number}: {fault}: {line}"))
        })
        .collect();
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    if headings.next() != Some("# Changelog") {
        problems.push(format!("{FILE}: does not begin with `# Changelog`"));
    }
    if headings.next() != Some("## [Unreleased]") {
        problems.push(format!("{FILE}: its first version is not `## [Unreleased]`"));
    }
    problems.extend(sections(text));
    problems
}

/// A version says each kind of change once, and something below it.
fn sections(text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut kinds = BTreeSet::new();
    let mut lines = numbered(text).filter(|(_, line)| !line.trim().is_empty()).peekable();
    while let Some((number, line)) = lines.next() {
        if line.starts_with("## ") {
            kinds.clear();
        }
        let Some(kind) = line.strip_prefix("### ") else { continue };
        if !kinds.insert(kind) {
            problems.push(format!("{FILE}:{number}: its version has this heading twice: {line}"));
        }
        if !lines.peek().is_some_and(|(_, next)| next.starts_with("- ")) {
            problems.push(format!("{FILE}:{number}: has no entry: {line}"));
        }
    }
    problems
}

fn fault(line: &str) -> Option<&'static str> {
    if let Some(kind) = line.strip_prefix("### ") {
        return (!KINDS.contains(&kind)).then_some("no kind of change that Keep a Changelog knows");
    }
    let version = line.strip_prefix("## ")?;
    (version != "[Unreleased]" && !is_dated_version(version)).then_some("not `## [1.2.3] - 2026-01-31`")
}

/// `[1.2.3] - 2026-01-31`
fn is_dated_version(heading: &str) -> bool {
    let Some((version, date)) = heading.strip_prefix('[').and_then(|rest| rest.split_once("] - ")) else {
        return false;
    };
    let numbers = |text: &str, separator, widths: [std::ops::RangeInclusive<usize>; 3]| {
        let parts: Vec<_> = text.split(separator).collect();
        parts.len() == 3
            && parts
                .iter()
                .zip(widths)
                .all(|(part, width)| width.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    numbers(version, '.', [1..=5, 1..=5, 1..=5]) && numbers(date, '-', [4..=4, 2..=2, 2..=2])
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    fn problems(text: &str) -> Vec<String> {
        check(&Tree::of([("CHANGELOG.md", text)]))
    }

    #[test]
    fn a_changelog_in_its_form_passes() {
        let good =
            "# Changelog\n\n## [Unreleased]\n\n### Added\n- One.\n\n## [0.1.0] - 2026-11-20\n\n### Fixed\n- Two.\n";
        assert_eq!(problems(good), [""; 0]);
    }

    #[test]
    fn other_kinds_undated_versions_and_a_missing_unreleased_are_problems() {
        assert_eq!(problems("# Changelog\n\n## [Unreleased]\n\n### Improved\n- One.\n").len(), 1);
        assert_eq!(problems("# Changelog\n\n## [Unreleased]\n\n## [0.1.0]\n").len(), 1);
        assert_eq!(problems("# Changelog\n\n## [0.1.0] - 2026-11-20\n").len(), 1);
        assert_eq!(problems("# Changes\n\n## [Unreleased]\n").len(), 1);
        assert_eq!(check(&Tree::default()).len(), 1);
    }

    #[test]
    fn a_heading_that_comes_twice_and_one_without_an_entry_are_problems() {
        let twice = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- One.\n\n### Added\n\n- Two.\n";
        assert_eq!(problems(twice), ["CHANGELOG.md:9: its version has this heading twice: ### Added"]);
        let empty = "# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n## [0.1.0] - 2026-11-20\n\n### Fixed\n- One.\n";
        assert_eq!(problems(empty), ["CHANGELOG.md:5: has no entry: ### Fixed"]);
    }
}
