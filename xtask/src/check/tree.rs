//! The repository's files, as text.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Result;

use crate::process::Call;
use crate::workspace::Workspace;

/// Files by their path from the root, with `/` between folders.
#[derive(Debug, Default)]
pub(super) struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads what git tracks, and what is new and not ignored. Files that are no text count as empty.
    pub(super) fn read(workspace: &Workspace) -> Result<Self> {
        let paths = Call::new("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .folder(&workspace.root)
            .output()?;
        let files = paths
            .split_terminator('\0')
            .filter(|path| workspace.root.join(path).is_file())
            .map(|path| {
                Ok((path.to_owned(), String::from_utf8(fs::read(workspace.root.join(path))?).unwrap_or_default()))
            })
            .collect::<Result<_>>()?;
        Ok(Self { files })
    }

    /// A tree made up for a test.
    #[cfg(test)]
    pub(super) fn of<const N: usize>(files: [(&str, &str); N]) -> Self {
        Self { files: files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect() }
    }

    /// How many files there are.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// One file's text.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Every path with its text.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Every path with that ending, with its text.
    pub(super) fn with_ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files().filter(move |(path, _)| path.ends_with(ending))
    }

    /// Whether there is such a file or folder.
    pub(super) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        path.is_empty() || self.files.contains_key(path) || self.files().any(|(file, _)| file.starts_with(&folder))
    }
}

/// The lines of a text with their numbers, counted from 1.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn a_folder_exists_where_a_file_is_in_it() {
        let tree = Tree::of([("docs/testing.md", "")]);
        assert!(tree.has("docs") && tree.has("docs/") && tree.has("docs/testing.md"));
        assert!(!tree.has("doc") && !tree.has("docs/other.md"));
    }
}
