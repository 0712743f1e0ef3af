//! The commands that are run in each folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{Call, LAYERS, layout, tool};

/// The arguments of one command.
pub(super) type Command = &'static [&'static str];

const FORMAT: Command = &["fmt", "-no-color", "-check", "-recursive", "-diff"];
const INIT: Command = &["init", "-no-color", "-backend=false", "-input=false"];
const VALIDATE: Command = &["validate", "-no-color"];
const TEST: Command = &["test", "-no-color"];

pub(super) const OF_LAYERS: &[Command] = &[FORMAT, INIT, VALIDATE, TEST];
const OF_EXAMPLES: &[Command] = &[FORMAT, INIT, VALIDATE];
const OF_EXPORT: &[Command] = &[INIT, VALIDATE];

/// What to do where providers cannot be fetched.
const HINT: &str = "\nhint: `init` fetches the AWS provider from Terraform's registry; docs/testing.md says what a machine \
                    can do that does not reach it";

/// Runs every command in every folder, and names those that failed.
pub(super) fn run(terraform: &dyn Fn() -> Call, out: &Path) -> Result<()> {
    let cache = tool::provider_cache(out);
    fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
    let mut failed = Vec::new();
    for (folder, commands) in folders(out)? {
        failed.extend(run_in(terraform, out, &folder, commands)?);
    }
    if failed.is_empty() {
        return Ok(());
    }
    let hint = if failed.iter().any(|failure| failure.ends_with(": init")) { HINT } else { "" };
    bail!("Terraform is not satisfied: {}{hint}", failed.join("; "));
}

fn folders(out: &Path) -> Result<Vec<(PathBuf, &'static [Command])>> {
    let layers = LAYERS.map(|layer| (PathBuf::from(layer), OF_LAYERS));
    let examples = layout::examples(out)?.into_iter().map(|folder| (folder, OF_EXAMPLES));
    let exported = layout::exported().map(|folder| (folder, OF_EXPORT));
    Ok(layers.into_iter().chain(examples).chain(exported).collect())
}

/// The failed commands of one folder. The first failure ends it, except that the format is nothing that others build on.
fn run_in(terraform: &dyn Fn() -> Call, out: &Path, folder: &Path, commands: &[Command]) -> Result<Vec<String>> {
    let shown = folder.display();
    let mut failed = Vec::new();
    for command in commands {
        let name = command[0];
        let (status, output) = terraform().arguments(*command).folder(&out.join(folder)).record()?;
        if status.success() {
            let what = if *command == TEST { output.lines().rfind(|line| !line.is_empty()) } else { None };
            println!("{shown}: {name}: {}", what.unwrap_or("passed"));
            continue;
        }
        eprintln!("{shown}: `terraform {}` ended with {status}:\n{}", command.join(" "), output.trim_end());
        failed.push(format!("{shown}: {name}"));
        if *command != FORMAT {
            break;
        }
    }
    Ok(failed)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::run;
    use crate::process::Call;
    use crate::terraform::layout;

    /// Runs everything with a shell script in Terraform's place, which writes down where it was called with what.
    fn with_terraform(script: &str) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let (root, out, calls) =
            (folder.path().join("repository"), folder.path().join("out"), folder.path().join("calls"));
        layout::tests::repository(&root);
        layout::make(&root, &out).unwrap();
        let script = format!("echo \"${{PWD#$0/}}: $*\" >>'{}'\n{script}", calls.display());
        let real_out = out.canonicalize().unwrap();
        let result = run(&|| Call::new("sh", ["-c", &script]).arguments([&real_out]), &out);
        (fs::read_to_string(calls).unwrap(), result.map_or_else(|error| error.to_string(), |()| String::new()))
    }

    #[test]
    fn layers_are_tested_and_examples_and_the_export_are_validated() {
        let (calls, error) = with_terraform("exit 0");
        assert_eq!(error, "");
        let commands = |folder: &str| -> Vec<&str> {
            let lines = calls.lines().filter_map(|line| line.split_once(": ")).filter(|(there, _)| *there == folder);
            lines.filter_map(|(_, arguments)| arguments.split(' ').next()).collect()
        };
        for layer in super::LAYERS {
            assert_eq!(commands(layer), ["fmt", "init", "validate", "test"], "{calls}");
        }
        assert_eq!(commands("examples/without-aft"), ["fmt", "init", "validate"]);
        assert_eq!(commands("aft/aft-global-customizations/terraform"), ["init", "validate"]);
        assert_eq!(commands("aft/aft-account-customizations/keywheel-hub/terraform"), ["init", "validate"]);
        assert_eq!(calls.lines().count(), 19);
    }

    #[test]
    fn every_folder_is_checked_and_what_failed_is_named() {
        let (calls, error) =
            with_terraform("case \"$PWD $1\" in */aft-bootstrap*\" fmt\" | */examples/*init) exit 3;; esac");
        let (failed, hint) = error.split_once('\n').unwrap();
        assert_eq!(failed, "Terraform is not satisfied: aft-bootstrap: fmt; examples/without-aft: init");
        assert!(hint.starts_with("hint: `init` fetches"), "{hint}");
        assert!(calls.contains("aft-bootstrap: test") && !calls.contains("without-aft: validate"), "{calls}");
    }

    #[test]
    fn terraform_that_does_not_start_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        layout::tests::repository(folder.path());
        let out = folder.path().join("target/terraform");
        layout::make(folder.path(), &out).unwrap();
        let error = run(&|| Call::new(Path::new("keywheel-no-such-program"), [""; 0]), &out).unwrap_err();
        assert!(error.to_string().contains("cannot start"), "{error}");
    }
}
