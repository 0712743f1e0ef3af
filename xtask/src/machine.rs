//! What a machine must have, and the package that brings what is missing.

use std::path::Path;

use anyhow::{Result, bail};

use crate::measured;
use crate::process::Call;
use crate::python::PYTHON;
use crate::workspace::Workspace;

/// The oldest Python that the pinned emulator runs on.
const OLDEST_PYTHON: (u32, u32) = (3, 10);

/// What is left free for compiling again what changed, in gibibytes.
const REBUILD_GIBIBYTES: u64 = 1;

/// Something that a machine must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The compiler of `rust-toolchain.toml`.
    Rust,
    /// rustfmt and clippy of the same toolchain.
    RustComponents,
    /// A C compiler and linker.
    CCompiler,
    /// Python 3 with venv and pip.
    Python,
    /// git.
    Git,
    /// Room for what is built and fetched.
    Disk(Room),
}

/// How much room a task needs the first time, and the Python environment that says that it has been run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    gibibytes: u64,
    environment: &'static str,
}

const DEMO_ROOM: Room = Room { gibibytes: measured::DEMO_GIBIBYTES, environment: "stage" };
const TEST_ROOM: Room = Room { gibibytes: measured::TEST_GIBIBYTES, environment: "moto" };

/// What the demo needs.
pub(crate) const DEMO: [Need; 4] = [Need::Rust, Need::CCompiler, Need::Python, Need::Disk(DEMO_ROOM)];

/// What the quick tests need.
pub(crate) const QUICK: [Need; 5] =
    [Need::Rust, Need::RustComponents, Need::CCompiler, Need::Git, Need::Disk(TEST_ROOM)];

/// What all tests need.
pub(crate) const TESTS: [Need; 6] =
    [Need::Rust, Need::RustComponents, Need::CCompiler, Need::Python, Need::Git, Need::Disk(TEST_ROOM)];

/// The package that brings something, by system.
struct Packages {
    debian: &'static str,
    fedora: &'static str,
    macos: &'static str,
}

impl Need {
    /// What is wrong, or nothing.
    fn missing(self, workspace: &Workspace) -> Option<String> {
        match self {
            Self::Rust => rust(&workspace.root),
            Self::RustComponents => rust_components(),
            Self::CCompiler => c_compiler(),
            Self::Python => python(),
            Self::Git => Call::new("git", ["--version"]).probe().is_none().then(|| "git".to_owned()),
            Self::Disk(room) => disk(&workspace.target, room),
        }
    }

    fn packages(self) -> Packages {
        let of = |debian, fedora, macos| Packages { debian, fedora, macos };
        match self {
            Self::Rust | Self::RustComponents => {
                let rustup = "https://rustup.rs, then `rustup toolchain install` in this folder";
                of(rustup, rustup, rustup)
            }
            Self::CCompiler => of("apt install gcc libc6-dev", "dnf install gcc", "xcode-select --install"),
            Self::Python => of("apt install python3-venv", "dnf install python3", "brew install python"),
            Self::Git => of("apt install git", "dnf install git", "xcode-select --install"),
            Self::Disk(_) => {
                let room = "free some space, or set CARGO_TARGET_DIR to a folder on a larger disk";
                of(room, room, room)
            }
        }
    }
}

/// Whether this is a machine on which nobody watches.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").as_deref() == Ok("true")
}

/// Checks everything at once and names all that is missing.
pub(crate) fn require(workspace: &Workspace, needs: &[Need]) -> Result<()> {
    let missing: Vec<_> =
        needs.iter().filter_map(|need| need.missing(workspace).map(|what| (what, need.packages()))).collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("this machine lacks something:{}", explain(&missing));
}

fn explain(missing: &[(String, Packages)]) -> String {
    let items = missing.iter().map(|(what, Packages { debian, fedora, macos })| {
        if debian == fedora {
            format!("\n  - {what}\n      {debian}")
        } else {
            let systems =
                format!("Debian, Ubuntu: {debian}\n      Fedora:         {fedora}\n      macOS:          {macos}");
            format!("\n  - {what}\n      {systems}")
        }
    });
    items.collect()
}

fn rust(root: &Path) -> Option<String> {
    let pinned = pinned_rust(&std::fs::read_to_string(root.join("rust-toolchain.toml")).ok()?)?;
    match Call::new("rustc", ["--version"]).folder(root).probe() {
        Some((true, version)) if version.split(' ').nth(1) == Some(&pinned) => None,
        Some((_, answer)) => {
            Some(format!("Rust {pinned}, the version that rust-toolchain.toml pins (found: {answer})"))
        }
        None => Some(format!("Rust {pinned}")),
    }
}

/// The version in `channel = "…"`.
fn pinned_rust(toolchain: &str) -> Option<String> {
    let line = toolchain.lines().find(|line| line.trim_start().starts_with("channel"))?;
    line.split('"').nth(1).map(str::to_owned)
}

fn rust_components() -> Option<String> {
    let present = |tool| matches!(Call::cargo([tool, "--version"]).probe(), Some((true, _)));
    let missing: Vec<_> = ["fmt", "clippy"].into_iter().filter(|tool| !present(tool)).collect();
    (!missing.is_empty()).then(|| format!("cargo {}", missing.join(" and cargo ")))
}

fn c_compiler() -> Option<String> {
    let works = matches!(Call::new("cc", ["--version"]).probe(), Some((true, _)));
    (!works).then(|| "a C compiler, `cc`".to_owned())
}

fn python() -> Option<String> {
    let (major, minor) = OLDEST_PYTHON;
    let wanted = format!("Python {major}.{minor} or newer with venv");
    // Debian splits ensurepip, without which a virtual environment gets no pip, into a package of its own.
    let script = format!("import sys, venv, ensurepip; sys.exit(sys.version_info < ({major}, {minor}))");
    match Call::new(PYTHON, ["-c", &script]).probe() {
        Some((true, _)) => None,
        Some((false, answer)) if answer.contains("No module named") => Some(format!("{wanted} (venv is missing)")),
        Some((false, answer)) => Some(format!("{wanted} ({})", unfit_python(&python_version(), &answer))),
        None => Some(wanted),
    }
}

/// A Python that says its version is too old; one that does not say it does not run, and its last words say why.
fn unfit_python(version: &str, answer: &str) -> String {
    match (version.starts_with("Python "), answer.lines().last()) {
        (true, None) => format!("found: {version}"),
        (_, Some(words)) => format!("`{PYTHON}` fails: {}", words.trim()),
        (false, None) => format!("`{PYTHON}` fails and does not say why"),
    }
}

fn python_version() -> String {
    Call::new(PYTHON, ["--version"]).probe().map_or_else(|| "none".to_owned(), |(_, version)| version)
}

fn disk(target: &Path, room: Room) -> Option<String> {
    let folder = target.ancestors().find(|folder| folder.is_dir())?;
    let disk = rustix::fs::statvfs(folder).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize) >> 30;
    // A target directory that has been built in before holds most of it already.
    let is_built = target.join("venv").join(room.environment).is_dir();
    let needed = if is_built { REBUILD_GIBIBYTES } else { room.gibibytes };
    (free < needed).then(|| format!("{needed} GiB of free disk (there are {free} in {})", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::{Need, explain, pinned_rust, unfit_python};

    #[test]
    fn everything_that_is_missing_is_named_at_once_with_its_package() {
        let missing =
            [("a C compiler, `cc`".to_owned(), Need::CCompiler.packages()), ("git".to_owned(), Need::Git.packages())];
        let text = explain(&missing);
        for part in ["`cc`", "apt install gcc", "dnf install gcc", "xcode-select", "- git", "apt install git"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }

    #[test]
    fn an_old_python_is_told_from_one_that_does_not_run() {
        assert_eq!(unfit_python("Python 3.8.2", ""), "found: Python 3.8.2");
        assert_eq!(unfit_python("", ""), "`python3` fails and does not say why");
        let traceback = "Traceback (most recent call last):\nImportError: no libexpat";
        assert_eq!(unfit_python("Python 3.11.2", traceback), "`python3` fails: ImportError: no libexpat");
    }

    #[test]
    fn the_pinned_version_is_read_from_the_toolchain_file() {
        assert_eq!(pinned_rust("[toolchain]\nchannel = \"1.95.0\"\n").as_deref(), Some("1.95.0"));
        assert_eq!(pinned_rust("[toolchain]\n"), None);
        assert!(pinned_rust(include_str!("../../rust-toolchain.toml")).is_some());
    }
}
