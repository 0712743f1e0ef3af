//! The step "Supply chain": what the dependencies are, and that words are spelt right.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::process::Call;
use crate::python;
use crate::tools::{self, Tool};
use crate::workspace::Workspace;

/// Looks at licences, bans and sources of every crate (MIT OR Apache-2.0, <https://embarkstudios.github.io/cargo-deny/>).
const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", asked: &["--version"] };

/// Looks for dependencies that no file names (MIT, <https://github.com/bnjbvr/cargo-machete>).
const MACHETE: Tool = Tool { name: "cargo-machete", version: "0.9.2", asked: &["--version"] };

/// The package whose dependencies are all named for their features alone.
const FEATURES_ALONE: &str = "crates/test-features";

/// What Keywheel is built for. `deny.toml` has the same.
const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// Looks at dependencies and words, without a network once the tools are installed.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let [deny] = tools::install(workspace, [DENY])?;
    dependencies(workspace, &deny).and(spelling(workspace))
}

/// Dependencies that a package names and no file of it uses. Not in CI, because it takes half a minute to install and harms nobody who waits.
pub(crate) fn unused(workspace: &Workspace) -> Result<()> {
    let [machete] = tools::install(workspace, [MACHETE])?;
    let packages = Workspace::folders()?.into_iter().filter(|folder| !folder.ends_with(FEATURES_ALONE));
    shown_if_it_fails(
        Call::new(machete, packages).folder(&workspace.root),
        "dependencies are not used; where one is after all, `[package.metadata.cargo-machete]` says why",
    )
}

/// Licences, bans and sources, by `deny.toml`.
fn dependencies(workspace: &Workspace, deny: &Path) -> Result<()> {
    let metadata = workspace.target.join("supply").join("metadata.json");
    fs::create_dir_all(workspace.target.join("supply"))?;
    // Asked for here, because cargo-deny would fetch the crates for Windows, which nobody compiles.
    let text = Call::cargo(["metadata", "--format-version", "1", "--all-features", "--locked"])
        .arguments(TARGETS.iter().flat_map(|target| ["--filter-platform", target]))
        .folder(&workspace.root)
        .output()?;
    fs::write(&metadata, text).with_context(|| format!("cannot write {}", metadata.display()))?;
    let call = Call::new(deny, ["--offline", "--locked", "--metadata-path"])
        .arguments([&metadata])
        .arguments(["check", "licenses", "bans", "sources"])
        .folder(&workspace.root);
    shown_if_it_fails(call, "dependencies break the rules of deny.toml")
}

/// Misspelt words, except those that `typos.toml` lists.
fn spelling(workspace: &Workspace) -> Result<()> {
    let typos = python::TYPOS.python(workspace)?.with_file_name("typos");
    shown_if_it_fails(
        Call::new(typos, ["--format", "brief"]).folder(&workspace.root),
        "words are misspelt; what is meant as it stands goes into typos.toml",
    )
}

fn shown_if_it_fails(call: Call, fault: &'static str) -> Result<()> {
    let (status, said) = call.record()?;
    if !status.success() {
        eprintln!("{}", said.trim_end());
    }
    ensure!(status.success(), fault);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::TARGETS;

    #[test]
    fn the_targets_are_those_of_deny_toml() {
        let line = include_str!("../../deny.toml").lines().find(|line| line.starts_with("targets = ")).unwrap();
        assert_eq!(line, format!("targets = [{}]", TARGETS.map(|target| format!("{target:?}")).join(", ")));
    }
}
