//! The test of the verbs that look at a deployment: the compiled `keywheel doctor`, `status` and `forecast`.

mod acknowledgements;
mod deployment;
mod future;
mod handing_over;
mod past;

use std::path::Path;

use crate::command_line::{CommandLine, Ended};
use crate::organization::Organization;
use crate::snapshot;
use crate::stage::Stage;
use crate::test_night::Place;
use crate::test_night::checks::Checks;

/// Accounts besides the hub.
const ACCOUNTS: usize = 2;

/// Runs every check: `true` when all of them passed.
///
/// # Errors
/// When the stage cannot be set, or a night does not end.
pub async fn run(place: &Place, keywheel: &Path) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&place.out)?;
    let log = place.out.join("emulator.log");
    let organization = Organization::alike("plan.json", ACCOUNTS)?;
    let stage = Stage::set(organization, &place.python, &place.functions, &log, &mut |_| {}).await?;
    let hub = CommandLine::new(&stage, keywheel)?;
    let mut checks = Checks::new();
    deployment::new(&stage, &hub, &mut checks).await?;
    deployment::without_rights(&stage, keywheel, &mut checks).await?;
    past::check(&stage, &hub, &mut checks).await?;
    future::check(&stage, &hub, &mut checks).await?;
    deployment::in_use(&stage, &hub, &mut checks).await?;
    handing_over::check(&stage, &hub, &mut checks).await?;
    acknowledgements::check(&stage, &hub, &mut checks).await?;
    deployment::broken(&stage, &hub, &mut checks).await?;
    Ok(checks.conclude())
}

/// Holds a call against its snapshot.
fn shows(checks: &mut Checks, name: &str, says: &str, ended: anyhow::Result<Ended>) {
    checks.tried(says, ended.and_then(|ended| snapshot::differences(name, &ended)));
}
