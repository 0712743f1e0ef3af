//! The stage's commands: a demo for people, and the night's test.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Parser, Subcommand};
use keywheel_stage::organization::Organization;
use keywheel_stage::stage::Stage;
use keywheel_stage::world::World;

#[derive(Parser)]
#[command(name = "stage", about = "An emulated AWS Organization with Keywheel in it")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Shows one night on the demo organization.
    Demo {
        #[command(flatten)]
        place: Place,
        /// Leaves everything running until Ctrl-C.
        #[arg(long)]
        keep: bool,
    },
}

#[derive(clap::Args)]
struct Place {
    /// The folder with the packaged functions.
    #[arg(long)]
    functions: PathBuf,
    /// The Python interpreter of the virtual environment with the emulator.
    #[arg(long)]
    python: PathBuf,
    /// The folder for what is written.
    #[arg(long)]
    out: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Err(error) = run().await { println!("{error:#}"); std::process::exit(1) }
}

async fn run() -> anyhow::Result<()> {
    let Command::Demo { place, keep } = Arguments::parse().command;
    let _ = keep;
    std::fs::create_dir_all(&place.out)?;
    let t = Instant::now();
    let stage = Stage::set(Organization::demo()?, &place.python, &place.functions, &place.out.join("emulator.log"), &mut |x| println!("{:?} {x}", t.elapsed())).await?;
    println!("{:?} {} users", t.elapsed(), stage.seeded.users.len());
    let before = World::observe(&stage.organization, &stage.clients, &stage.state).await?;
    let mut last = None;
    let night = keywheel_stage::night::run(&stage, &mut |p| if last != Some(p) { last = Some(p); println!("{:?} {p:?}", t.elapsed()) }).await;
    for line in stage.admin.function_log().await? { println!("{} {}", line.function, line.line) }
    let night = night?;
    println!("{:#?}", night.inventory);
    for r in night.results.values() { println!("{}", serde_json::to_string(r)?) }
    let after = World::observe(&stage.organization, &stage.clients, &stage.state).await?;
    let held = keywheel_stage::expected::Held { stage: &stage, night: &night, before: &before, after: &after };
    for (n, w) in [("accounts", held.accounts()), ("results", held.results()), ("keys", held.keys()), ("versions", held.versions()), ("policies", held.policies()), ("notices", held.notice_records()), ("mails", held.mails())] {
        println!("## {n}: {}", w.len());
        for l in w { println!("   {l}") }
    }
    println!("{:?}", t.elapsed());
    Ok(())
}
