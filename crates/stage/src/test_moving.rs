//! The test of the pages in `docs/migrate`: from what each of the other rotators leaves behind to keys that Keywheel looks after.
//!
//! Each has a stage of its own, because periods and prefixes of tags differ, and settings are an organization's. The steps are those of the page, in
//! its order, with the compiled `keywheel` and the compiled functions.

mod age_based;
mod ground;
mod hosts;
mod iam_key_rotator;
mod look;
mod page;
mod parameter;
mod sample;
mod standing;
mod three_rules;

use std::path::Path;

use crate::test_night::Place;
use crate::test_night::checks::Checks;

/// Runs every check: `true` when all of them passed.
///
/// # Errors
/// When a stage cannot be set, or a night does not end.
pub async fn run(place: &Place, keywheel: &Path) -> anyhow::Result<bool> {
    let moves = tokio::try_join!(
        Box::pin(sample::check(place, keywheel)),
        Box::pin(iam_key_rotator::check(place, keywheel)),
        Box::pin(parameter::check(place, keywheel)),
        Box::pin(three_rules::check(place, keywheel)),
        Box::pin(age_based::check(place, keywheel)),
    )?;
    let mut checks = Checks::new();
    for each in <[Checks; 5]>::from(moves) {
        checks.add(each);
    }
    Ok(checks.conclude())
}
