//! `cargo xtask fresh-clone`: do the README's commands work for somebody who has just cloned the repository?

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::process::Call;
use crate::readme::{TEST_COMMAND, first_commands};
use crate::workspace::Workspace;

mod printed;
mod seed;

/// Set for the commands, so that none of them can start this task again.
const INSIDE: &str = "KEYWHEEL_FRESH_CLONE";

/// The only other variables that the commands get, where they are set: how this machine reaches package registries.
const REGISTRY_VARIABLES: [&str; 10] = [
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "all_proxy",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
];

/// The same for families of variables.
const REGISTRY_PREFIXES: [&str; 4] = ["CARGO_HTTP_", "CARGO_REGISTRIES_", "CARGO_SOURCE_", "PIP_"];

/// Clones this commit under the target directory and runs what the README's first block says there, under `env -i` with
/// an empty home folder. The folder is kept when something fails.
///
/// The README's test command is not run but compared with what CI runs, because it is what contains this task.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    ensure!(env::var_os(INSIDE).is_none(), "a fresh clone does not clone itself again");
    let readme = fs::read_to_string(workspace.root.join("README.md")).context("cannot read README.md")?;
    let commands = commands_to_run(&readme)?;

    let folder = workspace.target.join("fresh-clone");
    let (clone, home) = (folder.join("keywheel"), folder.join("home"));
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(&home)?;
    git_clone(workspace, &clone)?;
    let own = Workspace::own_names()?;
    seed::dependencies(&workspace.target.join("debug"), &clone.join("target").join("debug"), &own)?;

    let mut printed = Vec::new();
    for command in commands {
        println!("$ {command}");
        let call = Call::new("sh", ["-c", &command]).only_variables(variables(env::vars_os(), &home)?).folder(&clone);
        let failure = || format!("the README's `{command}` fails in {}", clone.display());
        printed.extend(call.shown().with_context(failure)?);
    }
    printed::hold(&workspace.root.join("README.md"), &readme, &printed)?;
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))
}

/// The README's first commands without the test command, which must be among them.
fn commands_to_run(readme: &str) -> Result<Vec<String>> {
    let (tests, others): (Vec<_>, Vec<_>) =
        first_commands(readme).into_iter().partition(|command| command == TEST_COMMAND);
    ensure!(tests.len() == 1, "the first console block of README.md does not name `{TEST_COMMAND}`");
    ensure!(!others.is_empty(), "the first console block of README.md names nothing besides `{TEST_COMMAND}`");
    Ok(others)
}

fn git_clone(workspace: &Workspace, clone: &Path) -> Result<()> {
    let changes = Call::new("git", ["status", "--porcelain"]).folder(&workspace.root).output()?;
    if !changes.is_empty() {
        println!("note: uncommitted changes are not in the clone:\n{}", changes.trim_end());
    }
    Call::new("git", ["clone", "--quiet"]).arguments([&workspace.root, &clone.to_path_buf()]).succeed()?;
    // Cargo also reads the configuration of folders further up, which would hide that the clone lacks it.
    ensure!(clone.join(".cargo").join("config.toml").is_file(), "the clone has no .cargo/config.toml");
    Ok(())
}

/// PATH, an empty home, where cargo and rustup live outside the real one, and how registries are reached.
fn variables(all: impl Iterator<Item = (OsString, OsString)>, home: &Path) -> Result<Vec<(OsString, OsString)>> {
    let all: Vec<_> = all.collect();
    let value = |name: &str| all.iter().find(|(present, _)| present == name).map(|(_, value)| value.clone());
    let real_home = value("HOME").map(PathBuf::from);
    let tool = |name: &str, folder: &str| {
        let found = value(name).or_else(|| Some(real_home.as_ref()?.join(folder).into_os_string()));
        found.map(|value| (OsString::from(name), value))
    };
    let Some(path) = value("PATH") else { bail!("PATH is not set") };
    let mut passed = vec![
        (OsString::from("PATH"), path),
        (OsString::from("HOME"), home.as_os_str().to_owned()),
        (OsString::from(INSIDE), OsString::from("1")),
    ];
    passed.extend(tool("CARGO_HOME", ".cargo"));
    passed.extend(tool("RUSTUP_HOME", ".rustup"));
    passed.extend(all.iter().filter(|(name, _)| says_where_registries_are(&name.to_string_lossy())).cloned());
    Ok(passed)
}

fn says_where_registries_are(name: &str) -> bool {
    REGISTRY_VARIABLES.contains(&name) || REGISTRY_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use super::{commands_to_run, variables};

    fn names(given: &[(&str, &str)]) -> Vec<String> {
        let given = given.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let passed = variables(given, Path::new("/empty")).unwrap();
        passed.into_iter().map(|(name, value)| format!("{}={}", name.display(), value.display())).collect()
    }

    #[test]
    fn only_path_an_empty_home_the_tools_and_the_registries_are_passed() {
        let passed = names(&[
            ("PATH", "/bin"),
            ("HOME", "/users/someone"),
            ("RUSTUP_HOME", "/opt/rustup"),
            ("CARGO_TARGET_DIR", "/elsewhere"),
            ("AWS_PROFILE", "production"),
            ("PIP_INDEX_URL", "https://pypi.example.com"),
        ]);
        assert_eq!(
            passed,
            [
                "PATH=/bin",
                "HOME=/empty",
                "KEYWHEEL_FRESH_CLONE=1",
                "CARGO_HOME=/users/someone/.cargo",
                "RUSTUP_HOME=/opt/rustup",
                "PIP_INDEX_URL=https://pypi.example.com",
            ]
        );
    }

    #[test]
    fn the_test_command_is_left_out_because_it_contains_this_task() {
        let readme = "```console\n$ cargo xtask demo\n$ cargo xtask test\n```\n";
        assert_eq!(commands_to_run(readme).unwrap(), ["cargo xtask demo"]);
    }

    #[test]
    fn a_readme_that_does_not_name_both_is_an_error() {
        assert!(commands_to_run("```console\n$ cargo xtask demo\n```\n").is_err());
        assert!(commands_to_run("```console\n$ cargo xtask test\n```\n").is_err());
    }
}
