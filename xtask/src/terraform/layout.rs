//! The copy of the layers that is checked, and of what AFT would make of them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::LAYERS;
use crate::aft::{self, ACCOUNTS, GLOBAL, HUB, TEMPLATES, TERRAFORM};
use crate::files;

/// Uses of the layers as modules. They name them as `../../<layer>`, so the copy keeps the repository's shape.
const EXAMPLES: &str = "examples";

/// Where the export goes.
const AFT: &str = "aft";

/// What AFT's build appends in each folder in which it runs Terraform, put shortly.
const APPENDED: [(&str, &str); 2] = [
    (
        "aft-providers.tf",
        r#"provider "aws" {
  region = "eu-west-1"
  assume_role {
    role_arn = "arn:aws:iam::111122223333:role/AWSAFTExecution"
  }
  default_tags {
    tags = {
      managed_by = "AFT"
    }
  }
}
"#,
    ),
    (
        "backend.tf",
        r#"terraform {
  required_version = ">= 1.6.1"
  backend "s3" {
    region         = "eu-west-1"
    bucket         = "aft-backend"
    key            = "111122223333-aft-customizations/terraform.tfstate"
    dynamodb_table = "aft-backend"
    encrypt        = true
    assume_role = {
      role_arn = "arn:aws:iam::444455556666:role/AWSAFTExecution"
    }
  }
}
"#,
    ),
];

/// Copies the layers and what they need, and exports them for AFT, into a folder that is made anew.
pub(super) fn make(root: &Path, out: &Path) -> Result<()> {
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("cannot remove {}", out.display()))?;
    }
    for layer in LAYERS {
        ensure!(root.join(layer).is_dir(), "the layer `{layer}` is missing: there is no folder of that name");
        files::copy(&root.join(layer), &out.join(layer), files::is_source)?;
        ensure!(has_tests(&out.join(layer)), "the layer `{layer}` has no tests, that is no tests/*.tftest.hcl");
    }
    files::copy(&root.join(TEMPLATES), &out.join(TEMPLATES), files::is_source)?;
    if root.join(EXAMPLES).is_dir() {
        files::copy(&root.join(EXAMPLES), &out.join(EXAMPLES), files::is_source)?;
    }
    aft::export(root, &out.join(AFT), HUB)?;
    exported().iter().try_for_each(|folder| append(&out.join(folder)))
}

/// The folder that holds what would go into AFT's repositories.
pub(super) fn export(out: &Path) -> PathBuf {
    out.join(AFT)
}

/// The folders in which AFT would run Terraform.
pub(super) fn exported() -> [PathBuf; 2] {
    let aft = Path::new(AFT);
    [aft.join(GLOBAL).join(TERRAFORM), aft.join(ACCOUNTS).join(HUB).join(TERRAFORM)]
}

/// The examples, in order.
pub(super) fn examples(out: &Path) -> Result<Vec<PathBuf>> {
    let folder = out.join(EXAMPLES);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let names = fs::read_dir(&folder)?.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>>>()?;
    let mut examples: Vec<_> = names.into_iter().map(|name| Path::new(EXAMPLES).join(name)).collect();
    examples.retain(|example| has_file(&out.join(example), ".tf"));
    examples.sort();
    Ok(examples)
}

fn has_tests(layer: &Path) -> bool {
    has_file(&layer.join("tests"), ".tftest.hcl")
}

fn has_file(folder: &Path, ending: &str) -> bool {
    let has_ending = |entry: fs::DirEntry| entry.file_name().to_string_lossy().ends_with(ending);
    fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(has_ending))
}

fn append(folder: &Path) -> Result<()> {
    for (name, text) in APPENDED {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{LAYERS, examples, exported, make};
    use crate::files::make_folder_of;

    const FILES: [&str; 5] = [
        "main.tf",
        "tests/all.tftest.hcl",
        "api_helpers/pre-api-helpers.sh",
        "api_helpers/post-api-helpers.sh",
        "api_helpers/python/requirements.txt",
    ];

    /// A repository with empty layers, and one example.
    pub(in crate::terraform) fn repository(root: &Path) {
        let of_layers = LAYERS.iter().flat_map(|layer| FILES.iter().map(move |file| format!("{layer}/{file}")));
        let others = ["templates/digest/body.txt", "examples/without-aft/main.tf", "examples/README.md"];
        for file in of_layers.chain(others.map(str::to_owned)) {
            make_folder_of(&root.join(&file)).unwrap();
            fs::write(root.join(&file), "").unwrap();
        }
    }

    #[test]
    fn the_copy_has_the_repositorys_shape_and_what_aft_makes_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let (root, out) = (folder.path().join("repository"), folder.path().join("out"));
        repository(&root);
        for stale in [root.join("aft-bootstrap/.terraform/lock"), out.join("aft/stale.tf")] {
            make_folder_of(&stale).unwrap();
            fs::write(stale, "").unwrap();
        }
        make(&root, &out).unwrap();

        for file in ["aft-bootstrap/main.tf", "account-customization/tests/all.tftest.hcl", "templates/digest/body.txt"]
        {
            assert!(out.join(file).is_file(), "{file}");
        }
        for folder in exported() {
            for file in ["main.tf", "aft-providers.tf", "backend.tf", "../api_helpers/pre-api-helpers.sh"] {
                assert!(out.join(&folder).join(file).is_file(), "{file} in {}", folder.display());
            }
        }
        assert_eq!(examples(&out).unwrap(), [PathBuf::from("examples/without-aft")]);
        assert!(!out.join("aft/stale.tf").exists() && !out.join("aft-bootstrap/.terraform").exists());
    }

    #[test]
    fn a_layer_that_is_missing_or_has_no_tests_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let (root, out) = (folder.path().join("repository"), folder.path().join("out"));
        repository(&root);
        fs::remove_file(root.join("aft-bootstrap/tests/all.tftest.hcl")).unwrap();
        let error = make(&root, &out).unwrap_err().to_string();
        assert!(error.contains("`aft-bootstrap` has no tests"), "{error}");
        fs::remove_dir_all(root.join("aft-bootstrap")).unwrap();
        let error = make(&root, &out).unwrap_err().to_string();
        assert!(error.contains("`aft-bootstrap` is missing"), "{error}");
    }
}
