//! Mutation tests with cargo-mutants (MIT, <https://mutants.rs>): whether a test fails when a guard is taken out.
//!
//! It works on copies of the tree. Mutants that change nothing are listed, each with its reason, in `.cargo/mutants.toml`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::process::Call;
use crate::tools::{self, Tool};
use crate::workspace::Workspace;

const TOOL: Tool = Tool { name: "cargo-mutants", version: "27.1.0", asked: &["mutants", "--version"] };

/// Ends a mutant that loops for ever: many times what the tests of any field take.
const TIMEOUT_SECONDS: &str = "120";

/// Which code is mutated, and which tests must notice.
pub(crate) struct Field {
    /// The crate.
    package: &'static str,
    /// Its files, as globs from the root.
    files: &'static [&'static str],
    /// Mutants that are not made, as regular expressions for what cargo-mutants calls them.
    skipped: &'static [&'static str],
    /// What is built and run for each mutant, as arguments of `cargo test`.
    tests: &'static [&'static str],
    /// Tests that are left out, by the beginning of their names.
    left_out: &'static [&'static str],
}

/// What decides on every step that takes a key away.
pub(crate) const GUARDS: Field = Field {
    package: "keywheel-core",
    files: &[
        "crates/core/src/planner.rs",
        "crates/core/src/planner/deactivation.rs",
        "crates/core/src/planner/deletion.rs",
        "crates/core/src/planner/reconciliation.rs",
        "crates/core/src/planner/retirement.rs",
        "crates/core/src/planner/standing.rs",
        "crates/core/src/planner/succession.rs",
        "crates/core/src/planner/user.rs",
    ],
    // They take no key away, and `PLANNER` has them.
    skipped: &[
        // Who is told, what comes first, what is looked at, what a refusal says, and what makes a key or publishes it.
        r"\b(urgency|needs_secret|repeat_notice|held|malformed_tags|may_be_retiring|is_leaving|untold|untold_deletions|deletion_ahead)\b",
        r"\b(obstacles|noted|publish|unresolved_creation)\b",
        // Steps that are not taken.
        r"-> (Option<Step>|Vec<Step>) with (None|vec!\[\])",
        // Seen by whatever sees that the border is another one.
        "replace [<>]=? with ==",
    ],
    tests: &["--test=decisions", "--test=edges", "--test=rules"],
    left_out: &[],
};

/// The whole planner, and what of a ledger it believes.
pub(crate) const PLANNER: Field = Field {
    package: "keywheel-core",
    files: &[
        "crates/core/src/planner.rs",
        "crates/core/src/planner/*.rs",
        "crates/core/src/planner/explicit/*.rs",
        "crates/core/src/ledger/*.rs",
    ],
    skipped: &[],
    tests: &["--lib", "--tests"],
    left_out: &[],
};

/// What carries a plan out.
pub(crate) const EXECUTOR: Field = Field {
    package: "keywheel-engine",
    files: &["crates/engine/src/account/*.rs"],
    skipped: &[],
    tests: &["--test=account"],
    // They let every call fail in turn, which takes long, and what they notice others notice as well.
    left_out: &["faults::"],
};

/// How many of a field's mutants are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// Every one.
    All,
    /// A third. Which one goes by what is committed, so that a run can be repeated and a few commits see them all.
    Third,
}

/// Makes this share of the field's mutants and runs the tests against each. One that no test notices is an error.
pub(crate) fn run(workspace: &Workspace, field: &Field, share: Share) -> Result<()> {
    let [program] = tools::install(workspace, [TOOL])?;
    let out = workspace.target.join("mutants").join(field.package);
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let call = Call::new(program, ["mutants", "--package", field.package, "--jobs", "1", "--timeout", TIMEOUT_SECONDS])
        .arguments(field.files.iter().flat_map(|file| ["--file", file]))
        .arguments(field.skipped.iter().map(|mutants| format!("--exclude-re={mutants}")))
        .arguments(field.tests.iter().map(|test| format!("--cargo-arg={test}")))
        .arguments(shard(workspace, share)?)
        .arguments([Path::new("--output"), &out])
        .arguments(["--", "--"])
        .arguments(field.left_out.iter().map(|tests| format!("--skip={tests}")))
        .folder(&workspace.root)
        // One copy of the tree, built in one place: a mutant costs one crate and its tests.
        .variable("CARGO_TARGET_DIR", out.join("build"))
        .variable("CARGO_INCREMENTAL", "1");
    // The same cases for every mutant and in every run, and no more of them than it takes.
    let ended =
        tools::without_debug_info(call).variable("PROPTEST_RNG_SEED", "1").variable("PROPTEST_CASES", "256").succeed();
    // Every run copies the tree to another place, and what was built from there is of no more use.
    fs::remove_dir_all(out.join("build")).ok();
    ended.with_context(|| {
        format!("tests let mutants pass; they are in {}", workspace.shown(&out.join("mutants.out/missed.txt")))
    })
}

/// Which mutants are made, as arguments of cargo-mutants.
fn shard(workspace: &Workspace, share: Share) -> Result<Option<String>> {
    if share == Share::All {
        return Ok(None);
    }
    let tree = Call::new("git", ["rev-parse", "HEAD^{tree}"]).folder(&workspace.root).output()?;
    let which = tree.trim().bytes().map(u32::from).sum::<u32>() % 3;
    println!("The third {which} of 0, 1 and 2 by what is committed");
    Ok(Some(format!("--shard={which}/3")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{EXECUTOR, GUARDS, PLANNER};

    #[test]
    fn every_file_that_is_mutated_and_every_test_that_is_named_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for field in [GUARDS, PLANNER, EXECUTOR] {
            for file in field.files {
                let folder = file.strip_suffix("/*.rs");
                assert!(
                    folder.map_or_else(|| root.join(file).is_file(), |folder| root.join(folder).is_dir()),
                    "{file}"
                );
            }
            let tests = root.join("crates").join(field.package.trim_start_matches("keywheel-")).join("tests");
            for test in field.tests.iter().filter_map(|test| test.strip_prefix("--test=")) {
                assert!(tests.join(test).with_extension("rs").is_file() || tests.join(test).is_dir(), "{test}");
            }
        }
    }
}
