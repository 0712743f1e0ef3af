//! The test of the verbs that change something: the compiled `keywheel`, and the compiled functions that it sends for.

mod actions;
mod apply;
mod own;
mod runs;
mod tags;
mod typed;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use keywheel_core::id::{AccessKeyId, AccountId};
use keywheel_core::observed::KeyStatus;
use serde_json::json;

use crate::command_line::{CommandLine, Ended};
use crate::organization::Organization;
use crate::policies::ADMINISTRATOR_ROLE;
use crate::snapshot;
use crate::stage::Stage;
use crate::test_night::Place;
use crate::test_night::checks::Checks;
use crate::world::World;

/// The flags with which the management account reaches the others.
const ROLE: [&str; 2] = ["--role-name", ADMINISTRATOR_ROLE];
/// The name under which the stage installs key-rotation.
const ROTATION: [&str; 2] = ["--key-rotation", "key-rotation"];

/// How long a mail may take.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);

/// Runs every check: `true` when all of them passed.
///
/// # Errors
/// When the stage cannot be set, or the emulator refuses a call.
pub async fn run(place: &Place, keywheel: &Path) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&place.out)?;
    let log = place.out.join("emulator.log");
    let stage = Stage::set(Organization::changes()?, &place.python, &place.functions, &log, &mut |_| {}).await?;
    let bench = Bench {
        management: CommandLine::signed_in_to(&stage, keywheel, &stage.organization.management)?,
        hub: CommandLine::new(&stage, keywheel)?,
        stage: &stage,
    };
    let mut checks = Checks::new();
    apply::check(&bench, &mut checks).await?;
    own::check(&bench, &mut checks).await?;
    actions::check(&bench, &mut checks).await?;
    tags::check(&bench, &mut checks).await?;
    actions::emergencies(&bench, &mut checks).await?;
    runs::check(&bench, &mut checks).await?;
    Ok(checks.conclude())
}

/// What the checks share.
struct Bench<'a> {
    stage: &'a Stage,
    /// Signed in where plans are made.
    management: CommandLine<'a>,
    /// Signed in where the functions are.
    hub: CommandLine<'a>,
}

impl Bench<'_> {
    async fn world(&self) -> anyhow::Result<World> {
        self.stage.world().await
    }

    /// Without notices: notification records what it was given when it comes to it.
    async fn calm_world(&self) -> anyhow::Result<World> {
        Ok(World { notices: BTreeMap::new(), ..self.world().await? })
    }

    fn payments(&self) -> anyhow::Result<&AccountId> {
        Ok(&self.stage.account("payments")?.id)
    }
}

/// Calls it, sends it Ctrl-C once AWS has had such a call, and waits for its end. The fault keeps that call going meanwhile.
async fn interrupted(bench: &Bench<'_>, by: &CommandLine<'_>, call: &[&str], operation: &str) -> anyhow::Result<Ended> {
    interrupted_at(bench, by, call, operation, 1).await
}

/// The same once AWS has had so many of such calls.
async fn interrupted_at(
    bench: &Bench<'_>,
    by: &CommandLine<'_>,
    call: &[&str],
    operation: &str,
    nth: usize,
) -> anyhow::Result<Ended> {
    interrupted_while(bench, by, call, operation, (nth, nth)).await
}

/// The same where so many calls are under way at the same time.
async fn interrupted_amid(
    bench: &Bench<'_>,
    by: &CommandLine<'_>,
    call: &[&str],
    operation: &str,
    times: usize,
) -> anyhow::Result<Ended> {
    interrupted_while(bench, by, call, operation, (1, times)).await
}

/// The same once AWS has had the first number of calls, while the second number of them goes on.
async fn interrupted_while(
    bench: &Bench<'_>,
    by: &CommandLine<'_>,
    call: &[&str],
    operation: &str,
    (nth, times): (usize, usize),
) -> anyhow::Result<Ended> {
    let admin = &bench.stage.admin;
    let came = async || {
        let calls = admin.calls().await?;
        anyhow::Ok(calls.iter().filter(|call| operation.ends_with(&call.operation)).count())
    };
    let before = came().await?;
    admin.add_fault(json!({ "operation": operation, "delay_ms": 1500, "times": times })).await?;
    let child = by.start(call)?;
    let began = Instant::now();
    while came().await? < before + nth && began.elapsed() < PATIENCE {
        tokio::time::sleep(POLL).await;
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    let ended = Ended::of(child.wait_with_output()?);
    admin.clear_faults().await?;
    Ok(ended)
}

/// The keys of a user, by their ids.
fn keys(world: &World, account: &AccountId, user: &str) -> Vec<(AccessKeyId, KeyStatus)> {
    let keys = world.keys.iter().find(|((of, name), _)| of == account && name.as_str() == user);
    keys.into_iter().flat_map(|(_, keys)| keys.iter().map(|(key, status)| (key.clone(), *status))).collect()
}

/// Holds a call against its snapshot.
fn shows(checks: &mut Checks, name: &str, says: &str, ended: anyhow::Result<Ended>) {
    let masked = |ended: Ended| Ended {
        out: snapshot::without_runs(&ended.out),
        err: snapshot::without_runs(&ended.err),
        ..ended
    };
    checks.tried(says, ended.map(masked).and_then(|ended| snapshot::differences(name, &ended)));
}

/// Passes when somebody gets a mail with these words: notification sends it when it comes to it.
async fn is_told(checks: &mut Checks, says: &str, bench: &Bench<'_>, whom: &str, words: &str) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let mails = bench.stage.admin.mails().await?;
        let is_told = mails.iter().any(|mail| mail.to.iter().any(|to| to == whom) && mail.text().contains(words));
        if is_told || began.elapsed() >= PATIENCE {
            let sent =
                || mails.iter().map(|mail| format!("{:?}: {}", mail.to, mail.subject())).collect::<Vec<_>>().join("; ");
            checks.holds(says, is_told, sent);
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

fn said(ended: &Ended) -> String {
    format!("exit code {:?}\n{}\n{}", ended.code, ended.out, ended.err)
}
