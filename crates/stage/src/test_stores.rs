//! The test of where keys are handed over: parameters, and the users' own way to them. The compiled functions, with roles enforced.

mod access;
mod central;
mod departed;
mod housekeeping;
mod key;
mod look_alike;
mod parameters;
mod replicas;

use keywheel_core::secret::smtp_password;
use secrecy::ExposeSecret;

use crate::admin::IssuedCredential;
use crate::clients::REGION;
use crate::leaks::{Searched, everything_written};
use crate::organization::Organization;
use crate::stage::Stage;
use crate::test_night::Place;
use crate::test_night::checks::Checks;

/// Runs every check: `true` when all of them passed.
///
/// # Errors
/// When the stage cannot be set, or a night does not end.
pub async fn run(place: &Place) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&place.out)?;
    let log = place.out.join("emulator.log");
    let stage = Stage::set(Organization::stores()?, &place.python, &place.functions, &log, &mut |_| {}).await?;
    let mut checks = Checks::new();
    parameters::check(&stage, &mut checks).await?;
    access::check(&stage, &mut checks).await?;
    housekeeping::prepare(&stage).await?;
    replicas::check(&stage, &mut checks).await?;
    key::check(&stage, &mut checks).await?;
    central::check(&stage, &mut checks).await?;
    housekeeping::check(&stage, &mut checks).await?;
    departed::check(&stage, &mut checks).await?;
    stage.write_function_log(&place.out).await?;
    let issued = stage.admin.credentials().await?;
    let passwords: Vec<_> = issued.iter().map(password).collect();
    let searched = Searched::new(&[issued, passwords].concat());
    let written = everything_written(&stage, &place.out).await?;
    checks.none(
        "no secret half that was ever issued, nor a password made of it, is in any text",
        searched.find(&written),
    );
    Ok(checks.conclude())
}

/// What SES would take for a key's password.
fn password(issued: &IssuedCredential) -> IssuedCredential {
    let half = issued.secret_access_key.clone().into();
    let secret_access_key = smtp_password(&half, REGION).expose_secret().to_owned();
    let access_key_id = format!("the password of {}", issued.access_key_id);
    IssuedCredential { access_key_id, secret_access_key, session_token: None }
}
