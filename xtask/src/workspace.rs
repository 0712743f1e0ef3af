//! Where the workspace and cargo's target directory are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::Call;

/// The two folders that every task needs.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The repository's root.
    pub(crate) root: PathBuf,
    /// Cargo's target directory, which `CARGO_TARGET_DIR` may have moved out of the root.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo, which knows about `CARGO_TARGET_DIR` and the configuration files.
    pub(crate) fn find() -> Result<Self> {
        let answer = metadata()?;
        let folder = |name: &str| {
            answer[name].as_str().map(PathBuf::from).with_context(|| format!("`cargo metadata` gave no {name}"))
        };
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")? })
    }

    /// The names of the workspace's packages and of what is built of them.
    pub(crate) fn own_names() -> Result<BTreeSet<String>> {
        let answer = metadata()?;
        let packages = packages(&answer)?;
        let targets = packages.iter().filter_map(|package| package["targets"].as_array()).flatten();
        let names = packages.iter().chain(targets).filter_map(|named| named["name"].as_str());
        Ok(names.map(str::to_owned).collect())
    }

    /// The folders of the workspace's packages.
    pub(crate) fn folders() -> Result<Vec<PathBuf>> {
        let answer = metadata()?;
        let manifests = packages(&answer)?.iter().filter_map(|package| package["manifest_path"].as_str());
        Ok(manifests.filter_map(|manifest| Some(Path::new(manifest).parent()?.to_owned())).collect())
    }

    /// The path as a person in the root would type it.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

fn packages(metadata: &Value) -> Result<&Vec<Value>> {
    metadata["packages"].as_array().context("`cargo metadata` gave no packages")
}

fn metadata() -> Result<Value> {
    let answer = Call::cargo(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    serde_json::from_str(&answer).context("`cargo metadata` gave no JSON")
}
