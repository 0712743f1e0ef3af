//! Building with cargo.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use serde_json::Value;

use crate::machine;
use crate::process::Call;
use crate::workspace::Workspace;

/// The two profiles in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// Optimised for size, as Lambda gets it.
    Release,
    /// Quick to build.
    Dev,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }
}

/// Where `CI=true`, a `Cargo.lock` that does not fit is an error instead of an edit.
pub(crate) fn locked() -> Option<&'static str> {
    machine::is_ci().then_some("--locked")
}

/// Builds these packages and no others, so that no other package's features get in, and returns their executables by name.
///
/// Cargo's own progress goes to the terminal.
pub(crate) fn build<'a>(
    workspace: &Workspace,
    packages: impl IntoIterator<Item = &'a str>,
    profile: Profile,
) -> Result<BTreeMap<String, PathBuf>> {
    build_in(workspace, packages, profile, &workspace.target)
}

/// Like [`build`], with another target directory.
pub(crate) fn build_in<'a>(
    workspace: &Workspace,
    packages: impl IntoIterator<Item = &'a str>,
    profile: Profile,
    target: &Path,
) -> Result<BTreeMap<String, PathBuf>> {
    let messages = Call::cargo(["build", "--profile", profile.name(), "--message-format", "json-render-diagnostics"])
        .arguments(locked())
        .arguments(packages.into_iter().flat_map(|package| ["--package", package]))
        .arguments([Path::new("--target-dir"), target])
        .folder(&workspace.root)
        .output()?;
    Ok(executables(&messages))
}

fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| {
            let executable = message["executable"].as_str()?;
            Some((message["target"]["name"].as_str()?.to_owned(), PathBuf::from(executable)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::executables;

    #[test]
    fn executables_are_found_by_name_and_libraries_are_passed_over() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"keywheel_core"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"notification"},"executable":"/t/debug/notification"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        let found = executables(messages);
        assert_eq!(found.len(), 1);
        assert_eq!(found["notification"], PathBuf::from("/t/debug/notification"));
    }
}
