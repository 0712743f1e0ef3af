//! Are demo, tests and command line built on one SDK? Two sets of features would compile it twice, which takes minutes and gigabytes.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use crate::cargo;
use crate::process::Call;
use crate::workspace::Workspace;

/// What is built together for the stage and for the tests of the command line.
const SELECTIONS: [&[&str]; 2] =
    [&["account-inventory", "key-rotation", "notification", "keywheel-stage"], &["keywheel-cli", "keywheel-stage"]];

/// Holds the features of each selection's dependencies against those of the whole workspace with its tests.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let all = tree(workspace, &["--workspace", "--edges", "normal,build,dev"])?;
    for packages in SELECTIONS {
        let selected: Vec<_> = packages.iter().flat_map(|package| ["--package", package]).collect();
        let built = tree(workspace, &[&selected[..], &["--edges", "normal,build"]].concat())?;
        let apart = differing(&built, &all);
        ensure!(
            apart.is_empty(),
            "built for {} these have other features than in the tests; give crates/test-features those: {}",
            packages.join(", "),
            apart.join(", ")
        );
    }
    Ok(())
}

/// The lines of `cargo tree`, each `name version features`, without the workspace's own crates, which are built quickly.
fn tree(workspace: &Workspace, arguments: &[&str]) -> Result<String> {
    Call::cargo(["tree", "--prefix", "none", "--format", "{p} [{f}]"])
        .arguments(cargo::locked())
        .arguments(arguments)
        .folder(&workspace.root)
        .output()
}

fn differing<'a>(selected: &'a str, all: &'a str) -> Vec<&'a str> {
    let is_own = |line: &&str| line.contains(" (/") || line.contains(" (\\");
    let all: BTreeSet<_> = packages(all).collect();
    let selected: BTreeSet<_> = packages(selected).filter(|line| !is_own(line)).collect();
    selected.difference(&all).copied().collect()
}

/// The lines that name a package, without cargo's mark of one whose dependencies stand further up.
fn packages(tree: &str) -> impl Iterator<Item = &str> {
    tree.lines().map(|line| line.trim_end_matches(" (*)").trim()).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::differing;

    #[test]
    fn a_dependency_with_other_features_is_named_and_own_crates_are_not() {
        let all = "tokio v1.54.1 [rt,test-util]\nkeywheel-mail v0.1.0 (/src/crates/mail) [lint]\nbytes v1.11.0 [std]";
        let selected = "tokio v1.54.1 [rt]\nkeywheel-mail v0.1.0 (/src/crates/mail) []\nbytes v1.11.0 [std]\n\n";
        assert_eq!(differing(selected, all), ["tokio v1.54.1 [rt]"]);
        assert_eq!(differing(all, all), Vec::<&str>::new());
    }
}
