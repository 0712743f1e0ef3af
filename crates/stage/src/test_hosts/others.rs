//! Hosts that were away, hosts that read a parameter, SDKs that ask for a key, an agent that watches, and a host that is forgotten.

use std::io::{BufRead, BufReader};

use anyhow::Context;
use aws_sdk_s3::Client as StorageClient;
use keywheel_core::acknowledgement::Place;
use keywheel_core::parameter::{ParameterContent, parameter_name};
use serde_json::Value;

use super::home::Home;
use super::{Bench, PARAMETERS, account, old_key};
use crate::policies::ACK_BUCKET;
use crate::test_night::checks::Checks;

/// While the old key still works.
pub(super) async fn of_parameters(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    checks.tried(
        "AWS-AccessKey-Rotation's layout is read from the parameter, by its documented steps",
        layout(bench).await,
    );
    checks.tried("a host installs the key from it", of_parameter(bench));
    checks.tried("an SDK gets the key from credential-process, before and after a rotation", process(bench));
    Ok(())
}

/// Once the old key is gone.
pub(super) async fn of_people(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    checks.tried("a host that was away for too long is told so, and its file is left as it is", too_late(bench));
    let status = || bench.hosts[0].expect("status", &["--profiles", "nobody,default"], 14, "the same");
    checks.tried("status shows every profile, and its exit code says what is wrong", status().map(Vec::from_iter));
    checks.tried("watch makes a pass at once, and ends with Ctrl-C", watches(bench));
    checks.tried("a host is forgotten by command, where somebody confirms it", forgotten(bench).await);
    Ok(())
}

fn too_late(bench: &Bench<'_>) -> anyhow::Result<Vec<String>> {
    let home = Home::new(bench.stage, bench.keywheel, "late", old_key(bench.stage, "web")?)?;
    let before = home.file()?;
    let wrong = home.expect("once", &[], 10, "the host was away for too long")?;
    let changed = (home.file()? != before).then(|| "the file was changed".to_owned());
    Ok(wrong.into_iter().chain(changed).collect())
}

/// What its host script does: with the flag that encryption asks for, it takes the two lines after `NEW`.
async fn layout(bench: &Bench<'_>) -> anyhow::Result<Vec<String>> {
    let account = account(bench.stage)?;
    let name = parameter_name(PARAMETERS, &account, &"param".parse()?);
    let store = aws_sdk_ssm::Client::new(&bench.stage.clients.root_of(&account));
    let found = store.get_parameter().name(name).with_decryption(true).send().await?;
    let text = found.parameter.and_then(|parameter| parameter.value).context("no value")?;
    let mut lines = text.lines().skip_while(|line| !line.contains("NEW")).skip(1);
    let id = lines.next().and_then(|line| line.strip_prefix("aws_access_key_id = "));
    let has_half = lines.next().is_some_and(|line| line.starts_with("aws_secret_access_key = "));
    let content = ParameterContent::parse(&text).context("no pair")?;
    let is_right = has_half && id == Some(content.new.id.as_str());
    Ok(if is_right { Vec::new() } else { vec![format!("{} lines", text.lines().count())] })
}

fn of_parameter(bench: &Bench<'_>) -> anyhow::Result<Vec<String>> {
    let old = old_key(bench.stage, "param")?;
    let home = Home::new(bench.stage, bench.keywheel, "param-1", old)?;
    let first = home.expect("once", &["--parameter-prefix", PARAMETERS], 0, "is installed in the place of")?;
    let again = home.expect("once", &["--parameter-prefix", PARAMETERS], 0, "is the present key")?;
    let of_secret = home.expect("status", &[], 0, "the same")?;
    Ok([first, again, of_secret].into_iter().flatten().collect())
}

fn process(bench: &Bench<'_>) -> anyhow::Result<Vec<String>> {
    let home = Home::new(bench.stage, bench.keywheel, "param-2", old_key(bench.stage, "param")?)?;
    let mut wrong = Vec::new();
    for every in ["60", "86400"] {
        let ended = home.agent("credential-process", &["--every", every])?;
        let value: Value = serde_json::from_str(&ended.out).unwrap_or_default();
        let is_right = ended.code == Some(0)
            && value["Version"] == 1
            && value["AccessKeyId"].as_str() == Some(home.key()?.as_str())
            && value["SecretAccessKey"].is_string()
            && value["Expiration"].as_str().is_some_and(|text| text.ends_with('Z'));
        wrong.extend((!is_right).then(|| format!("every {every}: {:?} {}", ended.code, ended.err)));
    }
    let is_new = home.key()? != old_key(bench.stage, "param")?.id.to_string();
    wrong.extend((!is_new).then(|| "the key is the old one".to_owned()));
    Ok(wrong)
}

fn watches(bench: &Bench<'_>) -> anyhow::Result<Vec<String>> {
    let mut agent = bench.hosts[0].start(&["agent", "watch", "--every", "3600", "--host", "web-1"])?;
    let out = agent.stdout.take().context("no output")?;
    let line = BufReader::new(out).lines().next().context("nothing was said")??;
    let stopped = std::process::Command::new("kill").args(["-INT", &agent.id().to_string()]).status()?;
    let ended = agent.wait()?;
    let is_right = line.contains("is the present key") && stopped.success() && ended.code() == Some(0);
    Ok(if is_right { Vec::new() } else { vec![format!("{line} {ended:?}")] })
}

async fn forgotten(bench: &Bench<'_>) -> anyhow::Result<Vec<String>> {
    let account = account(bench.stage)?;
    let forget = |host: &str, more: &[&str]| {
        let words =
            ["agent", "forget", host, "--user", "web", "--account", account.as_str(), "--ack-bucket", ACK_BUCKET];
        bench.hub.keywheel(&[&words[..], more].concat())
    };
    let key = Place { account: account.clone(), user: "web".parse()?, host: "web-3".parse()? }.key();
    let storage = StorageClient::new(&bench.stage.clients.root_of(bench.stage.organization.hub()));
    let is_there = async || storage.head_object().bucket(ACK_BUCKET).key(&key).send().await.is_ok();
    let mut wrong = Vec::new();
    let asked = forget("web-3", &[])?;
    if asked.code != Some(2) || !asked.err.contains("host web-3 of user web") || !is_there().await {
        wrong.push(format!("not confirmed: {:?} {}", asked.code, asked.err));
    }
    let done = forget("web-3", &["--yes"])?;
    if done.code != Some(0) || is_there().await {
        wrong.push(format!("confirmed: {:?} {}", done.code, done.err));
    }
    let again = forget("web-3", &["--yes"])?;
    if again.code != Some(1) || !again.err.contains("has not acknowledged") {
        wrong.push(format!("again: {:?} {}", again.code, again.err));
    }
    Ok(wrong)
}
