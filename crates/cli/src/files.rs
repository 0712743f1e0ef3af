//! Writes what verbs leave behind.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

use crate::exit::usage;

/// Writes a file whole or not at all, for its owner's eyes alone. What stands there is replaced; a link there is replaced, not followed.
///
/// # Errors
/// Names the file.
pub(crate) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let cannot_write = || format!("cannot write {}", path.display());
    let mut file = tempfile::NamedTempFile::new_in(folder_of(path)).with_context(cannot_write)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).with_context(cannot_write)?;
    file.persist(path).with_context(cannot_write)?;
    Ok(())
}

/// Refuses a file that could not be written, before the work that would be lost with it.
///
/// # Errors
/// Names the file: wrong usage.
pub(crate) fn refuse_unwritable(path: &Path) -> anyhow::Result<()> {
    let refused = |why: &dyn std::fmt::Display| {
        let hint = "name a file in a folder that is there and that you may write to";
        Err(usage(format!("cannot write {}: {why}", path.display()), hint))
    };
    if path.is_dir() {
        return refused(&"it is a folder");
    }
    match tempfile::NamedTempFile::new_in(folder_of(path)) {
        Ok(_) => Ok(()),
        Err(error) => refused(&error),
    }
}

/// Reads a file that a verb was given.
///
/// # Errors
/// Names the file: wrong usage, with what helps.
pub(crate) fn read(path: &Path, hint: &str) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| usage(format!("cannot read {}: {error}", path.display()), hint))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_link_is_replaced_and_what_it_leads_to_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (other, link) = (folder.path().join("other"), folder.path().join("plan.json"));
        fs::write(&other, "theirs").unwrap();
        symlink(&other, &link).unwrap();
        super::write(&link, "ours").unwrap();
        assert_eq!(
            (fs::read_to_string(&other).unwrap(), fs::read_to_string(&link).unwrap()),
            ("theirs".into(), "ours".into())
        );
        assert_eq!(fs::symlink_metadata(&link).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
    }
}
