//! Exports from made-up layers into temporary folders.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{HUB, export};
use crate::files::{list, make_folder_of};

const LAYERS: [&str; 2] = ["global-account-customization", "account-customization"];

const FILES: [&str; 11] = [
    "main.tf",
    "modules/function/main.tf",
    "input.auto.tfvars.json",
    "artifacts.json",
    ".gitignore",
    "README.md",
    "tests/all.tftest.hcl",
    ".terraform/modules/modules.json",
    "api_helpers/pre-api-helpers.sh",
    "api_helpers/post-api-helpers.sh",
    "api_helpers/python/requirements.txt",
];

/// A repository with two layers and the mails' templates, and a folder to export to.
struct Fixture {
    folder: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let fixture = Self { folder: tempfile::tempdir().unwrap() };
        for layer in LAYERS {
            for file in FILES {
                fixture.write(&format!("{layer}/{file}"), &format!("# {file} of {layer}\n"));
            }
        }
        fixture.write("templates/digest/body.txt", "Dear owner\n");
        fixture
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("aft")
    }

    fn write(&self, file: &str, text: &str) {
        write(&self.root().join(file), text);
    }

    fn remove(&self, file: &str) {
        fs::remove_file(self.root().join(file)).unwrap();
    }

    fn export(&self) -> String {
        export(&self.root(), &self.out(), HUB).unwrap().to_string().replace(&format!("{}/", self.out().display()), "")
    }

    /// Why nothing is exported, having seen that nothing is.
    fn refusal(&self) -> String {
        let error = export(&self.root(), &self.out(), HUB).unwrap_err();
        assert!(!self.out().exists(), "something was written");
        format!("{error:#}")
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.out().join(file)).unwrap()
    }
}

fn write(path: &Path, text: &str) {
    make_folder_of(path).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn an_export_has_what_aft_wants_where_aft_wants_it() {
    let fixture = Fixture::new();
    let said = fixture.export();

    let of = |place: &str, templates: &[&str]| {
        let helpers = ["post-api-helpers.sh", "pre-api-helpers.sh", "python/requirements.txt"];
        let terraform =
            [".gitignore", "artifacts.json", "input.auto.tfvars.json", "main.tf", "modules/function/main.tf"];
        let helpers = helpers.map(|file| PathBuf::from(format!("{place}/api_helpers/{file}")));
        let terraform =
            terraform.iter().chain(templates).map(|file| PathBuf::from(format!("{place}/terraform/{file}")));
        helpers.into_iter().chain(terraform).collect::<Vec<_>>()
    };
    let mut expected = of("aft-account-customizations/keywheel-hub", &["templates/digest/body.txt"]);
    expected.extend(of("aft-global-customizations", &[]));
    expected.push(PathBuf::from("keywheel-export.txt"));
    assert_eq!(list(&fixture.out(), |_| true).unwrap(), expected);
    assert_eq!(
        said,
        "aft-account-customizations/keywheel-hub/api_helpers: 3 files (3 new)\n\
         aft-account-customizations/keywheel-hub/terraform: 6 files (6 new)\n\
         aft-global-customizations/api_helpers: 3 files (3 new)\n\
         aft-global-customizations/terraform: 5 files (5 new)\n"
    );
}

#[test]
fn both_scripts_can_be_run_also_where_a_copy_lost_that() {
    let fixture = Fixture::new();
    fixture.export();
    for script in ["pre-api-helpers.sh", "post-api-helpers.sh"] {
        let path = fixture.out().join("aft-global-customizations/api_helpers").join(script);
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o755);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        fixture.export();
        assert_eq!(mode(), 0o755);
    }
}

#[test]
fn a_second_export_replaces_what_changed_and_keeps_what_the_team_filled_in() {
    let fixture = Fixture::new();
    fixture.export();
    let hub = "aft-account-customizations/keywheel-hub/terraform";
    for input in ["input.auto.tfvars.json", "artifacts.json"] {
        write(&fixture.out().join(hub).join(input), "ours");
    }
    fixture.write("account-customization/main.tf", "# new\n");

    let said = fixture.export();

    assert_eq!(fixture.text(&format!("{hub}/main.tf")), "# new\n");
    assert_eq!(fixture.text(&format!("{hub}/artifacts.json")), "ours");
    assert!(said.contains(&format!("{hub}: 6 files (1 replaced, 3 unchanged, 2 kept)\n")), "{said}");
    let kept = format!("{hub}/artifacts.json\n  {hub}/input.auto.tfvars.json\n");
    assert!(said.ends_with(&format!("\nKept, because your team fills it in:\n  {kept}")), "{said}");
}

#[test]
fn an_input_file_in_the_other_form_is_not_joined_by_the_sample_which_would_win_over_it() {
    let fixture = Fixture::new();
    let terraform = "aft-global-customizations/terraform";
    write(&fixture.out().join(terraform).join("input.auto.tfvars"), "ours");

    let said = fixture.export();

    assert!(!fixture.out().join(terraform).join("input.auto.tfvars.json").exists());
    assert!(said.contains(&format!("fills it in:\n  {terraform}/input.auto.tfvars\n")), "{said}");
}

#[test]
fn what_is_no_longer_exported_is_named_every_time_until_somebody_deletes_it() {
    let fixture = Fixture::new();
    fixture.export();
    fixture.remove("account-customization/modules/function/main.tf");
    let left = "aft-account-customizations/keywheel-hub/terraform/modules/function/main.tf";
    write(&fixture.out().join("aft-global-customizations/terraform/theirs.tf"), "");
    for _ in 0..2 {
        let said = fixture.export();
        assert!(said.ends_with(&format!("no longer used; delete it:\n  {left}\n")), "{said}");
    }
    fs::remove_file(fixture.out().join(left)).unwrap();
    assert!(!fixture.export().contains("Left over"));
}

#[test]
fn a_file_that_somebody_else_wrote_is_named_when_it_is_replaced() {
    let fixture = Fixture::new();
    let script = "aft-global-customizations/api_helpers/pre-api-helpers.sh";
    write(&fixture.out().join(script), "theirs");
    let said = fixture.export();
    assert!(said.ends_with(&format!("something of yours was in it:\n  {script}\n")), "{said}");
}

#[test]
fn another_name_of_the_hub_is_another_folder() {
    let fixture = Fixture::new();
    export(&fixture.root(), &fixture.out(), "security_2").unwrap();
    assert!(fixture.out().join("aft-account-customizations/security_2/terraform/main.tf").is_file());
    assert!(export(&fixture.root(), &fixture.out(), "../hub").unwrap_err().to_string().contains("no folder name"));
}

#[test]
fn a_folder_inside_a_layer_is_refused() {
    let fixture = Fixture::new();
    let out = fixture.root().join("account-customization/out");
    let error = export(&fixture.root(), &out, HUB).unwrap_err().to_string();
    assert!(error.contains("is inside") && !out.exists(), "{error}");
}

#[test]
fn a_missing_layer_helper_or_template_is_refused() {
    for file in ["pre-api-helpers.sh", "post-api-helpers.sh", "python/requirements.txt"] {
        let fixture = Fixture::new();
        fixture.remove(&format!("account-customization/api_helpers/{file}"));
        let refusal = fixture.refusal();
        assert!(refusal.contains(&format!("account-customization/api_helpers/{file} is missing")), "{refusal}");
    }
    for folder in ["templates", "account-customization", "global-account-customization"] {
        let fixture = Fixture::new();
        fs::remove_dir_all(fixture.root().join(folder)).unwrap();
        let refusal = fixture.refusal();
        assert!(refusal.contains("missing") && refusal.contains(folder), "{refusal}");
    }
}

#[test]
fn what_aft_would_not_stand_in_a_layer_is_refused_all_at_once() {
    let fixture = Fixture::new();
    fixture.write("global-account-customization/backend.tf", "");
    fixture.write("global-account-customization/aft-providers.tf", "");
    fixture.write("global-account-customization/extra.jinja", "");
    fixture
        .write("global-account-customization/hub.tf", "module \"hub\" {\n  source = \"../account-customization\"\n}\n");
    let refusal = fixture.refusal();
    for part in ["/backend.tf: AFT", "/aft-providers.tf: AFT", "/extra.jinja: AFT", "/hub.tf:2: the source"] {
        assert!(refusal.contains(&format!("  - global-account-customization{part}")), "{part} is not in {refusal}");
    }
}

#[test]
fn what_only_the_layers_own_tests_have_is_not_looked_at() {
    let fixture = Fixture::new();
    fixture.write("account-customization/tests/setup/main.tf", "module \"a\" {\n  source = \"../../../other\"\n}\n");
    fixture.write("account-customization/tests/setup/backend.tf", "");
    fixture.export();
}

#[test]
fn something_that_is_no_file_where_a_file_goes_is_refused() {
    let fixture = Fixture::new();
    fs::create_dir_all(fixture.out().join("aft-global-customizations/terraform/main.tf")).unwrap();
    let error = export(&fixture.root(), &fixture.out(), HUB).unwrap_err().to_string();
    assert!(error.contains("terraform/main.tf is there and is no plain file"), "{error}");
    assert!(!fixture.out().join("aft-account-customizations").exists());
}
