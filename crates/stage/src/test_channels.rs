//! The test of the channels: each mailer against a server that speaks its protocol, a topic and a bus. Whatever is answered, the notice is
//! recorded as what became of it, and the next run sends what was not sent.

mod cases;
mod credentials;
mod digest;
mod heard;
mod mailers;
mod returned;
mod servers;
mod ses;
mod steps;

use std::path::Path;

use crate::organization::Organization;
use crate::stage::Stage;
use crate::test_night::Place;
use crate::test_night::checks::Checks;
use mailers::Mailers;
use servers::Servers;

/// Accounts with steps to complete: one for a bus that listens, and one for a bus that may not be told.
const ACCOUNTS: usize = 2;

/// Runs every check: `true` when all of them passed. `python` has the mail servers' packages.
///
/// # Errors
/// When the stage cannot be set, or the emulator refuses a call that it should not.
pub async fn run(place: &Place, python: &Path) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&place.out)?;
    let servers = Servers::start(python, &place.out)?;
    let log = place.out.join("emulator.log");
    let organization = Organization::alike("death.json", ACCOUNTS)?;
    let stage = Stage::set(organization, &place.python, &place.functions, &log, &mut |_| {}).await?;
    let mailers = Mailers::install(&stage, &servers).await?;
    let mut checks = Checks::new();
    // At once, as the mails that are not answered take their time.
    let (tried, amazon) = tokio::join!(cases::first(&stage), async {
        let mut checks = Vec::new();
        ses::check(&stage, &mut checks).await?;
        returned::check(&stage, &mut checks).await?;
        steps::check(&stage, &mut checks).await?;
        anyhow::Ok(checks)
    });
    for (name, wrong) in amazon? {
        checks.none(&name, wrong);
    }
    cases::check(&stage, &servers, tried?, &mut checks).await?;
    credentials::check(&stage, &servers, &mailers, &mut checks).await?;
    stage.write_function_log(&place.out).await?;
    Ok(checks.conclude())
}
