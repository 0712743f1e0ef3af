//! What earlier exports wrote, so that what is no longer part of Keywheel can be named.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};

use crate::files;

/// The record's name in the folder that is exported to.
const FILE: &str = "keywheel-export.txt";

const HEADING: &str = "# Written by `cargo xtask aft-export`, which by this list knows its own files. Keep it.";

/// The files that exports wrote, relative to the folder that is exported to.
#[derive(Debug, Default)]
pub(super) struct Record {
    files: BTreeSet<PathBuf>,
}

impl Record {
    /// Reads the record of a folder; where there is none, nothing was exported to it.
    pub(super) fn read(out: &Path) -> Result<Self> {
        let path = out.join(FILE);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            text => text.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Ok(Self { files: lines.map(PathBuf::from).filter(|file| is_below(file)).collect() })
    }

    /// Whether an earlier export wrote that file.
    pub(super) fn has(&self, file: &Path) -> bool {
        self.files.contains(file)
    }

    /// What is still there and is not in the export any more.
    pub(super) fn left_over(&self, out: &Path, exported: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        self.files.difference(exported).filter(|file| out.join(file).is_file()).cloned().collect()
    }

    /// Writes the record anew, into a folder that need not be there yet.
    pub(super) fn write(out: &Path, written: &BTreeSet<PathBuf>) -> Result<()> {
        let lines: Vec<_> = written.iter().map(|file| file.display().to_string()).collect();
        let path = out.join(FILE);
        files::make_folder_of(&path)?;
        fs::write(&path, format!("{HEADING}\n{}\n", lines.join("\n")))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Whether it is a file below the folder; somebody may have changed the record.
fn is_below(file: &Path) -> bool {
    file.components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::{FILE, Record};

    #[test]
    fn a_folder_without_a_record_has_nothing_left_over() {
        let out = tempfile::tempdir().unwrap();
        assert!(Record::read(out.path()).unwrap().left_over(out.path(), &BTreeSet::new()).is_empty());
    }

    #[test]
    fn only_files_below_the_folder_that_are_still_there_are_left_over() {
        let out = tempfile::tempdir().unwrap();
        std::fs::create_dir(out.path().join("a")).unwrap();
        for file in ["a/kept.tf", "a/old.tf"] {
            std::fs::write(out.path().join(file), "").unwrap();
        }
        let files = ["a/kept.tf", "a/old.tf", "a/gone.tf", "../out.tf", "/dev/null"].map(PathBuf::from);
        Record::write(out.path(), &files.into()).unwrap();

        let left_over = Record::read(out.path()).unwrap().left_over(out.path(), &[PathBuf::from("a/kept.tf")].into());

        assert_eq!(left_over, [PathBuf::from("a/old.tf")].into());
        assert!(out.path().join(FILE).is_file());
    }
}
