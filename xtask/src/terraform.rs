//! The step "Terraform": the layers' format, validity and tests, whether AFT could run what `aft-export` lays out, and
//! whether the stage has the policies of their plans.
//!
//! It works on a copy under the target directory, so that it neither leaves anything in the layers nor reads what
//! somebody's own runs left there.

mod checks;
mod layout;
mod page;
mod policies;
mod tool;

use std::env;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::process::Call;
use crate::test::Skipped;
use crate::workspace::Workspace;
use crate::{aft, machine};

/// Every layer, each a folder at the repository's top.
const LAYERS: [&str; 3] = [aft::BOOTSTRAP_LAYER, aft::GLOBAL_LAYER, aft::HUB_LAYER];

/// A command that gets the checks as its arguments, for example one that serves a stand-in for the AWS provider.
const WRAPPER: &str = "KEYWHEEL_TERRAFORM_WRAPPER";

/// Checks all layers; [`Skipped`] where the machine has no Terraform.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let Some(tool) = tool::find() else { return Err(tool::missing(machine::is_ci())) };
    println!("{}", tool.version);
    let folder = workspace.target.join("terraform");
    layout::make(&workspace.root, &folder)?;
    page::fill(&workspace.root, &folder)?;
    let wrapper = env::var(WRAPPER).unwrap_or_default();
    let mut words = wrapper.split_whitespace();
    let Some(wrapper) = words.next() else { return check(workspace, tool.program, &folder) };
    // Everything in one call of the wrapper, whose start takes a second.
    let status = Call::new(wrapper, words)
        .arguments([env::current_exe().context("cannot find this program's own file")?])
        .arguments(["terraform-checks", tool.program])
        .arguments([&folder])
        .folder(&workspace.root)
        .status()
        .with_context(|| format!("{WRAPPER} names no command that can be run; correct or unset it"))?;
    ensure!(status.success(), "the Terraform checks failed, see above; they ran under `{wrapper}` ({WRAPPER})");
    Ok(())
}

/// Runs the checks in the folder in which [`run`] laid everything out.
pub(crate) fn check(workspace: &Workspace, program: &str, folder: &Path) -> Result<()> {
    let terraform = || tool::call(program, folder);
    checks::run(&terraform, folder)?;
    page::plan(&terraform, folder)?;
    policies::run(&terraform, folder, &workspace.root)
}
