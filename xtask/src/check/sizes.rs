//! The README and the emulator's overlay stay small enough to be read in one go.

use super::Problem;
use super::tree::Tree;

const README_LINES: usize = 250;
const OVERLAY_LINES: usize = 450;
const OVERLAY: &str = "crates/stage/emulator/";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let readme = tree.text("README.md").map_or(0, |text| text.lines().count());
    let overlay =
        tree.with_ending(".py").filter(|(path, _)| is_overlay(path)).map(|(_, text)| text.lines().count()).sum();
    [("README.md", readme, README_LINES), (OVERLAY, overlay, OVERLAY_LINES)]
        .into_iter()
        .filter(|(_, lines, most)| lines > most)
        .map(|(what, lines, most)| format!("{what}: has {lines} lines, at most {most} are allowed"))
        .collect()
}

/// The overlay itself, without its tests.
fn is_overlay(path: &str) -> bool {
    path.strip_prefix(OVERLAY).is_some_and(|rest| !rest.starts_with("tests/") && rest != "contract.py")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    #[test]
    fn a_long_readme_and_a_long_overlay_are_problems() {
        let tree = Tree::of([
            ("README.md", &"line\n".repeat(251)),
            ("crates/stage/emulator/serve.py", &"line\n".repeat(200)),
            ("crates/stage/emulator/overlay/iam.py", &"line\n".repeat(251)),
        ]);
        assert_eq!(
            check(&tree),
            [
                "README.md: has 251 lines, at most 250 are allowed",
                "crates/stage/emulator/: has 451 lines, at most 450 are allowed",
            ]
        );
    }

    #[test]
    fn the_overlays_tests_do_not_count() {
        let tree = Tree::of([
            ("crates/stage/emulator/serve.py", &"line\n".repeat(450)),
            ("crates/stage/emulator/contract.py", "line\n"),
            ("crates/stage/emulator/tests/iam.py", "line\n"),
        ]);
        assert_eq!(check(&tree), [""; 0]);
    }
}
