//! The step "Mails in Chromium": every mail, as a browser shows it, on a phone and on a desk, in light and in dark.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Error, Result, anyhow};

use crate::cargo;
use crate::machine;
use crate::process::Call;
use crate::python;
use crate::test::Skipped;
use crate::workspace::Workspace;

/// Browsers that will do, the preferred one first.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const INSTALL: &str = "hint: install Chromium (Debian: apt-get install chromium; macOS: brew install --cask chromium)";

/// Renders the mails and looks at them; [`Skipped`] where the machine has no Chromium.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let Some(chromium) = find() else { return Err(missing(machine::is_ci())) };
    let python = python::MAILS.python(workspace)?;
    let folder = workspace.target.join("mails");
    empty(&folder)?;
    Call::cargo(["test", "--workspace", "--test", "mail"])
        .arguments(cargo::locked())
        .arguments(["--", "every_mail_is_as_it_was"])
        .variable("KEYWHEEL_MAILS", &folder)
        .folder(&workspace.root)
        .succeed()
        .context("the mails are not rendered")?;
    Call::new(python, ["xtask/mails/look.py"])
        .arguments([&folder, &folder.join("pictures")])
        .arguments([&chromium])
        .folder(&workspace.root)
        .succeed()
        .context("mails do not look as they should, see above; their pictures are in target/mails/pictures/")
}

/// The path of the browser.
fn find() -> Option<String> {
    BROWSERS.into_iter().find_map(|name| {
        let (true, path) = Call::new("sh", ["-c", "command -v \"$0\"", name]).probe()? else { return None };
        Some(path.trim().to_owned()).filter(|path| !path.is_empty())
    })
}

/// Why nothing is looked at: an error in CI, where nobody would read that it was skipped.
fn missing(is_ci: bool) -> Error {
    let what = "Chromium is not installed, so nobody looked at the mails";
    if is_ci { anyhow!("{what}\n{INSTALL}") } else { Skipped(format!("{what}\n{INSTALL}")).into() }
}

/// What an earlier run left would be looked at again.
fn empty(folder: &Path) -> Result<()> {
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
        assert!(missing(false).is::<Skipped>());
        assert!(!missing(true).is::<Skipped>() && missing(true).to_string().contains("apt-get install chromium"));
    }
}
