//! `cargo xtask aft-export`: lays two layers out as Account Factory for Terraform (AFT) wants them in its repositories.

mod layer;
mod place;
mod plan;
mod record;
mod report;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::workspace::Workspace;
use plan::{Fate, Item};
use record::Record;
use report::Report;

/// The hub's name in AFT, where nobody gives it another.
pub(crate) const HUB: &str = "keywheel-hub";

/// AFT's repository, and its folder, of what every account gets.
pub(crate) const GLOBAL: &str = "aft-global-customizations";

/// AFT's repository of what single accounts get: a folder per `account_customizations_name`.
pub(crate) const ACCOUNTS: &str = "aft-account-customizations";

/// The folder in which AFT runs Terraform.
pub(crate) const TERRAFORM: &str = "terraform";

/// The mails' templates, here and in the hub's export.
pub(crate) const TEMPLATES: &str = "templates";

/// The layer that every account gets.
pub(crate) const GLOBAL_LAYER: &str = "global-account-customization";

/// The layer of the hub.
pub(crate) const HUB_LAYER: &str = "account-customization";

/// The layer that is not AFT's.
pub(crate) const BOOTSTRAP_LAYER: &str = "aft-bootstrap";

/// Exports, and says what became of which file and what to do next.
pub(crate) fn run(workspace: &Workspace, out: &Path, hub: &str) -> Result<()> {
    print!("{}", export(&workspace.root, out, hub)?);
    println!(
        "\nNext:\n  \
         1. Copy {GLOBAL}/ and {ACCOUNTS}/{hub}/ into your AFT repositories of these names;\n     \
         an export straight into the folder that holds their clones keeps what you filled in.\n  \
         2. Fill in the input file in each {TERRAFORM}/.\n  \
         3. Push, set account_customizations_name = \"{hub}\" in the hub account's request, and start AFT's\n     \
         state machine aft-invoke-customizations for the accounts that are there already."
    );
    Ok(())
}

/// Lays everything out under a folder. What is refused is refused before the first file is written.
pub(crate) fn export(root: &Path, out: &Path, hub: &str) -> Result<Report> {
    place::check_name(hub)?;
    let sources = [BOOTSTRAP_LAYER, GLOBAL_LAYER, HUB_LAYER, TEMPLATES].map(|folder| root.join(folder));
    place::check_folder(out, &sources)?;
    let items = plan::items(root, hub)?;
    let fates = items.iter().map(|item| item.fate(out)).collect::<Result<Vec<_>>>()?;
    let record = Record::read(out)?;

    let exported: BTreeSet<PathBuf> = items.iter().map(Item::to).collect();
    let mut report = Report::new(out, record.left_over(out, &exported));
    // First, because an export that breaks off must know its own files again.
    let ours = items.iter().filter(|item| !item.is_input()).map(Item::to);
    Record::write(out, &ours.chain(report.left_over().iter().cloned()).collect())?;
    for (item, fate) in items.iter().zip(&fates) {
        match fate {
            Fate::New | Fate::Replaced => item.write(out)?,
            Fate::Same => item.set_mode(&out.join(item.to()))?,
            Fate::Kept(_) => {}
        }
        report.add(item, fate, record.has(&item.to()));
    }
    Ok(report)
}

#[cfg(test)]
mod tests;
