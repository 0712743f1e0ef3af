//! Dependencies come from the languages' own registries, so that a clone builds anywhere.

use super::Problem;
use super::tree::{Tree, numbered};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Where a Python requirement or a cargo configuration would name another registry.
const OTHER_REGISTRIES: [&str; 6] =
    ["--index-url", "--extra-index-url", "--find-links", "--trusted-host", "replace-with", "[registries"];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let lock = numbered(tree.text("Cargo.lock").unwrap_or_default())
        .filter(|(_, line)| line.starts_with("source = ") && !line.contains(CRATES_IO))
        .map(|(number, line)| format!("Cargo.lock:{number}: not from crates.io: {line}"));
    let configured = tree
        .files()
        .filter(|(path, _)| path.ends_with("requirements.txt") || path.ends_with(".cargo/config.toml"))
        .flat_map(|(path, text)| {
            numbered(text)
                .filter(|(_, line)| OTHER_REGISTRIES.iter().any(|other| line.contains(other)))
                .map(move |(number, line)| format!("{path}:{number}: names another registry: {line}"))
        });
    lock.chain(configured).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    #[test]
    fn another_registry_is_a_problem_wherever_it_is_named() {
        let tree = Tree::of([
            ("Cargo.lock", "source = \"git+https://example.com/serde\"\n"),
            ("tests/moto-requirements.txt", "--index-url https://pypi.example.com\nmoto==5.2.5\n"),
            (".cargo/config.toml", "[source.crates-io]\nreplace-with = \"mirror\"\n"),
        ]);
        assert_eq!(check(&tree).len(), 3);
    }

    #[test]
    fn the_usual_registries_pass() {
        let tree = Tree::of([
            ("Cargo.lock", "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n"),
            ("requirements.txt", "moto==5.2.5\n"),
        ]);
        assert_eq!(check(&tree), [""; 0]);
    }
}
