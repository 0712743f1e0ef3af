//! Terraform, or OpenTofu in its place, as the machine has it.

use std::path::{Path, PathBuf};

use anyhow::{Error, anyhow};

use super::{Call, Skipped};

/// The programs that can check the layers, the preferred one first.
const PROGRAMS: [&str; 2] = ["terraform", "tofu"];

/// The caller's own settings, which would change what is checked: arguments, variables, workspaces, another data folder.
const CALLERS: [&str; 5] = ["TF_CLI_", "TF_DATA_DIR", "TF_LOG", "TF_VAR_", "TF_WORKSPACE"];

const INSTALL: &str = "hint: install Terraform 1.7 or newer (https://developer.hashicorp.com/terraform/install; macOS: \
                       brew install hashicorp/tap/terraform) or OpenTofu (https://opentofu.org/docs/intro/install)";

/// A program that is installed.
pub(super) struct Tool {
    pub(super) program: &'static str,
    /// The first line of what it says of itself.
    pub(super) version: String,
}

/// The program to check with, if there is one.
pub(super) fn find() -> Option<Tool> {
    PROGRAMS.into_iter().find_map(|program| {
        let (true, answer) = call(program, Path::new(".")).arguments(["version"]).probe()? else { return None };
        Some(Tool { program, version: answer.lines().next().unwrap_or(program).to_owned() })
    })
}

/// Why nothing is checked: an error in CI, where nobody would read that it was skipped.
pub(super) fn missing(is_ci: bool) -> Error {
    let what = "neither terraform nor tofu is installed, so the Terraform layers were NOT checked";
    if is_ci { anyhow!("{what}\n{INSTALL}") } else { Skipped(format!("{what}\n{INSTALL}")).into() }
}

/// The beginning of a call, in an environment that is the same for everybody.
///
/// Providers are fetched once for all folders; without the second variable Terraform fetches them again where there is
/// no lock file.
pub(super) fn call(program: &str, folder: &Path) -> Call {
    Call::new(program, [""; 0])
        .without_variables(&CALLERS)
        .variable("TF_IN_AUTOMATION", "1")
        .variable("CHECKPOINT_DISABLE", "1")
        .variable("TF_PLUGIN_CACHE_DIR", provider_cache(folder))
        .variable("TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE", "1")
}

/// Beside the folder, which every run makes anew.
pub(super) fn provider_cache(folder: &Path) -> PathBuf {
    folder.with_file_name("terraform-providers")
}

#[cfg(test)]
mod tests {
    use super::{Skipped, missing};

    #[test]
    fn without_terraform_the_step_is_skipped_and_in_ci_it_fails() {
        let skipped = missing(false);
        assert!(skipped.is::<Skipped>() && skipped.to_string().contains("install Terraform"), "{skipped}");
        let failed = missing(true);
        assert!(!failed.is::<Skipped>() && failed.to_string().contains("install Terraform"), "{failed}");
    }
}
