//! Gives the clone the dependencies that are compiled already, which is all that is not fresh about it.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};

/// The endings of compiled libraries and of cargo's notes about them. Test executables have none.
const LIBRARY_ENDINGS: [&str; 6] = ["a", "d", "dylib", "rlib", "rmeta", "so"];

/// Copies the compiled dependencies from one build folder to another, with their times, by which cargo knows them.
///
/// The workspace's own crates come along and do no harm: the clone's sources are newer, so cargo builds them again.
pub(super) fn dependencies(from: &Path, to: &Path) -> Result<()> {
    for (folder, is_wanted) in [
        (".fingerprint", (|_| true) as fn(&Path) -> bool),
        ("build", |_| true),
        ("deps", |path| path.extension().is_some_and(|ending| LIBRARY_ENDINGS.iter().any(|known| ending == *known))),
    ] {
        copy_folder(&from.join(folder), &to.join(folder), is_wanted)
            .with_context(|| format!("cannot copy {}", from.join(folder).display()))?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path, is_wanted: fn(&Path) -> bool) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_folder(&from, &to, is_wanted)?;
        } else if is_wanted(&from) {
            fs::copy(&from, &to)?;
            File::options().append(true).open(&to)?.set_modified(entry.metadata()?.modified()?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::dependencies;

    #[test]
    fn libraries_come_along_with_their_times_and_test_executables_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for path in [".fingerprint/serde-1/lib", "build/ring-1/out/ring.o", "deps/libserde-1.rlib", "deps/planner-1"] {
            fs::create_dir_all(from.join(path).parent().unwrap()).unwrap();
            fs::write(from.join(path), path).unwrap();
        }
        let library = from.join("deps/libserde-1.rlib");
        let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        fs::File::options().append(true).open(&library).unwrap().set_modified(long_ago).unwrap();

        dependencies(&from, &to).unwrap();

        assert!(to.join(".fingerprint/serde-1/lib").is_file());
        assert!(to.join("build/ring-1/out/ring.o").is_file());
        assert!(!to.join("deps/planner-1").exists());
        assert_eq!(fs::metadata(to.join("deps/libserde-1.rlib")).unwrap().modified().unwrap(), long_ago);
    }
}
