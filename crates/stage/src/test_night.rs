//! The night's test: nights on the demo organization, each held against expectations written by hand, and bad input of every kind.

mod access;
mod bad_environment;
mod bad_event;
pub(crate) mod checks;
mod explicit;
mod fan_out;
mod leaks;
mod mails;
mod night;
pub(crate) mod permissions;
mod repeated;
mod scope;
mod sensitivity;
mod state;
mod trouble;

use std::path::{Path, PathBuf};

use crate::expected::Held;
use crate::organization::Organization;
use crate::stage::Stage;
use checks::Checks;

/// What the test needs, and where it writes.
#[derive(Clone, Debug)]
pub struct Place {
    /// The Python interpreter of the virtual environment with the emulator.
    pub python: PathBuf,
    /// The folder with the packaged functions.
    pub functions: PathBuf,
    /// The folder for what is written.
    pub out: PathBuf,
}

/// Runs every check: `true` when all of them passed.
///
/// # Errors
/// When a stage cannot be set.
pub async fn run(place: &Place) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&place.out)?;
    let mut checks = Checks::new();
    demo_organization(place, &mut checks).await?;
    trouble::check(place, &mut checks).await?;
    Ok(checks.conclude())
}

async fn demo_organization(place: &Place, checks: &mut Checks) -> anyhow::Result<()> {
    let log = place.out.join("emulator.log");
    let stage = set(Organization::demo()?, place, &log).await?;
    let before = stage.world().await?;
    let audited = night::audit(&stage, &before, checks).await?;
    let (night, after) = night::enforce(&stage, &audited, checks).await?;
    let held = Held { stage: &stage, night: &night, before: &audited, after: &after };
    sensitivity::check(&held, checks);
    night::values(&held, checks).await;
    night::log_lines(&stage, checks).await?;
    repeated::night(&stage, &after, checks).await?;
    let rested = stage.world().await?;
    bad_event::check(&stage, checks).await;
    bad_environment::check(&stage, checks).await;
    state::check(&stage, checks).await?;
    checks.none("bad input changes nothing", stage.world().await?.differences(&rested));
    scope::check(&stage, checks).await?;
    fan_out::check(&stage, checks).await?;
    permissions::check(&stage, checks).await?;
    mails::check(&stage, checks).await?;
    repeated::delivery(&stage, checks).await?;
    explicit::check(&stage, checks).await?;
    access::check(&held, checks).await;
    leaks::check(&stage, &place.out, checks).await?;
    leaks::planted(&stage, &place.out, checks).await
}

async fn set(organization: Organization, place: &Place, log: &Path) -> anyhow::Result<Stage> {
    Stage::set(organization, &place.python, &place.functions, log, &mut |_| {}).await
}
