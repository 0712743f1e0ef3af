//! One layer's files, and what AFT would not stand in them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::files;

/// The folder with what runs before and after Terraform.
pub(super) const HELPERS: &str = "api_helpers";

/// What AFT runs in the helpers' folder; it stops where one of them is missing.
pub(super) const SCRIPTS: [&str; 2] = ["pre-api-helpers.sh", "post-api-helpers.sh"];

const REQUIREMENTS: &str = "python/requirements.txt";

/// What of a layer's top does not go into AFT's `terraform/`.
const LEFT_OUT: [&str; 3] = ["tests", HELPERS, "README.md"];

/// AFT appends texts of its own to these.
const OF_AFT: [&str; 2] = ["backend.tf", "aft-providers.tf"];

/// What is exported of one layer, as paths relative to where it comes from.
#[derive(Debug)]
pub(super) struct Layer {
    /// What goes into `terraform/`.
    pub(super) terraform: Vec<PathBuf>,
    /// What goes into `api_helpers/`.
    pub(super) helpers: Vec<PathBuf>,
}

impl Layer {
    /// Lists the layer's files. What AFT would not stand is an error that names all of it.
    pub(super) fn read(root: &Path, name: &str) -> Result<Self> {
        let folder = root.join(name);
        ensure!(folder.is_dir(), "the layer `{name}` is missing: there is no folder {}", folder.display());
        let terraform = files::list(&folder, is_terraform)?;
        let mut faults = missing_helpers(&folder.join(HELPERS));
        for file in &terraform {
            faults.extend(fault(&folder, file)?);
        }
        if !faults.is_empty() {
            let item = format!("\n  - {name}/");
            bail!("AFT could not run the layer `{name}`, and nothing was written:{item}{}", faults.join(&item));
        }
        Ok(Self { terraform, helpers: files::list(&folder.join(HELPERS), files::is_source)? })
    }
}

fn is_terraform(path: &Path) -> bool {
    files::is_source(path) && !LEFT_OUT.iter().any(|top| path == Path::new(top))
}

fn missing_helpers(folder: &Path) -> Vec<String> {
    let needed = SCRIPTS.into_iter().chain([REQUIREMENTS]);
    let missing = needed.filter(|file| !folder.join(file).is_file());
    missing.map(|file| format!("{HELPERS}/{file} is missing; AFT runs it, so make an empty one at least")).collect()
}

fn fault(folder: &Path, file: &Path) -> Result<Option<String>> {
    let shown = file.display();
    if file.file_name().is_some_and(|name| OF_AFT.iter().any(|taken| name == *taken)) {
        return Ok(Some(format!("{shown}: AFT appends its own text to a file of that name; call it otherwise")));
    }
    if file.extension() == Some(OsStr::new("jinja")) {
        return Ok(Some(format!("{shown}: AFT would render it and append it to a .tf file; take it out")));
    }
    if !file.to_string_lossy().ends_with(".tf") {
        return Ok(None);
    }
    let path = folder.join(file);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let outside = text.lines().zip(1..).find_map(|(line, number)| {
        let source = sources(line).find(|source| leaves(file, source))?;
        Some(format!(
            "{shown}:{number}: the source \"{source}\" is outside the layer, and AFT clones the layer alone; \
             put what it names into the layer's folder"
        ))
    });
    Ok(outside)
}

/// What a line of Terraform gives as `source`.
fn sources(line: &str) -> impl Iterator<Item = &str> {
    let code = if line.trim_start().starts_with(['#', '/']) { "" } else { line };
    code.match_indices("source").filter_map(move |(at, word)| {
        let is_word = !code[..at].ends_with(|before: char| before.is_alphanumeric() || "_-.".contains(before));
        let value = code[at + word.len()..].trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        value.split('"').next().filter(|_| is_word)
    })
}

/// Whether a source, seen from the file that names it, is a folder outside the layer.
fn leaves(file: &Path, source: &str) -> bool {
    if !source.starts_with("./") && !source.starts_with("../") {
        return source.starts_with('/');
    }
    let mut depth = file.components().count() - 1;
    for part in Path::new(source).components() {
        match part {
            Component::ParentDir if depth == 0 => return true,
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{leaves, sources};

    #[test]
    fn a_source_is_found_also_in_a_block_of_one_line_and_not_in_a_comment() {
        let found = |line| sources(line).collect::<Vec<_>>();
        assert_eq!(found("  source  = \"../a\""), ["../a"]);
        assert_eq!(found("module \"source\" { source = \"./b\" }"), ["./b"]);
        assert_eq!(found("  # source = \"../a\"\n"), [""; 0]);
        assert_eq!(found("  event_source = \"../a\""), [""; 0]);
        assert_eq!(found("  source = var.folder"), [""; 0]);
    }

    #[test]
    fn a_source_leaves_the_layer_when_it_goes_above_it() {
        assert!(leaves(Path::new("main.tf"), "../templates"));
        assert!(leaves(Path::new("modules/a/main.tf"), "../../../other"));
        assert!(leaves(Path::new("main.tf"), "./modules/../../other"));
        assert!(leaves(Path::new("main.tf"), "/srv/modules/a"));
        assert!(!leaves(Path::new("modules/a/main.tf"), "../b"));
        assert!(!leaves(Path::new("main.tf"), "./modules/a"));
        assert!(!leaves(Path::new("main.tf"), "hashicorp/consul/aws"));
    }
}
