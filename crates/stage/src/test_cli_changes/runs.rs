//! `run`: invokes the deployed account-inventory, follows the run in the state bucket, and sums it up.

use super::{Bench, interrupted, said, shows, typed};
use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::policies::STATE_BUCKET;
use crate::test_night::checks::Checks;

/// The end of the question.
const ASKED: &str = "to go on: ";

pub(super) async fn check(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
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
    let id = format!("{}\n", bench.stage.organization.id);
    let typed = ["run", "--account-inventory", "account-inventory", "--function", "key-rotation", "--account", &logs];
    if let Some(wrong) = bench.hub.typing(&typed, ASKED, &["yes\n"])? {
        let refused =
            wrong.code == Some(1) && wrong.out.contains("nothing was changed") && wrong.out.contains(id.trim());
        checks.holds("run wants the organization's id typed, and nothing else", refused, || said(&wrong));
    }
    if let Some(right) = bench.hub.typing(&typed, ASKED, &[&id])? {
        let done = right.code == Some(0) && right.out.contains("1 scanned");
        checks.holds("run goes on when the organization's id is typed", done, || said(&right));
    }
    // What a run has replaced, while the function still starts.
    typed::check(bench, checks).await?;
    unanswered(bench, checks, &logs).await
}

/// A key-rotation that does not start answers nothing.
async fn unanswered(bench: &Bench<'_>, checks: &mut Checks, account: &str) -> anyhow::Result<()> {
    let functions = &bench.stage.functions;
    let mut broken = functions.variables(KEY_ROTATION);
    broken.insert("ROTATION_PERIOD".to_owned(), "none".to_owned());
    functions.configure(KEY_ROTATION, TIMEOUT, broken).await?;
    let run = ["run", "--account-inventory", "account-inventory", "--state-bucket", STATE_BUCKET, "--yes", "--account"];
    let run: Vec<_> = run.iter().copied().chain([account]).collect();
    let out_of_time = bench.hub.keywheel(&[&run[..], &["--timeout", "0"]].concat());
    shows(checks, "run-timeout", "run says who has not answered when its time is over", out_of_time);
    if let Some(ended) = bench.hub.typing(&run, "1 invoked", &["\u{3}"])? {
        let said_left = ended.out.contains("1 account without an answer") && ended.out.contains("goes on in Lambda");
        let is_ended = ended.code == Some(130) && said_left;
        checks.holds("Ctrl-C of run says that it goes on in Lambda, and who is left", is_ended, || said(&ended));
    }
    let early = interrupted(bench, &bench.hub, &run, "lambda:InvokeFunction").await;
    shows(checks, "run-interrupted", "Ctrl-C before the function answers names the run", early);
    functions.configure(KEY_ROTATION, TIMEOUT, functions.variables(KEY_ROTATION)).await
}
