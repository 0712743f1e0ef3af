//! Which file goes where, and what becomes of a file that is there already.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::layer::{HELPERS, Layer, SCRIPTS};
use super::{ACCOUNTS, GLOBAL, GLOBAL_LAYER, HUB_LAYER, TEMPLATES, TERRAFORM};
use crate::files;

/// What the team fills in. Terraform reads both forms of the input, so where one is there the other is not added.
const INPUTS: [&[&str]; 2] = [&["input.auto.tfvars", "input.auto.tfvars.json"], &["artifacts.json"]];

/// One file of the export.
#[derive(Debug)]
pub(super) struct Item {
    /// Where it comes from.
    from: PathBuf,
    /// AFT's folder for it, relative to where the export goes.
    pub(super) place: PathBuf,
    /// Its path in that folder.
    name: PathBuf,
    is_executable: bool,
}

/// What becomes of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// There was no such file.
    New,
    /// There was another one.
    Replaced,
    /// It was there already.
    Same,
    /// The team's own input file, at that path, stays.
    Kept(PathBuf),
}

/// Every file of the export. Refuses what AFT would not stand, before anything is written.
pub(super) fn items(root: &Path, hub: &str) -> Result<Vec<Item>> {
    let global = of_layer(root, GLOBAL_LAYER, Path::new(GLOBAL))?;
    let place = Path::new(ACCOUNTS).join(hub);
    let hub = of_layer(root, HUB_LAYER, &place)?;
    let templates = root.join(TEMPLATES);
    ensure!(templates.is_dir(), "the mails' templates are missing: there is no folder {}", templates.display());
    ensure!(
        !root.join(HUB_LAYER).join(TEMPLATES).exists(),
        "{HUB_LAYER}/{TEMPLATES} takes the place of the top-level {TEMPLATES}/, which is exported to there; take it out"
    );
    let templates = files::list(&templates, files::is_source)?.into_iter().map(|file| Item {
        from: templates.join(&file),
        place: place.join(TERRAFORM),
        name: Path::new(TEMPLATES).join(file),
        is_executable: false,
    });
    Ok(global.into_iter().chain(hub).chain(templates).collect())
}

fn of_layer(root: &Path, name: &str, place: &Path) -> Result<Vec<Item>> {
    let (layer, folder) = (Layer::read(root, name)?, root.join(name));
    let terraform = layer.terraform.into_iter().map(|file| Item {
        from: folder.join(&file),
        place: place.join(TERRAFORM),
        name: file,
        is_executable: false,
    });
    let helpers = layer.helpers.into_iter().map(|file| Item {
        from: folder.join(HELPERS).join(&file),
        place: place.join(HELPERS),
        is_executable: SCRIPTS.iter().any(|script| file == Path::new(script)),
        name: file,
    });
    Ok(terraform.chain(helpers).collect())
}

impl Item {
    /// Where it goes, relative to where the export goes.
    pub(super) fn to(&self) -> PathBuf {
        self.place.join(&self.name)
    }

    /// Whether it is an input file, which belongs to the team once it is there.
    pub(super) fn is_input(&self) -> bool {
        self.forms().is_some()
    }

    fn forms(&self) -> Option<&'static [&'static str]> {
        INPUTS.into_iter().find(|forms| forms.iter().any(|form| self.name == Path::new(form)))
    }

    /// What would become of it.
    pub(super) fn fate(&self, out: &Path) -> Result<Fate> {
        let to = out.join(self.to());
        let is_there = to.symlink_metadata().is_ok();
        ensure!(
            !is_there || to.symlink_metadata()?.is_file(),
            "{} is there and is no plain file; move it away",
            to.display()
        );
        let is_same = is_there && self.content()? == read(&to)?;
        if is_same {
            return Ok(Fate::Same);
        }
        let mut present = self.forms().into_iter().flatten().map(|form| self.place.join(form));
        if let Some(own) = present.find(|form| out.join(form).exists()) {
            return Ok(Fate::Kept(own));
        }
        Ok(if is_there { Fate::Replaced } else { Fate::New })
    }

    /// Writes it.
    pub(super) fn write(&self, out: &Path) -> Result<()> {
        let to = out.join(self.to());
        files::make_folder_of(&to)?;
        fs::write(&to, self.content()?).with_context(|| format!("cannot write {}", to.display()))?;
        self.set_mode(&to)
    }

    /// Lets AFT run the scripts, also where somebody's copy lost that.
    pub(super) fn set_mode(&self, to: &Path) -> Result<()> {
        if self.is_executable {
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(to, mode).with_context(|| format!("cannot make {} executable", to.display()))?;
        }
        Ok(())
    }

    fn content(&self) -> Result<Vec<u8>> {
        read(&self.from)
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
