//! Whether who builds the same commit again gets the same zips, byte for byte.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::{FUNCTIONS, pack_all};
use crate::browser;
use crate::cargo::{self, Profile};
use crate::workspace::Workspace;

/// Builds the release packages twice from nothing, in the same folder, and compares the zips.
///
/// In the same folder, because the paths of sources are in the executables: who builds elsewhere remaps them, as the release workflow does.
pub(crate) fn rebuild(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target.join("rebuild");
    let outs = ["first", "second"].map(|name| folder.join(name));
    for out in &outs {
        let target = folder.join("target");
        browser::empty(&target)?;
        let executables = cargo::build_in(workspace, FUNCTIONS, Profile::Release, &target)?;
        pack_all(workspace, &executables, Profile::Release, out)?;
    }
    let [first, second] = outs;
    compare(&first, &second)?;
    // They are large, and nobody needs them any more.
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))
}

fn compare(first: &Path, second: &Path) -> Result<()> {
    for function in FUNCTIONS {
        let zip = format!("{function}.zip");
        let read = |folder: &Path| fs::read(folder.join(&zip)).with_context(|| format!("cannot read {zip}"));
        ensure!(
            read(first)? == read(second)?,
            "two builds of the same commit gave two different {zip}; they are in {} and {}",
            first.display(),
            second.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{FUNCTIONS, compare};

    #[test]
    fn one_byte_that_differs_is_an_error_that_names_the_zip() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        for out in [&first, &second] {
            fs::create_dir(out).unwrap();
            for function in FUNCTIONS {
                fs::write(out.join(format!("{function}.zip")), "bytes").unwrap();
            }
        }
        compare(&first, &second).unwrap();

        fs::write(second.join("notification.zip"), "bytez").unwrap();
        let error = compare(&first, &second).unwrap_err().to_string();
        assert!(error.starts_with("two builds of the same commit gave two different notification.zip"), "{error}");
    }
}
