//! The zip that Lambda takes.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The name that the `provided` runtimes start.
pub(super) const ENTRY: &str = "bootstrap";

/// Writes a zip with one executable. The same bytes always give the same zip: its date is fixed.
pub(super) fn write(path: &Path, executable: &[u8], level: i64) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(level))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut archive = ZipWriter::new(file);
    archive.start_file(ENTRY, options)?;
    archive.write_all(executable)?;
    archive.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Read;

    use zip::ZipArchive;

    use super::write;

    #[test]
    fn the_zip_holds_one_executable_bootstrap_with_the_bytes_given() {
        let file = tempfile::NamedTempFile::new().unwrap();
        write(file.path(), b"\x7fELF and so on", 9).unwrap();

        let mut archive = ZipArchive::new(File::open(file.path()).unwrap()).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_index(0).unwrap();
        assert_eq!(entry.name().unwrap(), "bootstrap");
        assert_eq!(entry.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"\x7fELF and so on");
    }

    #[test]
    fn the_same_bytes_give_the_same_zip() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one.zip"), folder.path().join("two.zip"));
        write(&one, b"bytes", 9).unwrap();
        fs::write(folder.path().join("other"), b"").unwrap();
        write(&two, b"bytes", 9).unwrap();
        assert_eq!(fs::read(one).unwrap(), fs::read(two).unwrap());
    }
}
