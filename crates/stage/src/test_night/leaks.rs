//! No secret half or session token stands anywhere in what was written; and a search that finds nothing would find one.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;
use aws_sdk_sesv2::Client as MailClient;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use serde_json::json;

use super::checks::Checks;
use crate::functions::KEY_ROTATION;
use crate::leaks::{Searched, everything_written};
use crate::logs;
use crate::policies::SENDER;
use crate::stage::Stage;

/// Searches everything.
pub(super) async fn check(stage: &Stage, out: &Path, checks: &mut Checks) -> anyhow::Result<()> {
    stage.write_function_log(out).await?;
    let searched = Searched::new(&stage.admin.credentials().await?);
    let written = everything_written(stage, out).await?;
    let keys = stage.seeded.users.iter().map(|user| user.keys.len()).sum::<usize>();
    let name = format!("no secret half that was ever issued is in any of {} texts", written.len());
    checks
        .holds("every key that was ever made is searched for", searched.len() > keys, || format!("{}", searched.len()));
    checks.none(&name, searched.find(&written));
    let lines = stage.admin.function_log().await?;
    let name = format!("each of {} lines of the log is JSON with documented fields, and names its run", lines.len());
    let faults: Vec<_> =
        lines.iter().filter_map(|one| Some(format!("{}: {}", one.function, logs::fault(&one.line)?))).collect();
    checks.holds("the functions logged something", lines.len() > 20, || format!("{}", lines.len()));
    checks.none(&name, faults);
    Ok(())
}

const RECIPIENT: &str = "planted@example.com";
const OBJECT: &str = "ledger/planted.json";
const FILE: &str = "planted.txt";

/// An issued secret that was let out on purpose is found in every kind of place, whatever way it is written there.
///
/// This comes last: from here on the stage holds a leaked secret.
pub(super) async fn planted(stage: &Stage, out: &Path, checks: &mut Checks) -> anyhow::Result<()> {
    let issued = stage.admin.credentials().await?;
    let secret = &issued.first().context("no secret was issued")?.secret_access_key;
    let escaped = |before: &str, after: &str| {
        secret.bytes().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{before}{byte:02x}{after}");
            text
        })
    };
    // key-rotation refuses the event and says in its answer and its log what it was; as it is, it would take a secret half out.
    stage.functions.invoke(KEY_ROTATION, &json!({ "account": escaped("", "") })).await?;
    send_mail(stage, &escaped("&#x", ";")).await?;
    stage.state.put_text(OBJECT, format!("{{\"key\": \"{}\"}}", escaped("\\u00", "")).into_bytes()).await?;
    let file = out.join(FILE);
    std::fs::write(&file, escaped("%", ""))?;
    let found = Searched::new(&issued).find(&everything_written(stage, out).await?);
    std::fs::remove_file(&file)?;
    let places =
        ["an event for key-rotation", "an answer of key-rotation", "the log of key-rotation", RECIPIENT, OBJECT, FILE];
    let unnoticed = places.iter().filter(|place| !found.iter().any(|one| one.contains(**place)));
    checks.none(
        "a secret half let out on purpose is found in events, answers, logs, mails, ledgers and files",
        unnoticed.map(|place| format!("{place}: not found")).collect(),
    );
    Ok(())
}

async fn send_mail(stage: &Stage, html: &str) -> anyhow::Result<()> {
    let part = |text: &str| Content::builder().data(text).build();
    let body = Body::builder().html(part(html)?).build();
    let message = Message::builder().subject(part("planted")?).body(body).build();
    let client = MailClient::new(&stage.clients.root_of(stage.organization.hub()));
    let send = client.send_email().from_email_address(SENDER);
    let send = send.destination(Destination::builder().to_addresses(RECIPIENT).build());
    send.content(EmailContent::builder().simple(message).build()).send().await?;
    Ok(())
}
