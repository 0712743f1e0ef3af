//! The page of every variable of the Terraform layers.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::aft;
use crate::files;

const INTRODUCTION: &str = "# Variables of the Terraform layers

<!-- Rendered from the layers' variables*.tf; UPDATE_DOCS=1 cargo test -p xtask writes it anew. -->

What each variable accepts is checked before anything is planned, and a wrong value is refused with the reason. Variables
that a file for the AFT sample sets and that Keywheel does not need are taken and not used. How the layers are applied:
[deploy with AFT](deploy-aft.md). What the functions read: [configuration](configuration.md).
";

const LAYERS: [&str; 3] = [aft::BOOTSTRAP_LAYER, aft::GLOBAL_LAYER, aft::HUB_LAYER];

/// One variable.
#[derive(Debug, Default, PartialEq, Eq)]
struct Variable {
    name: String,
    kind: String,
    default: Option<String>,
    description: String,
}

/// The whole page.
fn page(root: &Path) -> Result<String> {
    let mut page = INTRODUCTION.to_owned();
    for layer in LAYERS {
        page.extend(["\n## ", layer, "\n\n| variable | type | without it | meaning |\n|---|---|---|---|\n"]);
        for file in files::list(&root.join(layer), files::is_source)? {
            let name = file.to_string_lossy();
            if name.starts_with("variables") {
                let path = root.join(layer).join(&file);
                let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                page.extend(variables(&text).iter().map(row));
            }
        }
    }
    Ok(page)
}

fn row(variable: &Variable) -> String {
    let Variable { name, kind, default, description } = variable;
    let default = default.as_ref().map_or_else(|| "refused".to_owned(), |default| format!("`{default}`"));
    let description = description.replace("\\\"", "\"").replace('|', "\\|").replace('<', "\\<");
    format!("| `{name}` | {kind} | {default} | {description} |\n")
}

/// The variables of one file that `terraform fmt` is satisfied with.
fn variables(text: &str) -> Vec<Variable> {
    let mut variables: Vec<Variable> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("variable \"").and_then(|rest| rest.split('"').next()) {
            variables.push(Variable { name: name.to_owned(), ..Variable::default() });
        }
        // What is deeper belongs to a block of the variable.
        let Some((key, value)) = line.strip_prefix("  ").and_then(|line| line.split_once(" = ")) else { continue };
        let (Some(variable), value) = (variables.last_mut(), value.trim()) else { continue };
        match key.trim_end() {
            "type" => value.clone_into(&mut variable.kind),
            "default" => variable.default = Some(value.to_owned()),
            "description" => value.trim_matches('"').clone_into(&mut variable.description),
            _ => {}
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{page, row, variables};

    #[test]
    fn the_page_has_every_variable_as_it_is() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let (path, rendered) = (root.join("docs/terraform-variables.md"), page(root).unwrap());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &rendered).unwrap();
        }
        let written = fs::read_to_string(path).unwrap_or_default();
        assert!(written == rendered, "docs/terraform-variables.md is out of date; UPDATE_DOCS=1 cargo test -p xtask");
    }

    #[test]
    fn a_variable_has_its_type_default_and_description_and_nothing_of_its_blocks() {
        let text = "variable \"a\" {\n  description = \"A \\\"quoted\\\" <x> word.\"\n  type        = list(string)\n  \
                    default     = []\n\n  validation {\n    default = 1\n  }\n}\n\nvariable \"b\" {\n  type = string\n}\n";
        let rows: Vec<_> = variables(text).iter().map(row).collect();
        assert_eq!(
            rows,
            ["| `a` | list(string) | `[]` | A \"quoted\" \\<x> word. |\n", "| `b` | string | refused |  |\n"]
        );
    }

    #[test]
    fn every_variable_has_a_type_and_a_description_of_one_line() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let page = page(root).unwrap();
        for row in page.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<_> = row.split(" | ").collect();
            assert!(cells.len() >= 4 && !cells[1].is_empty() && cells[3].len() > 4, "{row}");
        }
        assert!(!page.contains("`{`") && !page.contains("`[`"), "a default of several lines");
    }
}
