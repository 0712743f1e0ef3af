//! The command lines of the pages in `docs/migrate`: what is called here must stand there, so that neither changes without the other.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, ensure};

use super::ground::Ground;
use crate::command_line::{CommandLine, Ended};
use crate::snapshot;

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/migrate");
/// The account of every page.
const ACCOUNT: &str = "111122223333";

impl Ground<'_> {
    /// Runs a command line of the page as its reader does: signed in to the management account where it assumes a role, else to the hub. `more`
    /// is not on the page.
    ///
    /// # Errors
    /// When the page does not have it.
    pub(super) fn of_page(&self, arguments: &[&str], more: &[&str]) -> anyhow::Result<Ended> {
        self.stands_on_page(arguments)?;
        let line = if arguments.contains(&"--role-name") { self.management()? } else { self.command_line()? };
        line.keywheel(&[arguments, more].concat())
    }

    /// That the page, or the one that all pages share, has this command line.
    ///
    /// # Errors
    /// When neither has it.
    pub(super) fn stands_on_page(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let line = format!("keywheel {}", arguments.join(" ")).replace(self.account.as_str(), ACCOUNT);
        let page = format!("{}.md", self.page);
        let texts = [page.as_str(), "README.md"].map(|name| unbroken(&Path::new(PAGES).join(name)));
        let [own, shared] = texts;
        ensure!(own?.contains(&line) || shared?.contains(&line), "{page} does not have this command line: {line}");
        Ok(())
    }

    /// Where the page shows another output of a command line than it has, lines in any order, and ids and dates masked.
    ///
    /// # Errors
    /// When the page does not have it.
    pub(super) fn differs_from_page(&self, arguments: &[&str]) -> anyhow::Result<Vec<String>> {
        let ended = self.of_page(arguments, &[])?;
        let page = unbroken(&Path::new(PAGES).join(format!("{}.md", self.page)))?;
        let line = format!("$ keywheel {}\n", arguments.join(" "));
        let shown =
            page.split_once(&line).and_then(|(_, after)| after.split_once("```")).map_or("", |(shown, _)| shown);
        let [shown, found] = [shown, &ended.out].map(snapshot::masked);
        let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<BTreeSet<_>>();
        let (shown, found) = (lines(&shown), lines(&found));
        let gone = shown.difference(&found).map(|line| format!("- {line}"));
        Ok(gone.chain(found.difference(&shown).map(|line| format!("+ {line}"))).collect())
    }

    /// A folder of its own, signed in to the hub.
    pub(super) fn command_line(&self) -> anyhow::Result<CommandLine<'_>> {
        CommandLine::new(&self.stage, self.keywheel)
    }

    fn management(&self) -> anyhow::Result<CommandLine<'_>> {
        CommandLine::signed_in_to(&self.stage, self.keywheel, &self.stage.organization.management)
    }
}

/// A page with the lines that a backslash breaks in one piece.
fn unbroken(page: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    let mut pieces = text.split(" \\\n");
    let first = pieces.next().unwrap_or_default().to_owned();
    Ok(pieces.fold(first, |text, piece| format!("{text} {}", piece.trim_start())))
}
