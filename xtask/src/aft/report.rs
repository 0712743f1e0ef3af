//! What an export says of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use super::plan::{Fate, Item};

/// How many files of one folder met which fate.
#[derive(Debug, Default)]
struct Counts {
    new: usize,
    replaced: usize,
    same: usize,
    kept: usize,
}

/// What became of which file. Its text ends with a line break.
#[derive(Debug)]
pub(crate) struct Report {
    out: PathBuf,
    places: BTreeMap<PathBuf, Counts>,
    kept: BTreeSet<PathBuf>,
    foreign: BTreeSet<PathBuf>,
    left_over: BTreeSet<PathBuf>,
}

impl Report {
    pub(super) fn new(out: &Path, left_over: BTreeSet<PathBuf>) -> Self {
        let (places, kept, foreign) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Self { out: out.to_owned(), places, kept, foreign, left_over }
    }

    /// Adds one file; `is_ours` says that an earlier export wrote what was there.
    pub(super) fn add(&mut self, item: &Item, fate: &Fate, is_ours: bool) {
        let counts = self.places.entry(item.place.clone()).or_default();
        match fate {
            Fate::New => counts.new += 1,
            Fate::Same => counts.same += 1,
            Fate::Kept(own) => {
                counts.kept += 1;
                self.kept.insert(own.clone());
            }
            Fate::Replaced => {
                counts.replaced += 1;
                if !is_ours {
                    self.foreign.insert(item.to());
                }
            }
        }
    }

    /// What earlier exports wrote and this one did not.
    pub(super) fn left_over(&self) -> &BTreeSet<PathBuf> {
        &self.left_over
    }

    fn list(&self, formatter: &mut fmt::Formatter<'_>, heading: &str, files: &BTreeSet<PathBuf>) -> fmt::Result {
        if files.is_empty() {
            return Ok(());
        }
        writeln!(formatter, "\n{heading}")?;
        files.iter().try_for_each(|file| writeln!(formatter, "  {}", self.out.join(file).display()))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, counts) in &self.places {
            writeln!(formatter, "{}: {counts}", self.out.join(place).display())?;
        }
        self.list(formatter, "Kept, because your team fills it in:", &self.kept)?;
        let heading = "Replaced, though no earlier export wrote it; look whether something of yours was in it:";
        self.list(formatter, heading, &self.foreign)?;
        self.list(formatter, "Left over from an earlier export and no longer used; delete it:", &self.left_over)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [(self.new, "new"), (self.replaced, "replaced"), (self.same, "unchanged"), (self.kept, "kept")];
        let total: usize = all.iter().map(|(count, _)| count).sum();
        let parts: Vec<_> =
            all.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let files = if total == 1 { "file" } else { "files" };
        write!(formatter, "{total} {files} ({})", parts.join(", "))
    }
}
