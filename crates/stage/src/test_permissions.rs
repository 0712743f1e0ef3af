//! The test of the roles' permissions: each statement is needed, and what a role must not do is refused.

mod forbidden;
mod rows;
pub(crate) mod session;
mod statements;
mod trust;

use crate::organization::Organization;
use crate::stage::Stage;
use crate::test_night::Place;
use crate::test_night::checks::Checks;

/// Runs every check: `true` when all of them passed.
///
/// # Errors
/// When the stage cannot be set, or the emulator refuses a call that it should not.
pub async fn run(place: &Place) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&place.out)?;
    let log = place.out.join("emulator.log");
    let organization = Organization::alike("death.json", rows::ROWS.len())?;
    let stage = Stage::set(organization, &place.python, &place.functions, &log, &mut |_| {}).await?;
    let mut checks = Checks::new();
    forbidden::check(&stage, &mut checks).await?;
    trust::check(&stage, &mut checks).await?;
    statements::check(&stage, &mut checks).await?;
    Ok(checks.conclude())
}
