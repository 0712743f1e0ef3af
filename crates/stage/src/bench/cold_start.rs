//! How long a process takes from its start until it asks for its first event, and how much memory.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::front::Front;
use super::machine::mebibytes;
use super::middle::median;
use super::process::{self, Flight, Job};
use super::report::ColdStart;
use crate::clients::REGION;
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION, NOTIFICATION, Variables, variables};
use crate::organization::Organization;
use crate::terminal::Line;
use crate::test_night::Place;

pub(super) const FUNCTIONS: [&str; 3] = [ACCOUNT_INVENTORY, KEY_ROTATION, NOTIFICATION];
const PYTHON: &str = "Python with boto3";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bench/cold_start.py");

/// Starts each function, and the one in Python where there is an interpreter with boto3, in turn and so often.
pub(super) fn measure(
    place: &Place,
    boto3: Option<&Path>,
    runs: usize,
    line: &mut Line,
) -> anyhow::Result<Vec<ColdStart>> {
    let mut jobs = Vec::new();
    for function in FUNCTIONS {
        jobs.push(compiled(place, function)?);
    }
    jobs.extend(boto3.map(|python| in_python(place, python)));
    // Once for nothing: whoever comes first would read its files from the disk.
    for job in &jobs {
        start(job)?;
    }
    let mut flights: Vec<Vec<Flight>> = jobs.iter().map(|_| Vec::new()).collect();
    for run in 1..=runs {
        line.show(&format!("cold start: {run} of {runs}"));
        for (job, flights) in jobs.iter().zip(&mut flights) {
            flights.push(start(job)?);
        }
    }
    jobs.iter().zip(flights).map(|(job, flights)| summary(job.function, &flights)).collect()
}

/// One start of a function; it must make no call.
pub(super) fn start(job: &Job) -> anyhow::Result<Flight> {
    let flight = process::run(job, &Front::new(None, Duration::ZERO, &|_, _| None), Duration::ZERO)?;
    ensure!(flight.calls.to_string() == "none", "{} calls AWS before its first event: {}", job.function, flight.calls);
    Ok(flight)
}

/// A function as it was packaged.
pub(super) fn compiled(place: &Place, function: &'static str) -> anyhow::Result<Job> {
    let organization = Organization::alike("bench.json", 0)?;
    let mut variables = variables(&organization, function, "");
    variables.extend(of_lambda(function));
    let executable = place.functions.join(function).join("bootstrap");
    ensure!(executable.is_file(), "there is no {}", executable.display());
    Ok(Job { function, executable, arguments: Vec::new(), variables, event: None, log: place.out.join("function.log") })
}

fn in_python(place: &Place, python: &Path) -> Job {
    Job {
        function: PYTHON,
        executable: python.to_owned(),
        arguments: vec![SCRIPT.to_owned()],
        variables: of_lambda(PYTHON),
        event: None,
        log: place.out.join("function.log"),
    }
}

fn of_lambda(function: &str) -> Variables {
    let lambda = [
        ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "not-a-secret"),
        ("AWS_SESSION_TOKEN", "not-a-token"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_LAMBDA_FUNCTION_NAME", function),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ];
    lambda.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn summary(function: &str, flights: &[Flight]) -> anyhow::Result<ColdStart> {
    let time = median(flights.iter().map(|flight| flight.to_first_poll)).context("nothing was started")?;
    let peak =
        median(flights.iter().map(|flight| flight.at_first_poll.peak_kibibytes)).context("nothing was started")?;
    Ok(ColdStart {
        function: function.to_owned(),
        milliseconds: time.as_secs_f64() * 1000.0,
        peak_mebibytes: mebibytes(peak),
        runs: flights.len(),
        is_python: function == PYTHON,
    })
}
