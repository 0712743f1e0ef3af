//! `run`: invokes the deployed account-inventory, follows the run in the state bucket, and sums it up.

use super::{Bench, said, shows};
use crate::test_night::checks::Checks;

pub(super) fn check(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let call = |more: &[&str]| {
        let parts = ["run", "--account-inventory", "account-inventory", "--function", "key-rotation"];
        bench.hub.keywheel(&parts.iter().chain(more).copied().collect::<Vec<_>>())
    };
    shows(checks, "run-unconfirmed", "run asks where it may change something", call(&[]));
    let logs = bench.stage.account("logs")?.id.to_string();
    shows(checks, "run", "run follows until every account has answered", call(&["--account", &logs, "--yes"]));
    // The function is found by its settings.
    let whole = ["run", "--function", "key-rotation", "--function", "account-inventory", "--mode", "audit"];
    let whole = bench.hub.keywheel(&whole)?;
    let failed = whole.code == Some(1) && whole.out.contains("listed") && whole.err.contains("1 account not reached");
    checks.holds("an account that is not reached makes the run a failure", failed, || said(&whole));
    let nowhere = bench.hub.keywheel(&["run", "--account-inventory", "account-inventory", "--yes"]);
    shows(checks, "run-nowhere", "run says what it needs to follow", nowhere);
    let misspelt = call(&["--account", "123456789012", "--yes"]);
    shows(checks, "run-unknown-account", "what the function refuses is said", misspelt);
    Ok(())
}
