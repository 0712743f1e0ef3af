//! No Rust test waits for a fixed time: such a test is slow on a quick machine and fails on a slow one.

use super::Problem;
use super::tree::{Tree, numbered};

/// Marks the one place where a sleep is right: between two looks at a real condition, with a deadline.
const MARKER: &str = "// between two looks";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.with_ending(".rs")
        .flat_map(|(path, text)| {
            let is_test_file = path.contains("/tests/");
            let tests_begin = text.lines().position(|line| line.trim() == "#[cfg(test)]").unwrap_or(usize::MAX);
            numbered(text)
                .filter(move |(number, _)| is_test_file || *number > tests_begin)
                .filter(|(_, line)| sleeps(line))
                .map(move |(number, _)| {
                    format!("{path}:{number}: a test that sleeps; look for a real condition, and end the line of the wait with `{MARKER}`")
                })
        })
        .collect()
}

fn sleeps(line: &str) -> bool {
    let calls = ["thread::sleep(", "time::sleep(", " sleep("].iter().any(|call| line.contains(call));
    calls && !line.contains("fn sleep(") && !line.trim_start().starts_with("//") && !line.trim_end().ends_with(MARKER)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    /// Written apart, so that this file is not its own finding.
    const SLEEP: &str = concat!("std::thread::", "sleep(second);");

    #[test]
    fn a_sleep_in_a_test_is_a_problem() {
        let unit = format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{\n{SLEEP}\n}}\n");
        let found = check(&Tree::of([("crates/a/src/lib.rs", &unit), ("crates/a/tests/b.rs", SLEEP)]));
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("crates/a/src/lib.rs:4: "), "{found:?}");
        assert!(found[1].starts_with("crates/a/tests/b.rs:1: "), "{found:?}");
    }

    #[test]
    fn a_wait_between_two_looks_a_fake_clock_and_a_sleep_outside_tests_pass() {
        let clock = "async fn sleep(&self, _: Duration) {}";
        let polling = format!("#[cfg(test)]\n{SLEEP} // between two looks\n");
        assert_eq!(
            check(&Tree::of([("a/src/lib.rs", &polling), ("b/src/lib.rs", SLEEP), ("c/tests/d.rs", clock)])),
            [""; 0]
        );
    }
}
