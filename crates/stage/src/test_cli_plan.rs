//! The test of the verbs that look and plan: the compiled `keywheel` on an organization of 300 accounts.

mod alike;
mod good;
mod standing;
mod wrong;

use std::path::Path;

use aws_sdk_iam::Client as IamClient;
use keywheel_core::id::AccountId;
use serde_json::Value;

use crate::command_line::{CommandLine, Ended};
use crate::organization::Organization;
use crate::policies::ADMINISTRATOR_ROLE;
use crate::snapshot;
use crate::stage::Stage;
use crate::test_night::Place;
use crate::test_night::checks::Checks;

/// How many accounts the organization has that can be looked at: the hub, and those alike.
const ACCOUNTS: usize = 300;
/// The flags with which the management account reaches the others.
const ROLE: [&str; 2] = ["--role-name", ADMINISTRATOR_ROLE];

/// Runs every check: `true` when all of them passed.
///
/// # Errors
/// When the stage cannot be set, or a night does not end.
pub async fn run(place: &Place, keywheel: &Path) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&place.out)?;
    let log = place.out.join("emulator.log");
    let organization = Organization::alike("plan.json", ACCOUNTS - 1)?;
    let stage = Stage::set(organization, &place.python, &place.functions, &log, &mut |_| {}).await?;
    let management = CommandLine::signed_in_to(&stage, keywheel, &stage.organization.management)?;
    let hub = CommandLine::new(&stage, keywheel)?;
    let mut checks = Checks::new();
    alike::check(&stage, &management, &mut checks).await?;
    good::check(&stage, &hub, &mut checks).await?;
    standing::check(&stage, &hub, &management, &mut checks).await?;
    wrong::check(&stage, &management, &hub, &mut checks).await?;
    Ok(checks.conclude())
}

/// Holds a call against its snapshot.
fn shows(checks: &mut Checks, name: &str, says: &str, ended: anyhow::Result<Ended>) {
    checks.tried(says, ended.and_then(|ended| snapshot::differences(name, &ended)));
}

/// What a call printed as JSON; null where it did not.
fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_default()
}

/// Takes the role away with which the management account reaches an account.
async fn close(stage: &Stage, account: &AccountId) -> anyhow::Result<()> {
    let iam = IamClient::new(&stage.clients.root_of(account));
    iam.delete_role_policy().role_name(ADMINISTRATOR_ROLE).policy_name("AdministratorAccess").send().await?;
    iam.delete_role().role_name(ADMINISTRATOR_ROLE).send().await?;
    Ok(())
}
