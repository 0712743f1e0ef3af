//! Writes what verbs leave behind.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

/// Writes a file whole or not at all, for its owner's eyes alone. What stands there is replaced; a link there is replaced, not followed.
///
/// # Errors
/// Names the file.
pub(crate) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let cannot_write = || format!("cannot write {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(cannot_write)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).with_context(cannot_write)?;
    file.persist(path).with_context(cannot_write)?;
    Ok(())
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
