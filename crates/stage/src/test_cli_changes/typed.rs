//! The question of `rollback` and `emergency`, answered on a terminal: the user's name goes on, and nothing else does.

use keywheel_core::observed::KeyStatus;

use super::{Bench, ROTATION, keys, said};
use crate::command_line::Ended;
use crate::test_night::checks::Checks;

/// The end of the question.
const ASKED: &str = "to go on: ";
/// Whose key a run has replaced.
const USER: &str = "shipper";

pub(super) async fn check(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let account = &bench.stage.account("logs")?.id;
    let before = bench.calm_world().await?;
    let found = keys(&before, account, USER);
    let rollback = ["rollback", USER, "--account", account.as_str(), ROTATION[0], ROTATION[1]];
    let wrong = bench.hub.typing(&rollback, ASKED, &["deploy-bot\n"])?;
    // Without `script` there is no terminal, which has been said.
    let Some(wrong) = wrong else { return Ok(()) };
    let is_refused = wrong.code == Some(1) && wrong.out.contains("\"deploy-bot\" is not shipper; nothing was changed");
    checks.holds("rollback wants the user's name typed, and nothing else", is_refused, || said(&wrong));
    checks.none("another name changes nothing", bench.calm_world().await?.differences(&before));
    let right = bench.hub.typing(&rollback, ASKED, &["shipper\n"])?;
    checks.holds("rollback goes on when the user's name is typed", is_done(right.as_ref()), || shown(right.as_ref()));
    let after = keys(&bench.world().await?, account, USER);
    let stands = after.iter().find(|(_, status)| *status == KeyStatus::Active).map(|(key, _)| key.to_string());
    let stands = stands.unwrap_or_default();
    let has_one = after.iter().filter(|(_, status)| *status == KeyStatus::Active).count() == 1 && after.len() == 2;
    checks.holds("one of the two keys gave way to the other", has_one, || format!("{found:?}, then {after:?}"));
    let emergency = ["emergency", USER, &stands, "--account", account.as_str(), ROTATION[0], ROTATION[1]];
    let before = bench.calm_world().await?;
    let wrong = bench.hub.typing(&emergency, ASKED, &["yes\n"])?;
    let is_refused = wrong.as_ref().is_some_and(|wrong| {
        wrong.code == Some(1) && wrong.out.contains("\"yes\" is not shipper; nothing was changed")
    });
    checks.holds("emergency wants the user's name typed, and nothing else", is_refused, || shown(wrong.as_ref()));
    checks.none("another word changes nothing", bench.calm_world().await?.differences(&before));
    let right = bench.hub.typing(&emergency, ASKED, &["shipper\n"])?;
    checks.holds("emergency goes on when the user's name is typed", is_done(right.as_ref()), || shown(right.as_ref()));
    let left = keys(&bench.world().await?, account, USER);
    let none_works = !left.is_empty() && left.iter().all(|(_, status)| *status == KeyStatus::Inactive);
    checks.holds("the key that was named no longer works", none_works, || format!("{left:?}"));
    Ok(())
}

fn is_done(ended: Option<&Ended>) -> bool {
    ended.is_some_and(|ended| ended.code == Some(0) && ended.out.contains("0 deferred, 0 failed"))
}

fn shown(ended: Option<&Ended>) -> String {
    ended.map(said).unwrap_or_default()
}
