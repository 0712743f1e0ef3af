//! Accounts that cannot be reached, and calls that make no sense.

use super::{ROLE, close, shows};
use crate::command_line::{CommandLine, Ended};
use crate::functions::{ACCOUNT_INVENTORY, TIMEOUT};
use crate::stage::Stage;
use crate::test_night::checks::Checks;

pub(super) async fn check(
    stage: &Stage,
    management: &CommandLine<'_>,
    hub: &CommandLine<'_>,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let account = |name: &str| stage.account(name).map(|account| account.id.to_string());
    let (one, two, three) = (account("account-0001")?, account("account-0002")?, account("account-0003")?);
    for name in ["account-0001", "account-0002"] {
        close(stage, &stage.account(name)?.id).await?;
    }
    let some = ["plan", ROLE[0], ROLE[1], "--account", &one, "--account", &two, "--account", &three];
    // Ids are given at random, and go by order.
    let alike = |text: &str| text.replace("account-0001", "account-000#").replace("account-0002", "account-000#");
    let ended = management.keywheel(&some).map(|ended| Ended { err: alike(&ended.err), ..ended });
    shows(checks, "plan-unreached", "equal failures are told together, and the exit code is 1", ended);
    let closing = account("closing")?;
    let skipped = management.keywheel(&["plan", ROLE[0], ROLE[1], "--account", &closing]);
    shows(checks, "plan-skipped", "an account that is left out is accounted for", skipped);
    for (name, says, arguments) in [
        (
            "plan-no-user",
            "a user who is nowhere is wrong usage",
            &["plan", "--own-account", "--user", "deploy-bto"][..],
        ),
        (
            "plan-bad-setting",
            "a setting that makes no sense is refused with its origin",
            &["plan", "--own-account", "--set", "WARN_DAYS=x"],
        ),
        (
            "plan-no-function",
            "a function that is not there is named",
            &["plan", "--own-account", "--function", "key-rotatoin"],
        ),
        ("plan-not-allowed", "whoever may not list the organization is told the ways out", &["plan"]),
        ("plan-no-unit", "an OU is checked before anything is asked", &["plan", "--organizational-unit", "few"]),
    ] {
        shows(checks, name, says, hub.keywheel(arguments));
    }
    let unknown = management.keywheel(&["plan", ROLE[0], ROLE[1], "--account", "123456789012"]);
    shows(checks, "plan-no-account", "an account that is not in the organization is wrong usage", unknown);
    scope(stage, hub, checks).await
}

/// What account-inventory leaves out is left out where key-rotation alone is named; where account-inventory is not found, that is said.
async fn scope(stage: &Stage, hub: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let account = stage.organization.hub().to_string();
    let plan = ["plan", "--function", "key-rotation", "--account", &account];
    let mut variables = stage.functions.variables(ACCOUNT_INVENTORY);
    variables.insert("EXCLUDE_ACCOUNTS".to_owned(), account.clone());
    stage.functions.configure(ACCOUNT_INVENTORY, TIMEOUT, variables.clone()).await?;
    let says = "an account that account-inventory leaves out is left out, in whoever's name the organization is asked";
    shows(checks, "plan-excluded", says, hub.keywheel(&plan));
    variables.insert("ROTATION_FUNCTION".to_owned(), "another".to_owned());
    stage.functions.configure(ACCOUNT_INVENTORY, TIMEOUT, variables).await?;
    let without = [&plan[..], &["--org-list-role-arn", "", "--user", "tape-writer"]].concat();
    shows(checks, "plan-no-scope", "a plan says that it does not know whom a night leaves out", hub.keywheel(&without));
    Ok(())
}
