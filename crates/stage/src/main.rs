//! The stage's commands: a demo for people, and the night's test.
#![expect(clippy::print_stderr, reason = "errors are told to people")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use keywheel_stage::{
    bench, days, death, demo, half_year, test_channels, test_cli_changes, test_cli_look, test_cli_plan, test_delivery,
    test_hosts, test_moving, test_night, test_permissions, test_stores,
};

#[derive(Parser)]
#[command(name = "stage", about = "An emulated AWS Organization with Keywheel in it")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures calls, time, processor and memory.
    Bench {
        #[command(flatten)]
        place: Place,
        /// Only these cases.
        #[arg(long, value_enum)]
        only: Vec<bench::Case>,
        /// How long each call waits before it is answered, in milliseconds.
        #[arg(long, default_value_t = 25)]
        delay_ms: u64,
        /// How often each case is run.
        #[arg(long)]
        runs: Option<usize>,
        /// The Python interpreter of an environment with boto3.
        #[arg(long)]
        boto3: Option<PathBuf>,
        /// What was built.
        #[arg(long, default_value = "unknown")]
        commit: String,
    },
    /// Holds the calls of each case against a table.
    TestCalls {
        #[command(flatten)]
        place: Place,
    },
    /// Shows one night on the demo organization.
    Demo {
        #[command(flatten)]
        place: Place,
        /// Leaves everything running until Ctrl-C.
        #[arg(long)]
        keep: bool,
    },
    /// Shows the life of keys, one night per day.
    Days {
        #[command(flatten)]
        place: Place,
        /// How many days.
        #[arg(long, default_value_t = 45, value_parser = clap::value_parser!(u32).range(1..=45))]
        days: u32,
    },
    /// Changes things with the compiled command line.
    TestCliChanges {
        #[command(flatten)]
        place: Place,
        /// The executable `keywheel`.
        #[arg(long)]
        keywheel: PathBuf,
    },
    /// Holds forty-five days, and shorter stays with other periods, against their timelines, and forecasts against the days.
    TestDays {
        #[command(flatten)]
        place: Place,
        /// The executable `keywheel`.
        #[arg(long)]
        keywheel: PathBuf,
    },
    /// Lives days of accounts with random people and faults, judged every day.
    TestHalfYear {
        #[command(flatten)]
        place: Place,
        /// How many days.
        #[arg(long, default_value_t = 30)]
        days: u32,
        /// How many organizations, side by side.
        #[arg(long, default_value_t = 1)]
        organizations: usize,
        /// How many accounts in each.
        #[arg(long, default_value_t = 6)]
        accounts: usize,
        /// Where everything random of the first comes from; the next one's seed is one higher.
        #[arg(long)]
        seed: u64,
    },
    /// Kills key-rotation before and after its calls, and holds what two further nights make of it against a faultless run.
    TestDeath {
        #[command(flatten)]
        place: Place,
        /// At every single call, and not only at calls of each kind.
        #[arg(long)]
        every_call: bool,
    },
    /// Looks at a deployment with the compiled command line, and holds its forecast against the nights.
    TestCliLook {
        #[command(flatten)]
        place: Place,
        /// The executable `keywheel`.
        #[arg(long)]
        keywheel: PathBuf,
    },
    /// Looks at an organization of 300 accounts with the compiled command line, and holds its plan against a night.
    TestCliPlan {
        #[command(flatten)]
        place: Place,
        /// The executable `keywheel`.
        #[arg(long)]
        keywheel: PathBuf,
    },
    /// Sends new pairs encrypted and opens them, and takes templates to S3, with the compiled command line.
    TestDelivery {
        #[command(flatten)]
        place: Place,
        /// The executable `keywheel`.
        #[arg(long)]
        keywheel: PathBuf,
    },
    /// Takes each statement out of the roles, and tries what the roles must not do.
    TestPermissions {
        #[command(flatten)]
        place: Place,
    },
    /// Hands keys over by parameters and stores, and tries who can read them.
    TestStores {
        #[command(flatten)]
        place: Place,
    },
    /// Has the agents of hosts fetch, install and acknowledge keys through a whole rotation.
    TestHosts {
        #[command(flatten)]
        place: Place,
        /// The executable `keywheel`.
        #[arg(long)]
        keywheel: PathBuf,
    },
    /// Moves in from each of the other rotators, from what it leaves behind to keys that are looked after.
    TestMoving {
        #[command(flatten)]
        place: Place,
        /// The executable `keywheel`.
        #[arg(long)]
        keywheel: PathBuf,
    },
    /// Sends mails through every mailer, and holds what becomes of each answer.
    TestChannels {
        #[command(flatten)]
        place: Place,
        /// The Python interpreter of the virtual environment with the mail servers.
        #[arg(long)]
        servers: PathBuf,
    },
    /// Runs the night's test.
    TestNight {
        #[command(flatten)]
        place: Place,
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

impl From<Place> for test_night::Place {
    fn from(Place { functions, python, out }: Place) -> Self {
        Self { python, functions, out }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Bench { place, only, delay_ms, runs, boto3, commit } => {
            let options = bench::Options { only, delay: Duration::from_millis(delay_ms), runs, boto3, commit };
            bench::run(&place.into(), &options).await
        }
        Command::TestCalls { place } => Box::pin(bench::test_calls(&place.into())).await,
        Command::Demo { place, keep } => demo::run(&place.python, &place.functions, &place.out, keep).await,
        Command::Days { place, days } => days::show(&place.into(), days).await,
        Command::TestDays { place, keywheel } => days::test(&place.into(), &keywheel).await,
        Command::TestCliChanges { place, keywheel } => Box::pin(test_cli_changes::run(&place.into(), &keywheel)).await,
        Command::TestHalfYear { place, days, organizations, accounts, seed } => {
            let size = half_year::Size { days, organizations, accounts, seed };
            Box::pin(half_year::run(&place.into(), size)).await
        }
        Command::TestDeath { place, every_call } => death::run(&place.into(), every_call).await,
        Command::TestCliLook { place, keywheel } => test_cli_look::run(&place.into(), &keywheel).await,
        Command::TestCliPlan { place, keywheel } => test_cli_plan::run(&place.into(), &keywheel).await,
        Command::TestDelivery { place, keywheel } => test_delivery::run(&place.into(), &keywheel).await,
        Command::TestPermissions { place } => test_permissions::run(&place.into()).await,
        Command::TestStores { place } => test_stores::run(&place.into()).await,
        Command::TestHosts { place, keywheel } => Box::pin(test_hosts::run(&place.into(), &keywheel)).await,
        Command::TestMoving { place, keywheel } => Box::pin(test_moving::run(&place.into(), &keywheel)).await,
        Command::TestChannels { place, servers } => test_channels::run(&place.into(), &servers).await,
        Command::TestNight { place } => test_night::run(&place.into()).await,
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
