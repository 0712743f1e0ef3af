//! The machine's own Chromium, for the steps that look at pages.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Error, Result, anyhow};

use crate::machine;
use crate::process::Call;
use crate::test::Skipped;

/// Browsers that will do, the preferred one first.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const INSTALL: &str = "hint: install Chromium (Debian: apt-get install chromium; macOS: brew install --cask chromium)";

/// The path of the browser; [`Skipped`] where there is none, so that nobody did `what`.
pub(crate) fn find(what: &str) -> Result<String> {
    let found = BROWSERS.into_iter().find_map(|name| {
        let (true, path) = Call::new("sh", ["-c", "command -v \"$0\"", name]).probe()? else { return None };
        Some(path.trim().to_owned()).filter(|path| !path.is_empty())
    });
    found.ok_or_else(|| missing(what, machine::is_ci()))
}

/// Why nothing is looked at: an error in CI, where nobody would read that it was skipped.
fn missing(what: &str, is_ci: bool) -> Error {
    let what = format!("Chromium is not installed, so nobody {what}");
    if is_ci { anyhow!("{what}\n{INSTALL}") } else { Skipped(format!("{what}\n{INSTALL}")).into() }
}

/// What an earlier run left would be looked at again.
pub(crate) fn empty(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot empty {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Skipped, missing};

    #[test]
    fn without_chromium_the_step_is_skipped_and_in_ci_it_fails() {
        let missing = |is_ci| missing("looked at the mails", is_ci);
        assert!(missing(false).is::<Skipped>());
        assert!(!missing(true).is::<Skipped>() && missing(true).to_string().contains("apt-get install chromium"));
    }
}
