//! The test of encrypted delivery, and of what the command line does on AWS: the compiled functions, and the compiled `keywheel`.

mod opened;
mod push;

use std::path::Path;

use age::x25519::Identity;
use anyhow::Context;
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::id::AccountId;
use keywheel_core::plan::StepKind;
use serde_json::json;

use crate::admin::Mail;
use crate::command_line::CommandLine;
use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::leaks::{Searched, everything_written};
use crate::night::{self, Night};
use crate::organization::Organization;
use crate::stage::Stage;
use crate::test_night::Place;
use crate::test_night::checks::Checks;

const LIST: &str = "recipients.json";
const ARMOUR: &str = "BEGIN AGE ENCRYPTED FILE";
/// An SSH key, which age takes and the list does not.
const SSH: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHKDAhw6wGLQzPbAHhDzjNyKnLZGBQqkPRgjTTvGxeQl";
/// Whom a tag sends nothing, and the words with which that is said.
const UNANSWERED: [(&str, &str); 3] = [
    ("unknown", "the list of recipients has no entry \"mallory\""),
    ("foreign", "is not open to user foreign"),
    ("ssh", "is no X25519 recipient"),
];

/// Runs every check: `true` when all of them passed.
///
/// # Errors
/// When the stage cannot be set, or a night does not end.
pub async fn run(place: &Place, keywheel: &Path) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&place.out)?;
    let log = place.out.join("emulator.log");
    let stage = Stage::set(Organization::delivery()?, &place.python, &place.functions, &log, &mut |_| {}).await?;
    let command_line = CommandLine::new(&stage, keywheel)?;
    let mut checks = Checks::new();
    delivery(&stage, &command_line, &mut checks).await?;
    leaks(&stage, &place.out, &mut checks).await?;
    push::check(&stage, &command_line, &mut checks).await?;
    Ok(checks.conclude())
}

/// Two nights: in the first there is no list, and SES takes no mail; the second sends what the first could not.
async fn delivery(stage: &Stage, command_line: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let mut variables = stage.functions.variables(KEY_ROTATION);
    variables.insert("ENCRYPTED_DELIVERY".to_owned(), "on".to_owned());
    stage.functions.configure(KEY_ROTATION, TIMEOUT, variables).await?;
    let account = stage.account("payments")?.id.clone();
    let paused = json!({ "operation": "ses:SendEmail", "error": "SendingPausedException", "status": 400, "times": -1 });
    stage.admin.add_fault(paused).await?;
    let first = night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
    without_a_list(&first, &account, checks)?;
    // Else a retry of the first night's mails could find that SES takes them again, and send them without what the second attaches.
    night::settle(stage, 0).await?;
    stage.admin.clear_faults().await?;

    let identities = [Identity::generate(), Identity::generate()];
    let recipients: Vec<_> = identities.iter().map(|identity| identity.to_public().to_string()).collect();
    let entry = |recipient: &str, users: String| json!({ "recipient": recipient, "users": [users] });
    let list = json!({ "schema_version": 1, "recipients": {
        "alice": entry(&recipients[0], format!("{account}/alice")),
        "payments": entry(&recipients[1], format!("{account}/*")),
        "ssh": entry(SSH, "*/*".to_owned()),
    } });
    stage.state.put(LIST, &list).await?;
    stage.admin.age(1).await?;
    let second = night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
    for (name, identity) in ["alice", "tomorrow"].into_iter().zip(&identities) {
        let shows = if name == "alice" { "a notice that is sent again" } else { "the notice of a new key" };
        let wrong = opened::wrong(stage, command_line, &second.mails, name, identity).await;
        checks.tried(&format!("{shows} brings the pair to its owner, who alone can open it, and it works"), wrong);
    }
    checks.tried("nobody else is sent a pair", to_nobody_else(&second.mails));
    unanswered(&second, &account, checks)
}

fn result<'a>(night: &'a Night, account: &AccountId) -> anyhow::Result<&'a AccountResult> {
    night.results.get(account).context("the account has no result")
}

fn without_a_list(night: &Night, account: &AccountId, checks: &mut Checks) -> anyhow::Result<()> {
    let result = result(night, account)?;
    let published = |step: &&keywheel_core::contract::result::StepResult| {
        step.step == StepKind::Create && step.status == StepStatus::Done
    };
    let made = result.steps.iter().filter(published).count();
    checks.holds("without a list every key is rotated all the same", made == 5 && result.complete, || {
        serde_json::to_string(&result.steps).unwrap_or_default()
    });
    let error = result.error.clone().unwrap_or_default();
    let says = error.contains("4 users") && error.contains("there is no list of recipients keywheel/recipients.json");
    checks.holds("the result says that there is no list", says, || error);
    checks.holds("SES took no mail", night.mails.is_empty(), || format!("{} mails", night.mails.len()));
    Ok(())
}

fn to_nobody_else(mails: &[Mail]) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    for mail in mails {
        let is_owner = ["alice@example.com", "tomorrow@example.com"].iter().any(|owner| mail.to == [*owner]);
        let files = mail.attachments()?;
        let texts = mail.text().contains(".age") || mail.html().contains(".age") || mail.text().contains(ARMOUR);
        if !is_owner && (!files.is_empty() || texts) {
            wrong.push(format!("the mail to {:?} has {} attachments", mail.to, files.len()));
        }
    }
    let told: Vec<_> = mails.iter().flat_map(|mail| mail.to.clone()).collect();
    for recipient in ["owner@example.com", "security@example.com", "plain@example.com"] {
        if !told.iter().any(|one| one == recipient) {
            wrong.push(format!("{recipient} was not told"));
        }
    }
    Ok(wrong)
}

fn unanswered(night: &Night, account: &AccountId, checks: &mut Checks) -> anyhow::Result<()> {
    let error = result(night, account)?.error.clone().unwrap_or_default();
    checks.holds("the result says whose pairs were not attached", error.contains("3 users"), || error.clone());
    for (user, words) in UNANSWERED {
        let unquoted = words.replace('"', "");
        let says = |recipient: &str| {
            let mut mails = night.mails.iter().filter(|mail| mail.to == [recipient.to_owned()]);
            mails.any(|mail| mail.text().replace('"', "").contains(&unquoted))
        };
        let own = format!("{user}@example.com");
        let silent: Vec<_> = ["owner@example.com", &own].into_iter().filter(|recipient| !says(recipient)).collect();
        let silent = silent.into_iter().map(|recipient| format!("the mail to {recipient} does not say it")).collect();
        checks.none(&format!("the owners are told: {words}"), silent);
    }
    Ok(())
}

/// No secret half is anywhere, and encrypted ones only where they have to be.
async fn leaks(stage: &Stage, out: &Path, checks: &mut Checks) -> anyhow::Result<()> {
    stage.write_function_log(out).await?;
    let searched = Searched::new(&stage.admin.credentials().await?);
    let written = everything_written(stage, out).await?;
    checks.none("no secret half that was ever issued is in any text", searched.find(&written));
    let armoured = written.iter().filter(|one| one.text.contains(ARMOUR)).map(|one| one.place.clone());
    let elsewhere = |place: &String| {
        let allowed = ["an event for notification", "the mail to [\"alice@", "the mail to [\"tomorrow@"];
        !allowed.iter().any(|one| place.starts_with(one))
    };
    checks.none(
        "encrypted pairs are in events for notification and in owners' mails alone",
        armoured.filter(elsewhere).collect(),
    );
    Ok(())
}
