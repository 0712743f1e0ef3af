//! Packs the functions as Lambda wants them: a zip with an executable named `bootstrap` at its root.

mod archive;
mod elf;
mod rebuild;
mod size;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cargo::{self, Profile};
use crate::workspace::Workspace;

pub(crate) use rebuild::rebuild;

/// The functions, which are also their packages' and binaries' names.
pub(crate) const FUNCTIONS: [&str; 3] = ["account-inventory", "key-rotation", "notification"];

/// Builds the functions, and nothing else that could bring features in, and packs them.
pub(crate) fn run(workspace: &Workspace, profile: Profile, out: &Path) -> Result<()> {
    let executables = cargo::build(workspace, FUNCTIONS, profile)?;
    pack_all(workspace, &executables, profile, out)
}

/// Writes `<out>/<function>/bootstrap` and `<out>/<function>.zip` for each function.
///
/// A release package must run on Lambda and be small, so its needs and its size are checked; a dev package only has to run here.
pub(crate) fn pack_all(
    workspace: &Workspace,
    executables: &BTreeMap<String, PathBuf>,
    profile: Profile,
    out: &Path,
) -> Result<()> {
    let mut sizes = Vec::new();
    for function in FUNCTIONS {
        let executable = executables.get(function).with_context(|| format!("cargo built no `{function}`"))?;
        let zip = pack(executable, function, profile, out).with_context(|| format!("cannot package {function}"))?;
        let bytes = fs::metadata(&zip)?.len();
        let unpacked = fs::metadata(out.join(function).join(archive::ENTRY))?.len();
        println!("{}: {}, {} unpacked", workspace.shown(&zip), size::mebibytes(bytes), size::mebibytes(unpacked));
        sizes.push((function, bytes));
    }
    if profile == Profile::Release { size::check(&sizes) } else { Ok(()) }
}

fn pack(executable: &Path, function: &str, profile: Profile, out: &Path) -> Result<PathBuf> {
    let bytes = fs::read(executable).with_context(|| format!("cannot read {}", executable.display()))?;
    if profile == Profile::Release {
        elf::check_runs_on_lambda(&bytes)?;
    }
    let folder = out.join(function);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let (bootstrap, zip) = (folder.join(archive::ENTRY), out.join(format!("{function}.zip")));
    // Compressing takes seconds.
    if zip.is_file() && fs::read(&bootstrap).is_ok_and(|packed| packed == bytes) {
        return Ok(zip);
    }
    // A fresh file, because an earlier one may be running; and the last one, because it says that the zip is whole.
    if bootstrap.exists() {
        fs::remove_file(&bootstrap)?;
    }
    archive::write(&zip, &bytes, level(profile))?;
    fs::copy(executable, &bootstrap)?;
    Ok(zip)
}

/// The deflate level: small where it is uploaded, quick where it only goes to the stage.
fn level(profile: Profile) -> i64 {
    match profile {
        // The first that zopfli packs; what its further levels take off is a five-hundredth.
        Profile::Release => 10,
        Profile::Dev => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{FUNCTIONS, archive, pack};
    use crate::cargo::Profile;

    #[test]
    fn a_package_is_the_executable_and_its_zip() {
        let folder = tempfile::tempdir().unwrap();
        let executable = std::env::current_exe().unwrap();

        let zip = pack(&executable, FUNCTIONS[0], Profile::Dev, folder.path()).unwrap();

        let bootstrap = folder.path().join(FUNCTIONS[0]).join(archive::ENTRY);
        assert_eq!(std::fs::read(&bootstrap).unwrap(), std::fs::read(&executable).unwrap());
        assert_ne!(std::fs::metadata(&bootstrap).unwrap().permissions().mode() & 0o111, 0);
        assert_eq!(zip, folder.path().join("account-inventory.zip"));
        assert!(zip.is_file());
    }

    #[test]
    fn an_executable_is_packed_again_only_when_it_changed_or_its_zip_is_not_whole() {
        let folder = tempfile::tempdir().unwrap();
        let executable = folder.path().join("executable");
        std::fs::write(&executable, "one").unwrap();
        let pack = || pack(&executable, FUNCTIONS[0], Profile::Dev, folder.path()).unwrap();
        let zip = pack();
        let whole = std::fs::read(&zip).unwrap();

        std::fs::write(&zip, "mark").unwrap();
        pack();
        assert_eq!(std::fs::read(&zip).unwrap(), b"mark", "nothing changed");

        // An interrupted packing leaves no `bootstrap`.
        std::fs::remove_file(folder.path().join(FUNCTIONS[0]).join(archive::ENTRY)).unwrap();
        pack();
        assert_eq!(std::fs::read(&zip).unwrap(), whole);

        std::fs::write(&executable, "two").unwrap();
        pack();
        assert_ne!(std::fs::read(&zip).unwrap(), whole);
    }

    #[test]
    fn a_release_package_of_something_that_lambda_cannot_run_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, "#!/bin/sh\n").unwrap();

        let error = pack(&script, FUNCTIONS[0], Profile::Release, folder.path()).unwrap_err();

        assert!(error.to_string().contains("not a 64-bit ELF"), "{error}");
        assert!(!folder.path().join("account-inventory.zip").exists());
    }
}
