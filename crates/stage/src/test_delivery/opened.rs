//! The attachment of a mail, opened as its owner would do it, and the pair in it, used.
#![expect(clippy::print_stdout, reason = "what was left out is told")]

use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use anyhow::{Context, ensure};
use aws_credential_types::Credentials;
use aws_sdk_sts::Client as StsClient;
use serde_json::Value;

use crate::admin::Mail;
use crate::command_line::CommandLine;
use crate::stage::Stage;

/// What is wrong about the mail to a user's owner.
pub(super) async fn wrong(
    stage: &Stage,
    command_line: &CommandLine<'_>,
    mails: &[Mail],
    name: &str,
    identity: &Identity,
) -> anyhow::Result<Vec<String>> {
    let address = format!("{name}@example.com");
    let mail = mails.iter().find(|mail| mail.to == [address.clone()]).context("the owner got no mail")?;
    let [(file, content)] = <[_; 1]>::try_from(mail.attachments()?)
        .map_err(|files| anyhow::anyhow!("the mail has {} attachments", files.len()))?;
    let named = mail.text().contains(&file) && mail.html().contains(&file);
    ensure!(named, "the mail does not name the file {file}");
    let folder = command_line.folder.path();
    std::fs::write(folder.join(&file), content)?;
    std::fs::write(folder.join("identity.txt"), identity.to_string().expose_secret())?;
    std::fs::write(folder.join("other.txt"), Identity::generate().to_string().expose_secret())?;
    let value = opened(command_line, &file)?;
    ensure!(format!("{}.age", value["AccessKeyId"].as_str().unwrap_or_default()) == file, "another key is in {file}");
    let user = stage.user(name)?;
    let caller = caller(stage, &value).await?;
    Ok(if caller == user.arn { Vec::new() } else { vec![format!("the pair is that of {caller}")] })
}

/// What is in the file, by every tool that there is.
fn opened(command_line: &CommandLine<'_>, file: &str) -> anyhow::Result<Value> {
    let opened = command_line.keywheel(&["decrypt", file, "--identity", "identity.txt"])?;
    ensure!(opened.code == Some(0) && opened.err.is_empty(), "keywheel decrypt: {}", opened.err);
    let refused = command_line.keywheel(&["decrypt", file, "--identity", "other.txt"])?;
    ensure!(refused.code == Some(1) && refused.out.is_empty(), "keywheel decrypt opens it with another identity");
    if let Some(stock) = command_line.age(&["--decrypt", "--identity", "identity.txt", file]) {
        ensure!(stock.out == opened.out, "age --decrypt: {}", stock.err);
    } else {
        let missing = "there is no `age` here to open it as well (Debian: apt-get install age)";
        // A test that CI passes over is none.
        ensure!(std::env::var_os("CI").is_none(), missing);
        println!("left out: {missing}");
    }
    serde_json::from_str(&opened.out).context("what comes out is no JSON")
}

/// Whose pair it is, as AWS knows it.
async fn caller(stage: &Stage, value: &Value) -> anyhow::Result<String> {
    let text = |field: &str| value[field].as_str().with_context(|| format!("{field} is missing"));
    let pair = Credentials::new(text("AccessKeyId")?, text("SecretAccessKey")?, None, None, "stage");
    let identity = StsClient::new(&stage.clients.with(pair)).get_caller_identity().send().await?;
    Ok(identity.arn().unwrap_or_default().to_owned())
}
