//! docs/deploy-aft.md, followed as far as a machine without an AWS account can: its example inputs, in the layout that AFT
//! gets.

use std::env;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::{Call, layout};

const PAGE: &str = "docs/deploy-aft.md";

/// What begins a block that is a file's content; the file's path in the export comes after it.
const FENCE: &str = "```json ";

/// A plan needs no backend of AFT's.
const OWN_BACKEND: (&str, &str) = ("own_backend_override.tf", "terraform {\n  backend \"local\" {}\n}\n");

/// Set by the wrapper that serves a stand-in for the provider; the real one would ask for credentials.
const STAND_IN: &str = "TF_REATTACH_PROVIDERS";

const COMMANDS: [&[&str]; 2] =
    [&["init", "-no-color", "-reconfigure", "-input=false"], &["plan", "-no-color", "-input=false", "-lock=false"]];

/// Writes the page's input files into the export.
pub(super) fn fill(root: &Path, out: &Path) -> Result<()> {
    let text = fs::read_to_string(root.join(PAGE)).with_context(|| format!("cannot read {PAGE}"))?;
    let inputs = inputs(&text)?;
    ensure!(inputs.len() >= layout::exported().len(), "{PAGE} does not show the input files of both layers");
    for (file, content) in inputs {
        let to = layout::export(out).join(&file);
        ensure!(
            to.parent().is_some_and(Path::is_dir),
            "{PAGE} shows {}, for which the export has no folder",
            file.display()
        );
        fs::write(&to, content).with_context(|| format!("cannot write {}", to.display()))?;
    }
    Ok(())
}

/// Plans the export with these inputs, where a stand-in for the provider is there.
pub(super) fn plan(terraform: &dyn Fn() -> Call, out: &Path) -> Result<()> {
    if env::var_os(STAND_IN).is_none() {
        println!("{PAGE}: not planned, because the AWS provider would ask for credentials");
        return Ok(());
    }
    for folder in layout::exported() {
        let (name, text) = OWN_BACKEND;
        fs::write(out.join(&folder).join(name), text)?;
        for command in COMMANDS {
            let (status, output) = terraform().arguments(command).folder(&out.join(&folder)).record()?;
            if !status.success() {
                eprintln!("{}", output.trim_end());
                bail!("{}: `terraform {}` with the inputs of {PAGE} ended with {status}", folder.display(), command[0]);
            }
            // Terraform only warns of a value that no variable takes.
            let unknown = output.lines().find(|line| line.contains("undeclared variable"));
            ensure!(unknown.is_none(), "{PAGE} sets what {} does not know:\n{output}", folder.display());
            if let Some(line) = output.lines().find(|line| line.starts_with("Plan:")) {
                println!("{}: {PAGE}: {line}", folder.display());
            }
        }
    }
    Ok(())
}

/// The blocks of the page that are files, with their paths.
fn inputs(page: &str) -> Result<Vec<(PathBuf, String)>> {
    let mut inputs = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(path) = line.strip_prefix(FENCE).map(|path| PathBuf::from(path.trim())) else { continue };
        let is_below = path.components().all(|part| matches!(part, Component::Normal(_)));
        ensure!(is_below, "{PAGE} names a file outside the export: {}", path.display());
        let content: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        inputs.push((path, content.join("\n") + "\n"));
    }
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{PAGE, fill, inputs, layout};
    use crate::process::Call;
    use crate::terraform::checks;

    /// Of the ignore file that AFT puts into its repositories, what could meet Keywheel's files.
    const IGNORED_BY_AFT: &str = "*.tfvars\nbackend.tf\n.terraform.lock.hcl\noverride.tf\ntarget/\ndist/\n";

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn blocks_that_name_a_file_are_its_content() {
        let page = "```json a/b.json\n{\n  \"c\": 1\n}\n```\n\n```json\n{}\n```\n\n```console\n$ x\n```\n";
        assert_eq!(inputs(page).unwrap(), [(Path::new("a/b.json").to_owned(), "{\n  \"c\": 1\n}\n".to_owned())]);
        assert!(inputs("```json ../b.json\n{}\n```\n").is_err());
    }

    #[test]
    fn the_page_shows_files_of_json() {
        let inputs = inputs(&std::fs::read_to_string(root().join(PAGE)).unwrap()).unwrap();
        assert_eq!(inputs.len(), 3);
        for (file, content) in inputs {
            assert!(serde_json::from_str::<serde_json::Value>(&content).is_ok(), "{}", file.display());
        }
    }
    #[test]
    fn git_takes_everything_that_is_exported_although_aft_ignores_tfvars() {
        let out = tempfile::tempdir().unwrap();
        layout::make(root(), &out.path().join("out")).unwrap();
        fill(root(), &out.path().join("out")).unwrap();
        let export = layout::export(&out.path().join("out"));
        for folder in layout::exported() {
            std::fs::write(out.path().join("out").join(folder).join("input.auto.tfvars"), "").unwrap();
        }
        std::fs::write(export.join(".gitignore"), IGNORED_BY_AFT).unwrap();
        Call::new("git", ["init", "--quiet"]).folder(&export).succeed().unwrap();
        let ignored = Call::new("git", ["ls-files", "--others", "--ignored", "--exclude-standard"]).folder(&export);
        let ignored = ignored.output().unwrap();
        // AFT's own, which it writes anew.
        assert!(ignored.lines().all(|file| file.ends_with("/backend.tf")), "{ignored}");
    }

    #[test]
    fn the_workflow_runs_the_same_commands() {
        let workflow = std::fs::read_to_string(root().join(".github/workflows/terraform.yml")).unwrap();
        let run: Vec<_> = workflow.lines().filter_map(|line| line.trim().strip_prefix("- run: terraform ")).collect();
        let step: Vec<_> = checks::OF_LAYERS.iter().map(|command| command.join(" ")).collect();
        assert_eq!(run, step);
    }
}
