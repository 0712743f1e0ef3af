//! The step "Mails in Chromium": every mail, as a browser shows it, on a phone and on a desk, in light and in dark.

use anyhow::{Context, Result};

use crate::browser;
use crate::cargo;
use crate::process::Call;
use crate::python;
use crate::workspace::Workspace;

/// Renders the mails and looks at them; [`crate::test::Skipped`] where the machine has no Chromium.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let chromium = browser::find("looked at the mails")?;
    let python = python::BROWSER.python(workspace)?;
    let folder = workspace.target.join("mails");
    browser::empty(&folder)?;
    Call::cargo(["test", "--workspace", "--test", "mail"])
        .arguments(cargo::locked())
        .arguments(["--", "every_mail_is_as_it_was"])
        .variable("KEYWHEEL_MAILS", &folder)
        .folder(&workspace.root)
        .succeed()
        .context("the mails are not rendered")?;
    Call::new(python, ["xtask/browser/mails.py"])
        .arguments([&folder, &folder.join("pictures")])
        .arguments([&chromium])
        .folder(&workspace.root)
        .succeed()
        .context("mails do not look as they should, see above; their pictures are in target/mails/pictures/")
}
