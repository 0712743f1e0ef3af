//! Cargo's helpers from crates.io, each in a pinned version, under the target directory.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::Call;
use crate::workspace::Workspace;

/// One of cargo's helpers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tool {
    /// Its crate, which is also its executable.
    pub(crate) name: &'static str,
    /// The version that was tried with this toolchain.
    pub(crate) version: &'static str,
    /// The arguments with which it says its version, as the last word.
    pub(crate) asked: &'static [&'static str],
}

/// Installs what of these is not there in its version, with one build for all, and returns where each of them is.
pub(crate) fn install<const N: usize>(workspace: &Workspace, tools: [Tool; N]) -> Result<[PathBuf; N]> {
    let root = workspace.target.join("tools");
    let program = |tool: Tool| root.join("bin").join(tool.name);
    let missing: Vec<Tool> = tools.into_iter().filter(|tool| !tool.is_at(&program(*tool))).collect();
    if !missing.is_empty() {
        install_into(workspace, &root, &missing)?;
    }
    Ok(tools.map(program))
}

fn install_into(workspace: &Workspace, root: &Path, tools: &[Tool]) -> Result<()> {
    let named: Vec<String> = tools.iter().map(|tool| format!("{}@{}", tool.name, tool.version)).collect();
    println!("Installing {} into {}", named.join(", "), workspace.shown(root));
    let build = root.join("build");
    let call = Call::cargo(["install", "--debug", "--locked", "--force"])
        .arguments(&named)
        .arguments([Path::new("--root"), root])
        .folder(&workspace.root)
        .variable("CARGO_TARGET_DIR", &build);
    without_debug_info(call)
        .succeed()
        .with_context(|| format!("cannot install {} from crates.io", named.join(", ")))?;
    fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))
}

/// Nobody debugs what is built here, and without it every build is shorter.
pub(crate) fn without_debug_info(call: Call) -> Call {
    call.variable("CARGO_PROFILE_DEV_DEBUG", "false").variable("CARGO_PROFILE_TEST_DEBUG", "false")
}

impl Tool {
    fn is_at(self, program: &Path) -> bool {
        self.is_version(Call::new(program, self.asked).probe().as_ref())
    }

    fn is_version(self, answer: Option<&(bool, String)>) -> bool {
        matches!(answer, Some((true, said)) if said.split_whitespace().last() == Some(self.version))
    }
}

#[cfg(test)]
mod tests {
    use super::Tool;

    #[test]
    fn only_the_pinned_version_counts_as_installed() {
        let tool = Tool { name: "cargo-mutants", version: "27.1.0", asked: &["mutants", "--version"] };
        let said = |text: &str| (true, text.to_owned());
        assert!(tool.is_version(Some(&said("cargo-mutants 27.1.0"))) && tool.is_version(Some(&said("27.1.0\n"))));
        assert!(!tool.is_version(Some(&said("cargo-mutants 1.0.0"))) && !tool.is_version(Some(&said(""))));
        assert!(!tool.is_version(Some(&(false, "cargo-mutants 27.1.0".to_owned()))) && !tool.is_version(None));
    }
}
