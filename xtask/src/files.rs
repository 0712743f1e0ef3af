//! Lists and copies folders of sources.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// The files below a folder, as paths relative to it, in order. What is not wanted is not even looked at.
pub(crate) fn list(folder: &Path, is_wanted: fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    collect(folder, Path::new(""), is_wanted, &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(root: &Path, folder: &Path, is_wanted: fn(&Path) -> bool, files: &mut Vec<PathBuf>) -> Result<()> {
    let here = root.join(folder);
    let entries = fs::read_dir(&here).with_context(|| format!("cannot read {}", here.display()))?;
    for entry in entries {
        let entry = entry?;
        let (path, kind) = (folder.join(entry.file_name()), entry.file_type()?);
        if !is_wanted(&path) {
            continue;
        }
        ensure!(!kind.is_symlink(), "{} is a symbolic link; put the file itself there", root.join(&path).display());
        if kind.is_dir() {
            collect(root, &path, is_wanted, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Copies the wanted files below a folder to another folder.
pub(crate) fn copy(from: &Path, to: &Path, is_wanted: fn(&Path) -> bool) -> Result<()> {
    for file in list(from, is_wanted)? {
        let (from, to) = (from.join(&file), to.join(&file));
        make_folder_of(&to)?;
        fs::copy(&from, &to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    }
    Ok(())
}

/// Makes the folder that a file is to be in.
pub(crate) fn make_folder_of(file: &Path) -> Result<()> {
    let folder = file.parent().context("a file in no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// Whether a file was written by people, as opposed to what Terraform and Python leave behind where they run.
pub(crate) fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_left_behind = [".terraform", ".terraform.lock.hcl", "__pycache__", ".venv"].contains(&&*name)
        || name.contains(".tfstate")
        || path.extension() == Some(OsStr::new("tfplan"));
    !is_left_behind
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{copy, is_source, list, make_folder_of};

    fn write(path: &Path) {
        make_folder_of(path).unwrap();
        std::fs::write(path, "").unwrap();
    }

    #[test]
    fn what_terraform_leaves_behind_is_not_copied() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for file in ["main.tf", "modules/a/main.tf", ".gitignore", "errored.tfstate", "terraform.tfstate.backup"] {
            write(&from.join(file));
        }
        for file in [".terraform/modules/modules.json", ".terraform.lock.hcl", "night.tfplan", "a/__pycache__/b.pyc"] {
            write(&from.join(file));
        }
        copy(&from, &to, is_source).unwrap();
        assert_eq!(list(&to, |_| true).unwrap(), [".gitignore", "main.tf", "modules/a/main.tf"].map(PathBuf::from));
    }

    #[test]
    fn a_symbolic_link_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/null", folder.path().join("main.tf")).unwrap();
        let error = list(folder.path(), |_| true).unwrap_err().to_string();
        assert!(error.contains("main.tf is a symbolic link"), "{error}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_that_names_it() {
        let error = list(Path::new("no/such/folder"), |_| true).unwrap_err().to_string();
        assert!(error.contains("no/such/folder"), "{error}");
    }
}
