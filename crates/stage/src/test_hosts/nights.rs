//! A rotation with three hosts, one of which was switched off: published, held, made inactive, deleted.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_s3::Client as StorageClient;
use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::{Acknowledgement, Place, SCHEMA};
use keywheel_core::contract::result::StepResult;
use keywheel_core::id::AccessKeyId;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;

use super::home::Home;
use super::{Bench, account, old_key, signed_in};
use crate::night::{self, Night};
use crate::policies::ACK_BUCKET;
use crate::test_night::checks::Checks;
use crate::world;

/// Up to the install grace: two hosts install the new key, the third is switched off.
pub(super) async fn published(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let (stage, hosts) = (bench.stage, &bench.hosts);
    let old = hosts[0].key()?;
    let told = all(hosts, |host| host.expect("once", &[], 16, "there is no secret before the user's first rotation"));
    checks.tried(
        "before the first rotation hosts acknowledge the key that they have, and say that there is no other",
        told,
    );
    silent(bench).await?;
    night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
    let behind = all(hosts, |host| host.expect("status", &[], 3, "handed out       AKIA"));
    checks.tried("after the night their status says that there is another key, and changes nothing", behind);
    let installed = all(&hosts[..2], |host| host.expect("once", &[], 0, "is installed in the place of"));
    checks.tried("two hosts install it and acknowledge it", installed);
    let new = hosts[0].key()?;
    checks.holds(
        "the file has the new key and everything else that was in it",
        new != old && hosts[1].key()? == new,
        || new.clone(),
    );
    Ok(())
}

/// From the old key's day on: it is held, made inactive, deleted.
pub(super) async fn gone(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let (stage, hosts) = (bench.stage, &bench.hosts);
    let old = hosts[2].key()?;
    stage.admin.age(11).await?;
    let second = night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
    checks
        .tried("the old key is held, and the result names the host that was switched off", held(&second, bench, &old));
    let mails = second.mails.iter().filter(|mail| mail.text().contains("web-3")).count();
    checks.holds("so does the mail about it", mails > 0, || {
        format!("{} mails, none of which names it", second.mails.len())
    });
    checks.tried("so does explain", explained(bench));

    let third = all(&hosts[2..], |host| host.expect("once", &[], 0, "is installed in the place of"));
    checks.tried("the third host comes back, and installs the new key with the old one", third);
    stage.admin.age(1).await?;
    night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
    checks.tried("now the old key is made inactive", status(bench, &old, Some(KeyStatus::Inactive)).await);
    checks.tried("and every host has the present key", all(hosts, |host| host.expect("status", &[], 0, "the same")));

    stage.admin.age(36).await?;
    night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
    checks.tried("weeks later it is deleted", status(bench, &old, None).await);
    checks.tried("and every host goes on", all(hosts, |host| host.expect("once", &[], 0, "is the present key")));
    Ok(())
}

/// A host in the hub itself that said once which key it has, and then nothing.
async fn silent(bench: &Bench<'_>) -> anyhow::Result<()> {
    let place = Place { account: bench.stage.organization.hub().clone(), user: "ops".parse()?, host: "ops-1".parse()? };
    let said = Acknowledgement {
        schema_version: SCHEMA,
        account: place.account.clone(),
        user: place.user.clone(),
        host: place.host.clone(),
        access_key_id: old_key(bench.stage, "ops")?.id.clone(),
        time: Timestamp::now(),
        version: String::new(),
    };
    let storage = StorageClient::new(&signed_in(bench.stage, old_key(bench.stage, "ops")?));
    let body = serde_json::to_vec(&said)?;
    storage.put_object().bucket(ACK_BUCKET).key(place.key()).body(body.into()).send().await?;
    Ok(())
}

/// What is wrong with any of the hosts.
fn all(
    hosts: &[Home<'_>],
    expect: impl Fn(&Home<'_>) -> anyhow::Result<Option<String>>,
) -> anyhow::Result<Vec<String>> {
    Ok(hosts.iter().map(expect).collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn held(night: &Night, bench: &Bench<'_>, old: &str) -> anyhow::Result<Vec<String>> {
    let result = night.results.get(&account(bench.stage)?).context("the account has no result")?;
    let is_old = |row: &&StepResult| row.access_key_id.as_ref().is_some_and(|key| key.as_str() == old);
    let rows: Vec<_> = result.steps.iter().filter(is_old).collect();
    let is_held = |row: &StepResult| {
        row.step == StepKind::Hold && row.reason.code() == "not-acknowledged" && row.hosts.to_string() == "web-3"
    };
    Ok(if rows.iter().any(|row| is_held(row)) { Vec::new() } else { vec![format!("{rows:?}")] })
}

fn explained(bench: &Bench<'_>) -> anyhow::Result<Vec<String>> {
    let ended = bench.hub.keywheel(&["explain", "ops", "--own-account", "--function", "key-rotation"])?;
    let text = format!("{}{}", ended.out, ended.err);
    let is_named = text.contains("not-acknowledged") && text.contains("still on") && text.contains("ops-1");
    Ok(if is_named { Vec::new() } else { vec![text] })
}

async fn status(bench: &Bench<'_>, key: &str, expected: Option<KeyStatus>) -> anyhow::Result<Vec<String>> {
    let keys = world::keys(&bench.stage.clients, &account(bench.stage)?).await?;
    let of_user: &BTreeMap<AccessKeyId, KeyStatus> = keys.get(&"web".parse()?).context("no such user")?;
    let found = of_user.get(&key.parse()?).copied();
    Ok(if found == expected { Vec::new() } else { vec![format!("{found:?}, not {expected:?}")] })
}
