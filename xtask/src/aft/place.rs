//! Where an export may be written.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Refuses a name that is no plain folder name.
pub(super) fn check_name(name: &str) -> Result<()> {
    let is_plain = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character));
    ensure!(
        is_plain,
        "`{name}` is no folder name for AFT: use letters, digits, `-`, `_` and `.`, and begin with a letter or digit"
    );
    Ok(())
}

/// Refuses a folder that is no folder, or that is inside one which the export reads.
pub(super) fn check_folder(out: &Path, sources: &[PathBuf]) -> Result<()> {
    ensure!(!out.exists() || out.is_dir(), "{} is there already and is no folder; name another one", out.display());
    let real_out = real(out)?;
    for source in sources {
        ensure!(
            !real_out.starts_with(real(source)?),
            "{} is inside {}, which is what is exported; name a folder outside the repository",
            out.display(),
            source.display()
        );
    }
    Ok(())
}

/// The path without links and `..`, also where its last folders are not there yet.
fn real(path: &Path) -> Result<PathBuf> {
    let absolute = std::path::absolute(path).with_context(|| format!("no such folder: {}", path.display()))?;
    let mut real = PathBuf::new();
    for part in absolute.components() {
        if part == Component::ParentDir {
            real.pop();
        } else {
            real.push(part);
        }
        real = real.canonicalize().unwrap_or(real);
    }
    Ok(real)
}

#[cfg(test)]
mod tests {
    use super::{check_folder, check_name};

    #[test]
    fn a_name_is_one_plain_folder() {
        for name in ["keywheel-hub", "Hub_2.eu", "7"] {
            check_name(name).unwrap();
        }
        for name in ["", ".", "..", ".git", "-hub", "a/b", "a b", "hüb", "a\\b"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_folder_inside_what_is_exported_is_refused_however_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let layer = folder.path().join("layer");
        std::fs::create_dir(&layer).unwrap();
        std::os::unix::fs::symlink(&layer, folder.path().join("link")).unwrap();
        for out in ["layer", "layer/new/out", "link/out", "new/../layer/out", "layer/../layer"] {
            let error = check_folder(&folder.path().join(out), std::slice::from_ref(&layer)).unwrap_err().to_string();
            assert!(error.contains("is inside"), "{out}: {error}");
        }
        for out in ["out", "layer-2", "layer/../out", "."] {
            check_folder(&folder.path().join(out), std::slice::from_ref(&layer)).unwrap();
        }
    }

    #[test]
    fn a_file_is_no_place_to_export_to() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(check_folder(file.path(), &[]).unwrap_err().to_string().contains("is no folder"));
    }
}
