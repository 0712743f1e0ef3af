//! The benchmark: what a night costs in calls, time, processor and memory, before an emulator that answers as late as AWS would; and the
//! test that locks the calls.
#![expect(clippy::print_stdout, reason = "the benchmark tells what it found")]

mod calls;
mod cases;
mod cold_start;
mod front;
mod ground;
mod listing;
mod locked;
mod machine;
mod middle;
mod page;
mod people;
mod process;
mod report;
mod targets;
mod throttle;
mod usage;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::ValueEnum;
use jiff::{Timestamp, Unit};

use crate::terminal::Line;
use crate::test_night::Place;
use cases::{Calm, Crowd, Due, Look, sample_way};
use machine::{Machine, mebibytes};
use report::{CaseReport, Package, Report};

pub use locked::run as test_calls;

const NIGHT: &str = "nothing due";
const SWEEP: &str = "full sweep";
const ROTATIONS: &str = "rotations due";
const FAN_OUT: &str = "fan-out";

/// How many users the accounts of the cases "nothing due" and "full sweep" have.
const USERS: [usize; 4] = [500, 1000, 2000, 5000];
const KEYS_DUE: usize = 200;
const ACCOUNTS: usize = 10_000;
/// How often each case is run where nothing else is asked for.
const RUNS: usize = 3;
const COLD_STARTS: usize = 15;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Case {
    /// A night in which nothing is due, at several sizes of the account.
    NothingDue,
    /// A look at every user, at the same sizes.
    Sweep,
    /// Two hundred keys to be replaced.
    Rotations,
    /// A run over an organization of 10,000 accounts.
    FanOut,
    /// From a process's start until it asks for an event.
    ColdStart,
}

/// What to measure, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The cases; all when empty.
    pub only: Vec<Case>,
    /// How long each call waits before it is answered.
    pub delay: Duration,
    /// How often each case is run.
    pub runs: Option<usize>,
    /// A Python that has boto3; without one it is left out.
    pub boto3: Option<PathBuf>,
    /// What was built.
    pub commit: String,
}

impl Options {
    fn asks_for(&self, case: Case) -> bool {
        self.only.is_empty() || self.only.contains(&case)
    }

    fn runs(&self) -> usize {
        self.runs.unwrap_or(RUNS)
    }
}

/// Measures, tells what was found, and writes it to `benchmarks.md` and `benchmarks.json`. A missed target is no failure.
///
/// # Errors
/// When something cannot be run, or does not do what it should.
pub async fn run(place: &Place, options: &Options) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&place.out)?;
    let machine = Machine::this();
    let (mut line, mut cases) = (Line::new(), Vec::new());
    let cold_starts = if options.asks_for(Case::ColdStart) {
        let runs = options.runs.unwrap_or(COLD_STARTS);
        cold_start::measure(place, options.boto3.as_deref(), runs, &mut line)?
    } else {
        Vec::new()
    };
    if options.asks_for(Case::NothingDue) || options.asks_for(Case::Sweep) {
        cases.extend(looks(place, options, &mut line).await?);
    }
    if options.asks_for(Case::Rotations) {
        cases.push(rotations(place, options, &mut line).await?);
    }
    if options.asks_for(Case::FanOut) {
        cases.push(fan_out(place, options, &mut line).await?);
    }
    line.tell("done");
    let packages = packages(&place.functions)?;
    let report = Report {
        at: Timestamp::now().round(Unit::Second)?.to_string(),
        commit: options.commit.clone(),
        machine,
        delay_milliseconds: u64::try_from(options.delay.as_millis())?,
        targets: targets::targets(&cases, &cold_starts, &packages),
        cases,
        cold_starts,
        packages,
    };
    println!("\n{}", page::tables(&report));
    write(&place.out, "benchmarks.md", &page::page(&report))?;
    write(&place.out, "benchmarks.json", &(serde_json::to_string_pretty(&report)? + "\n"))?;
    Ok(true)
}

async fn looks(place: &Place, options: &Options, line: &mut Line) -> anyhow::Result<Vec<CaseReport>> {
    let (mut nights, mut sweeps) = (Vec::new(), Vec::new());
    for users in USERS {
        let calm = Calm::set(place, users, options.delay).await?;
        if options.asks_for(Case::NothingDue) {
            let flights = repeat(options, line, NIGHT, users, async || calm.look(Look::Night, true).await).await?;
            nights.push(CaseReport::of(NIGHT, users, flights)?);
        }
        if options.asks_for(Case::Sweep) {
            let flights = repeat(options, line, SWEEP, users, async || calm.look(Look::Sweep, true).await).await?;
            sweeps.push(CaseReport::of(SWEEP, users, flights)?.beside(sample_way(users, options.delay)));
        }
    }
    nights.extend(sweeps);
    Ok(nights)
}

async fn rotations(place: &Place, options: &Options, line: &mut Line) -> anyhow::Result<CaseReport> {
    let mut due = Due::set(place, options.runs(), KEYS_DUE, options.delay).await?;
    let flights = repeat(options, line, ROTATIONS, KEYS_DUE, async || due.rotate().await).await?;
    CaseReport::of(ROTATIONS, KEYS_DUE, flights)
}

async fn fan_out(place: &Place, options: &Options, line: &mut Line) -> anyhow::Result<CaseReport> {
    let crowd = Crowd::set(place, ACCOUNTS, options.delay).await?;
    let flights = repeat(options, line, FAN_OUT, ACCOUNTS, async || crowd.fan_out().await).await?;
    CaseReport::of(FAN_OUT, ACCOUNTS, flights)
}

async fn repeat(
    options: &Options,
    line: &mut Line,
    case: &str,
    size: usize,
    mut once: impl AsyncFnMut() -> anyhow::Result<process::Flight>,
) -> anyhow::Result<Vec<process::Flight>> {
    let mut flights = Vec::new();
    for run in 1..=options.runs() {
        line.show(&format!("{case}, {size}: {run} of {}", options.runs()));
        flights.push(once().await.with_context(|| format!("{case}, {size}"))?);
    }
    let seconds: Vec<_> = flights.iter().map(|flight| format!("{:.2}", flight.time.as_secs_f64())).collect();
    line.tell(&format!("{case}, {size}: {} s", seconds.join(", ")));
    Ok(flights)
}

fn packages(functions: &Path) -> anyhow::Result<Vec<Package>> {
    let mut packages = Vec::new();
    for function in cold_start::FUNCTIONS {
        let zip = functions.join(format!("{function}.zip"));
        let bytes = std::fs::metadata(&zip).with_context(|| format!("cannot read {}", zip.display()))?.len();
        packages.push(Package { function: function.to_owned(), zip_mebibytes: mebibytes(bytes / 1024) });
    }
    Ok(packages)
}

fn write(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let file = folder.join(name);
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}
