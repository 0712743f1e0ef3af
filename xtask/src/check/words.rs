//! No file names a path of the machine that it was written on.

use super::Problem;
use super::tree::{Tree, numbered};

/// Beginnings of such paths, each written apart, so that this file is not its own finding.
const FORBIDDEN: [&str; 6] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/tm", "p/bash"),
    concat!("/op", "t/wheels"),
];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.files()
        .flat_map(|(path, text)| {
            numbered(text).flat_map(move |(number, line)| {
                FORBIDDEN
                    .iter()
                    .filter(|word| line.contains(**word))
                    .map(move |word| format!("{path}:{number}: `{word}` is a path of one machine"))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    #[test]
    fn a_path_of_somebodys_machine_is_a_problem() {
        let tree = Tree::of([("docs/testing.md", concat!("first\nsee /ho", "me/someone/keywheel\n"))]);
        assert_eq!(check(&tree), [concat!("docs/testing.md:2: `/ho", "me/` is a path of one machine")]);
    }

    #[test]
    fn other_paths_pass() {
        assert_eq!(
            check(&Tree::of([("a.md", "~/.aws/credentials, /dev/null, arn:aws:iam::111122223333:root")])),
            [""; 0]
        );
    }
}
