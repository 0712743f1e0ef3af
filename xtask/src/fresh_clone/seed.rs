//! Gives the clone the dependencies that are compiled already, which is all that is not fresh about it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// The endings of compiled libraries and of cargo's notes about them. Test executables have none.
const LIBRARY_ENDINGS: [&str; 6] = ["a", "d", "dylib", "rlib", "rmeta", "so"];

/// Links the compiled dependencies from one build folder to another, so that they take no room twice and keep their
/// times, by which cargo knows them.
///
/// Those of `own`, the names of the workspace's packages and their targets, stay behind: cargo writes them again, and the clone must
/// not write into what it was cloned from.
pub(super) fn dependencies(from: &Path, to: &Path, own: &BTreeSet<String>) -> Result<()> {
    let own: BTreeSet<_> = own.iter().map(|name| name.replace('-', "_")).collect();
    for folder in [".fingerprint", "build", "deps"] {
        let (from, to) = (from.join(folder), to.join(folder));
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(&from).with_context(|| format!("cannot read {}", from.display()))? {
            let name = entry?.file_name();
            if !own.contains(&crate_name(&name)) && (folder != "deps" || is_library(&name)) {
                link(&from.join(&name), &to.join(&name))
                    .with_context(|| format!("cannot link {}", from.join(&name).display()))?;
            }
        }
    }
    Ok(())
}

/// The name before cargo's hash: `serde_json` of `libserde_json-1f3e.rlib`, of `serde_json-1f3e.d` and of the folder `serde-json-1f3e`.
fn crate_name(file: &OsStr) -> String {
    let file = file.to_string_lossy();
    let is_compiled = [".a", ".rlib", ".rmeta", ".so", ".dylib"].iter().any(|ending| file.ends_with(ending));
    let name = file.strip_prefix("lib").filter(|_| is_compiled).unwrap_or(&file);
    name.rsplit_once('-').map_or(name, |(name, _)| name).replace('-', "_")
}

fn is_library(file: &OsStr) -> bool {
    let ending = Path::new(file).extension();
    ending.is_some_and(|ending| LIBRARY_ENDINGS.iter().any(|known| ending == *known))
}

fn link(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        return Ok(fs::hard_link(from, to)?);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        link(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use super::dependencies;

    #[test]
    fn libraries_are_the_same_files_and_own_crates_and_test_executables_stay_behind() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        let come = [".fingerprint/serde-1/lib", "build/ring-1/out/ring.o", "deps/libserde-1.rlib", "deps/serde-1.d"];
        let stay = [".fingerprint/key-core-1/lib", "deps/libkey_core-1.rlib", "deps/key_core-1.d", "deps/planner-1"];
        for path in come.iter().chain(&stay) {
            fs::create_dir_all(from.join(path).parent().unwrap()).unwrap();
            fs::write(from.join(path), path).unwrap();
        }

        dependencies(&from, &to, &BTreeSet::from(["key-core".to_owned()])).unwrap();

        for path in come {
            assert_eq!(fs::metadata(to.join(path)).unwrap().ino(), fs::metadata(from.join(path)).unwrap().ino());
        }
        for path in stay {
            assert!(!to.join(path).exists(), "{path}");
        }
    }
}
