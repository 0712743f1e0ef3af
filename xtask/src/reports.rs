//! The steps about reports: the page as a browser shows it, and the findings as those who take them check them.

use std::path::Path;

use anyhow::{Context, Result};

use crate::browser;
use crate::cargo;
use crate::process::Call;
use crate::python;
use crate::workspace::Workspace;

/// Renders the sample reports and looks at their pages; [`crate::test::Skipped`] where the machine has no Chromium.
pub(crate) fn look(workspace: &Workspace) -> Result<()> {
    let chromium = browser::find("looked at the reports")?;
    let python = python::BROWSER.python(workspace)?;
    let folder = workspace.target.join("reports");
    render(workspace, &folder, &["render::"])?;
    Call::new(python, ["xtask/browser/reports.py"])
        .arguments([&folder, &folder.join("pictures")])
        .arguments([&chromium])
        .folder(&workspace.root)
        .succeed()
        .context(
            "reports do not look or work as they should, see above; their pictures are in target/reports/pictures/",
        )
}

/// Renders the smaller sample reports and holds their findings against the published models.
pub(crate) fn validate(workspace: &Workspace) -> Result<()> {
    let python = python::REPORTS.python(workspace)?;
    let folder = workspace.target.join("findings");
    render(workspace, &folder, &["render::", "--skip", "50_000"])?;
    Call::new(python, ["xtask/reports/validate.py"])
        .arguments([&folder])
        .folder(&workspace.root)
        .succeed()
        .context("findings do not fit the models of OCSF or Security Hub, see above")
}

fn render(workspace: &Workspace, folder: &Path, tests: &[&str]) -> Result<()> {
    browser::empty(folder)?;
    // With `--workspace`, so that nothing is built again with other features.
    Call::cargo(["test", "--workspace", "--test", "report"])
        .arguments(cargo::locked())
        .arguments(["--"])
        .arguments(tests)
        .variable("KEYWHEEL_REPORTS", folder)
        .folder(&workspace.root)
        .succeed()
        .context("the reports are not rendered")
}
