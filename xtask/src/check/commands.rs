//! The README names the two commands first, and CI calls the second one as it is written there.

use super::Problem;
use super::tree::Tree;
use crate::readme::{TEST_COMMAND, first_commands};

const README: &str = "README.md";
const CI: &str = ".ci/run";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    let expected = ["cargo xtask demo", TEST_COMMAND];
    if first_commands(tree.text(README).unwrap_or_default()) != expected {
        problems.push(format!("{README}: its first console block does not hold exactly {expected:?}"));
    }
    let calls: Vec<_> =
        tree.text(CI).unwrap_or_default().lines().filter(|line| line.trim_start().starts_with("cargo")).collect();
    if calls != [TEST_COMMAND] {
        problems.push(format!("{CI}: does not call exactly `{TEST_COMMAND}`"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    const README: &str = "```console\n$ cargo xtask demo\n$ cargo xtask test\n```\n";

    #[test]
    fn the_commands_of_readme_and_ci_are_the_same() {
        assert_eq!(check(&Tree::of([("README.md", README), (".ci/run", "set -e\ncargo xtask test\n")])), [""; 0]);
    }

    #[test]
    fn ci_that_tests_something_else_is_a_problem() {
        for ci in ["cargo xtask test --quick\n", "cargo test\ncargo xtask test\n", ""] {
            assert_eq!(check(&Tree::of([("README.md", README), (".ci/run", ci)])).len(), 1, "{ci}");
        }
    }

    #[test]
    fn a_readme_that_begins_with_another_command_is_a_problem() {
        let readme = format!("```console\n$ make\n```\n{README}");
        assert_eq!(check(&Tree::of([("README.md", &readme), (".ci/run", "cargo xtask test\n")])).len(), 1);
    }
}
