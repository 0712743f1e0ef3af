//! One night on the demo organization, told to people.
#![expect(clippy::print_stdout, reason = "the demo's output is what it is for")]

mod files;
mod report;
mod stay;

use std::path::Path;
use std::time::Instant;

use anyhow::Context;

use crate::expected::Held;
use crate::leaks::{Searched, everything_written};
use crate::night::{self, Night, Progress};
use crate::organization::Organization;
use crate::readers;
use crate::stage::Stage;
use crate::terminal::{Line, plain};
use crate::world::World;

/// What is about to happen.
const BEFOREHAND: &str = "
One night of Keywheel on an AWS Organization that is emulated on this machine. No AWS account is used, and nothing is sent anywhere.
The emulator starts, an organization is built in it, and Keywheel's functions are installed there as Lambda runs them. Then the
night: account-inventory lists the accounts, key-rotation looks after each, notification sends the mails. At the end it is told
what was done to which key and why, and all of it is compared with what should have happened.
";

/// Runs the demo: `true` when everything happened that was expected.
///
/// # Errors
/// When the stage cannot be set, or the night does not end.
pub async fn run(python: &Path, functions: &Path, out: &Path, keep: bool) -> anyhow::Result<bool> {
    let began = Instant::now();
    files::prepare(out)?;
    println!("{BEFOREHAND}");
    let mut line = Line::new();
    let log = out.join("emulator.log");
    let stage = Stage::set(Organization::demo()?, python, functions, &log, &mut |what| line.tell(what)).await?;
    line.tell(&format!("{} at {}", described(&stage), stage.emulator.endpoint()));
    let before = World::observe(&stage.organization, &stage.clients, &stage.state).await?;
    line.tell("invoking account-inventory, as the scheduler does every night");
    let night = night::run(&stage, &night::scheduler_event(), &mut |progress| line.show(&shown(progress))).await;
    if night.is_err() {
        stage.write_function_log(out).await?;
    }
    let night = night.with_context(|| format!("the functions' log is in {}", out.display()))?;
    line.tell(&format!("the run {} is over", night.inventory.run_id));
    let after = World::observe(&stage.organization, &stage.clients, &stage.state).await?;
    let held = Held { stage: &stage, night: &night, before: &before, after: &after };
    files::write(&stage, &night, out).await?;
    report::print(&held);
    let unexpected = unexpected(&held, out).await?;
    conclude(&unexpected, &night, out, began);
    if keep {
        stay::stay(&stage, &night, out).await;
    }
    Ok(unexpected.is_empty())
}

fn described(stage: &Stage) -> String {
    let (organization, users) = (&stage.organization, stage.seeded.users.len());
    let keys: usize = stage.seeded.users.iter().map(|user| user.keys.len()).sum();
    format!(
        "{} accounts in {} OUs, {users} users, {keys} access keys",
        organization.accounts.len(),
        organization.units.len()
    )
}

fn shown(progress: Progress) -> String {
    let Progress { results, invoked, digests_done, digests } = progress;
    format!("the night: {results} of {invoked} accounts looked after, {digests_done} of {digests} mails out")
}

/// Everything that should have happened and did not, or the other way round.
async fn unexpected(held: &Held<'_>, out: &Path) -> anyhow::Result<Vec<String>> {
    let mut unexpected: Vec<String> = held.all().into_iter().flat_map(|(_, wrong)| wrong).collect();
    unexpected.extend(readers::values(held).await?);
    let searched = Searched::new(&held.stage.admin.credentials().await?);
    let written = everything_written(held.stage, out).await?;
    println!("\n{} secrets searched for in {} texts that were written", searched.len(), written.len());
    unexpected.extend(searched.find(&written));
    Ok(unexpected)
}

fn conclude(unexpected: &[String], night: &Night, out: &Path, began: Instant) {
    println!("mails ({}) and results ({}) are in {}", night.mails.len(), night.results.len(), out.display());
    if unexpected.is_empty() {
        println!(
            "\nEverything happened that was expected, and nothing else, in {:.1} s.",
            began.elapsed().as_secs_f64()
        );
        return;
    }
    println!("\n{} differences from what was expected:", unexpected.len());
    for difference in unexpected {
        println!("  {}", plain(difference));
    }
}
