//! `apply --own-account`: a fresh plan of the account that one is signed in to, carried out by the function or in this process.

use keywheel_core::id::AccountId;

use super::{Bench, interrupted, is_told, keys, said, shows};
use crate::policies::STATE_BUCKET;
use crate::test_night::checks::Checks;

const APPLY: [&str; 4] = ["apply", "--own-account", "--function", "key-rotation"];

pub(super) async fn check(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let call = |more: &[&str]| bench.hub.keywheel(&APPLY.iter().chain(more).copied().collect::<Vec<_>>());
    let before = bench.calm_world().await?;
    refusals(bench, checks)?;
    let asked = call(&["--local"]);
    shows(checks, "apply-local-unconfirmed", "apply --local shows the changes, and asks", asked);
    checks.none("what is refused changes nothing", bench.calm_world().await?.differences(&before));
    cut_short(bench, checks).await?;
    let plan = ["plan", "--own-account", "--function", "key-rotation", "--user", "own-bot", "--save", "own.json"];
    let planned = bench.hub.keywheel(&plan)?;
    checks.holds("a plan of the own account is saved", planned.code == Some(0), || said(&planned));
    let local = ["apply", "own.json", "--local", "--function", "key-rotation", "--yes"];
    shows(checks, "apply-local", "apply --local carries a plan out", bench.hub.keywheel(&local));
    let hub = bench.stage.organization.hub();
    let made_here = made(bench, hub).await?;
    checks.holds("apply --local makes the key that was reviewed", made_here == ["own-bot"], || made_here.join(", "));
    carried_out(bench, checks, hub).await?;
    shows(checks, "apply-fresh", "apply has the function carry a fresh plan out", call(&["--yes"]));
    let made = made(bench, hub).await?;
    checks.holds("a fresh plan has whatever is due", made.len() == 2, || made.join(", "));
    shows(checks, "apply-nothing", "nothing is left to apply", call(&["--local", "--yes"]));
    Ok(())
}

/// Ctrl-C while the users are still looked at: no step of a saved plan begins, and the claim is given back.
async fn cut_short(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let planned =
        bench.hub.keywheel(&["plan", "--own-account", "--function", "key-rotation", "--save", "both.json"])?;
    checks.holds("a plan of all own users is saved", planned.code == Some(0), || said(&planned));
    let local = ["apply", "both.json", "--local", "--function", "key-rotation", "--yes"];
    let ended = interrupted(bench, &bench.hub, &local, "iam:GetAccountAuthorizationDetails").await;
    shows(
        checks,
        "apply-local-interrupted",
        "Ctrl-C of apply --local begins nothing else and counts what is left",
        ended,
    );
    let made = made(bench, bench.stage.organization.hub()).await?;
    checks.holds("what is left makes no key", made.is_empty(), || made.join(", "));
    Ok(())
}

/// Who has a second key.
async fn made(bench: &Bench<'_>, hub: &AccountId) -> anyhow::Result<Vec<&'static str>> {
    let world = bench.world().await?;
    Ok(["own-bot", "own-clock"].into_iter().filter(|user| keys(&world, hub, user).len() == 2).collect())
}

fn refusals(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let refused = |call: &[&str]| bench.hub.keywheel(call);
    let own = ["apply", "--own-account", "--local", "--yes"];
    let audit = refused(&[&own[..], &["--state-bucket", STATE_BUCKET]].concat());
    shows(checks, "apply-local-audit", "apply --local changes nothing in audit", audit);
    let without = refused(&[&own[..], &["--set", "RUN_MODE=enforce"]].concat());
    shows(checks, "apply-local-no-bucket", "apply --local needs a state bucket", without);
    let other = refused(&[
        "apply",
        "plan.json",
        "--local",
        "--yes",
        "--set",
        "RUN_MODE=enforce",
        "--state-bucket",
        STATE_BUCKET,
    ])?;
    let is_refused = other.code == Some(2) && other.err.contains("--local changes the own account alone");
    checks.holds("apply --local refuses another account's plan", is_refused, || said(&other));
    Ok(())
}

async fn carried_out(bench: &Bench<'_>, checks: &mut Checks, hub: &AccountId) -> anyhow::Result<()> {
    let stored = bench.stage.state.values("").await?;
    let ledger = stored.get(&format!("ledger/{hub}.json"));
    let users = ledger.map(|ledger| &ledger["users"]);
    let is_kept = users.is_some_and(|users| users.get("own-bot").is_some());
    checks.holds("the ledger remembers the user", is_kept, || format!("{ledger:?}"));
    let is_result = |key: &&String| key.contains("/apply-") && key.ends_with(&format!("/accounts/{hub}.json"));
    let results = stored.keys().filter(is_result).count();
    checks.holds("each run here has a result, the interrupted one too", results == 2, || format!("{results} results"));
    is_told(checks, "the new key is told of", bench, &bench.stage.organization.security_email, "own-bot").await
}
