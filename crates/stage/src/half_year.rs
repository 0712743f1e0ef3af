//! A half-year in the life on the stage: the compiled functions, random people and random faults, judged by the rules of `docs/safety.md`
//! every day. Several organizations live side by side, each on a stage of its own.
#![expect(clippy::print_stdout, reason = "progress and outcome are told to people")]

mod features;
mod hosts;
mod judged;
mod life;
mod mirror;
mod night;
mod people;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use futures::future::try_join_all;
use keywheel_core::policy::{Periods, Policy};
use keywheel_core::time::Days;

use crate::leaks::{Searched, everything_written};
use crate::organization::Organization;
use crate::stage::Stage;
use crate::test_night::Place;
use crate::test_night::checks::Checks;
use life::Life;

/// How much is lived, and from which seed.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Days.
    pub days: u32,
    /// Organizations.
    pub organizations: usize,
    /// Accounts of each, besides the hub and one that is left out.
    pub accounts: usize,
    /// Where everything random of the first organization comes from; the next one's is one higher.
    pub seed: u64,
}

impl Size {
    /// One organization after the other.
    fn each(self) -> impl Iterator<Item = Self> {
        let seeds = (0..self.organizations as u64).map(move |nth| self.seed.wrapping_add(nth));
        seeds.map(move |seed| Self { organizations: 1, seed, ..self })
    }
}

/// What was found out about an organization.
struct Lived {
    checks: Checks,
    sums: BTreeMap<String, u64>,
}

/// Shorter graces than the default, so that a month sees a key from its replacement to its deletion.
const PERIODS: [(&str, u32); 3] = [("ROTATION_PERIOD", 90), ("INACTIVE_PERIOD", 97), ("INACTIVE_BUFFER", 107)];

/// What must have happened at least once.
const TRIED: &[&str] = &[
    "explicit actions",
    "deeds of people",
    "nights with faults",
    "nights with two runs at once",
    "ledgers of a newer version",
    "keys made",
    "keys made inactive",
    "keys deleted",
    "create done",
    "publish done",
    "deactivate done",
    "delete done",
    "hold done",
    "warn done",
    "mails",
    "mails with an encrypted pair",
    "parameters",
    "replicas",
    "hosts that acknowledge",
];

/// Lives every day of every organization: `true` when no rule and no promise was broken.
///
/// # Errors
/// When a stage cannot be set, or a night does not end.
pub async fn run(place: &Place, size: Size) -> anyhow::Result<bool> {
    let Size { days, organizations, accounts, seed } = size;
    println!("{days} days of {organizations} x {accounts} accounts, seed {seed}");
    let mut checks = Checks::new();
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for lived in try_join_all(size.each().map(|size| live(place, size))).await? {
        checks.add(lived.checks);
        for (what, count) in lived.sums {
            *sums.entry(what).or_default() += count;
        }
    }
    let idle = TRIED.iter().filter(|what| sums.get(**what).is_none_or(|count| *count == 0));
    checks.none("everything was tried", idle.map(|what| format!("{what}: never")).collect());
    tell(&sums);
    Ok(checks.conclude())
}

/// The days of one organization.
async fn live(place: &Place, size: Size) -> anyhow::Result<Lived> {
    let out = fresh_folder(&place.out, size.seed)?;
    let organization = Organization::alike("half-year.json", size.accounts)?;
    let log = out.join("emulator.log");
    let stage = Stage::set(organization, &place.python, &place.functions, &log, &mut |_| {}).await?;
    let mut checks = Checks::new();
    let mut life = Life::new(&stage, &out, size)?;
    features::prepare(&stage, &life.served()).await?;
    let mut broken = Vec::new();
    for day in 0..size.days {
        broken.extend(life.day(day).await?.into_iter().map(|what| format!("day {day}: {what}")));
        if !broken.is_empty() {
            break;
        }
    }
    let seed = size.seed;
    checks.none(&format!("seed {seed}: no rule and no promise is broken on any day"), broken);
    checks.none(&format!("seed {seed}: in the end those who behave have young keys alone"), life.old_keys());
    life.sums.extend(features::left(&stage, &life.served()).await?.map(|(what, count)| (what.to_owned(), count)));
    let searched = Searched::new(&stage.admin.credentials().await?);
    let written = everything_written(&stage, &out).await?;
    let name = format!("seed {seed}: {} secrets are in none of {} texts", searched.len(), written.len());
    checks.none(&name, searched.find(&written));
    Ok(Lived { checks, sums: life.sums })
}

fn fresh_folder(out: &Path, seed: u64) -> std::io::Result<PathBuf> {
    let folder = out.join(seed.to_string());
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The policy with which the stage's key-rotation is installed.
fn policy() -> anyhow::Result<Policy> {
    let [rotation, inactive, buffer] = PERIODS.map(|(_, days)| Days(days));
    let periods = Periods::new(rotation, inactive, buffer)?;
    Ok(Policy { periods, parameters: true, ack_forget_after: Some(Days(90)), ..Policy::default() })
}

fn tell(sums: &BTreeMap<String, u64>) {
    println!();
    for (what, count) in sums {
        println!("{count:>8}  {what}");
    }
}
