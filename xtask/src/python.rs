//! Python virtual environments under the target directory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::Call;
use crate::workspace::Workspace;

/// The interpreter that environments are made with.
pub(crate) const PYTHON: &str = "python3";

/// The emulator that the stage runs on, with its overlay.
pub(crate) const STAGE: Environment =
    Environment { name: "stage", requirements: "crates/stage/emulator/requirements.txt" };

/// The mail servers that the mailers are tested against.
pub(crate) const CHANNELS: Environment =
    Environment { name: "channels", requirements: "crates/stage/channels/requirements.txt" };

/// The second emulator, against which only the AWS adapters are tested.
pub(crate) const MOTO: Environment =
    Environment { name: "moto", requirements: "crates/aws/tests/contract/moto-requirements.txt" };

/// What the benchmark holds the functions' cold start against.
pub(crate) const BENCH: Environment =
    Environment { name: "bench", requirements: "crates/stage/src/bench/requirements.txt" };

/// What looks through Terraform and policies without running them.
pub(crate) const SCAN: Environment = Environment { name: "scan", requirements: "xtask/scan/requirements.txt" };

/// What looks at mails and reports in a browser.
pub(crate) const BROWSER: Environment = Environment { name: "browser", requirements: "xtask/browser/requirements.txt" };

/// What holds findings against the models of those who take them.
pub(crate) const REPORTS: Environment = Environment { name: "reports", requirements: "xtask/reports/requirements.txt" };

/// What looks for misspelt words.
pub(crate) const TYPOS: Environment = Environment { name: "typos", requirements: "xtask/supply/requirements.txt" };

/// One virtual environment: a name and the file that pins what is in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Environment {
    name: &'static str,
    requirements: &'static str,
}

impl Environment {
    /// Makes the environment, or finds it made from the same requirements by the same Python, and returns its Python.
    pub(crate) fn python(self, workspace: &Workspace) -> Result<PathBuf> {
        let folder = workspace.target.join("venv").join(self.name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // Two tasks at once must not install into each other.
        let lock = File::create(folder.with_extension("lock"))?;
        lock.lock()?;
        let requirements = workspace.root.join(self.requirements);
        let stamp = stamp(&requirements)?;
        let stamp_file = folder.join("made-from.txt");
        if fs::read_to_string(&stamp_file).ok().as_deref() != Some(&stamp) {
            println!("Installing {} into {}", self.requirements, workspace.shown(&folder));
            install(&folder, &requirements)?;
            fs::write(&stamp_file, stamp)?;
        }
        Ok(interpreter(&folder))
    }
}

fn interpreter(folder: &Path) -> PathBuf {
    folder.join("bin").join("python")
}

/// All that decides what an environment holds: which Python, and what is asked for.
fn stamp(requirements: &Path) -> Result<String> {
    let asked = fs::read_to_string(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    let python = Call::new(PYTHON, ["-c", "import sys; print(sys.base_prefix, sys.version)"]).output()?;
    Ok(format!("{python}{asked}"))
}

/// Installs with pip, whose own configuration (index, proxy, certificates) holds. Its output is shown only if it fails.
fn install(folder: &Path, requirements: &Path) -> Result<()> {
    let log_file = folder.with_extension("log");
    let log = File::create(&log_file)?;
    let made = Call::new(PYTHON, ["-m", "venv", "--clear"]).arguments([folder]).log(&log)?.succeed();
    let installed = made.and_then(|()| {
        Call::new(interpreter(folder), ["-m", "pip", "install", "--disable-pip-version-check", "--no-input"])
            .arguments([Path::new("--requirement"), requirements])
            .log(&log)?
            .succeed()
    });
    let Err(error) = installed else { return Ok(()) };
    let output = fs::read_to_string(&log_file).unwrap_or_default();
    eprintln!("{}", output.trim_end());
    if is_offline(&output) {
        bail!(
            "cannot reach the Python package index, which {} needs once\n\
             hint: connect, or point pip at a reachable index (`pip config set global.index-url …`, or PIP_INDEX_URL)",
            requirements.display()
        );
    }
    Err(error.context(format!("cannot install {}", requirements.display())))
}

/// Whether pip failed to reach its index, as opposed to not finding a version there.
fn is_offline(output: &str) -> bool {
    [
        "Failed to establish a new connection",
        "Name or service not known",
        "NewConnectionError",
        "Network is unreachable",
    ]
    .iter()
    .any(|sign| output.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::{is_offline, stamp};

    #[test]
    fn other_requirements_give_another_stamp() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "moto==5.2.5\n").unwrap();
        let before = stamp(file.path()).unwrap();
        assert_eq!(before, stamp(file.path()).unwrap());
        std::fs::write(file.path(), "moto==5.2.6\n").unwrap();
        assert_ne!(before, stamp(file.path()).unwrap());
    }

    #[test]
    fn an_unreachable_index_is_told_from_a_missing_version() {
        assert!(is_offline("WARNING: Retrying … NewConnectionError('[Errno -2] Name or service not known')"));
        assert!(!is_offline("ERROR: No matching distribution found for moto==99"));
    }
}
