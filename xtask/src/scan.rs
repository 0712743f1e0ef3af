//! The step "Terraform policies and settings": checkov over the Terraform, and parliament over the stage's IAM policies.
//!
//! What they may find is in `.checkov.yaml`, in the resources themselves and in `findings.rs`, each with its reason.

mod findings;
mod policies;
mod reasons;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::aft;
use crate::files;
use crate::process::Call;
use crate::python;
use crate::workspace::Workspace;

/// What checkov reads and leaves out.
const CHECKOV: &str = ".checkov.yaml";

/// The stage's policies, with `${…}` where an organization's values go.
const POLICIES: &str = "crates/stage/policies";

/// Where resources may have exceptions of their own.
const TERRAFORM: [&str; 4] = [aft::BOOTSTRAP_LAYER, aft::GLOBAL_LAYER, aft::HUB_LAYER, "examples"];

/// The caller's own settings, which would change what is found.
const CALLERS: [&str; 4] = ["BC_", "CHECKOV_", "CKV_", "PRISMA_"];

/// Runs both tools, after a look at whether every exception has its reason.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let faults = faults(&workspace.root)?;
    ensure!(faults.is_empty(), "exceptions without a reason; write one:\n  - {}", faults.join("\n  - "));
    let python = python::SCAN.python(workspace)?;
    let tool = |name: &str| {
        let call = Call::new(python.with_file_name(name), [""; 0]).without_variables(&CALLERS);
        call.variable("PYTHONWARNINGS", "ignore").folder(&workspace.root)
    };
    let checked = tool("checkov").arguments(["--config-file", CHECKOV]).succeed().context(
        "checkov is not satisfied, see above. Mend it; where it does not apply, write `#checkov:skip=<check>:<reason>` into the \
         resource",
    );
    let out = workspace.target.join("scan").join("policies");
    let count = policies::make(&workspace.root.join(POLICIES), &out)?;
    // It ends with 1 where it found something, which the findings say better.
    let (_, output) = tool("parliament").arguments(["--json", "--directory"]).arguments([&out]).record()?;
    println!("parliament: {count} policies of {POLICIES}");
    let audited = findings::judge(&output);
    checked.and(audited)
}

/// Every exception that has no reason, as `path:line: …`.
fn faults(root: &Path) -> Result<Vec<String>> {
    let read = |path: &str| fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"));
    let mut faults = reasons::of_list(CHECKOV, &read(CHECKOV)?);
    for folder in TERRAFORM {
        let files = files::list(&root.join(folder), files::is_source)?;
        for file in files.iter().filter(|file| file.extension() == Some(OsStr::new("tf"))) {
            let path = format!("{folder}/{}", file.display());
            faults.extend(reasons::of_resources(&path, &read(&path)?));
        }
    }
    Ok(faults)
}
