//! What a run of the benchmark found.

use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::calls::Calls;
use super::machine::{Machine, mebibytes};
use super::process::Flight;

/// Everything, as it stands in `benchmarks.json`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Report {
    /// RFC 3339, UTC.
    pub(super) at: String,
    pub(super) commit: String,
    pub(super) machine: Machine,
    pub(super) delay_milliseconds: u64,
    pub(super) targets: Vec<Target>,
    pub(super) cases: Vec<CaseReport>,
    pub(super) cold_starts: Vec<ColdStart>,
    pub(super) packages: Vec<Package>,
}

/// A case of one size.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct CaseReport {
    pub(super) case: String,
    /// So many users, keys or accounts.
    pub(super) size: usize,
    /// Exact, and the same in every run unless `calls_vary`.
    pub(super) calls: Calls,
    /// Some runs made other calls than the one with the median time, whose calls these are.
    pub(super) calls_vary: bool,
    /// From the event to the answer; the median.
    pub(super) seconds: f64,
    /// Processor time of the process, its start included, of the run with the median time.
    pub(super) cpu_seconds: f64,
    /// The largest of all runs.
    pub(super) peak_mebibytes: f64,
    pub(super) runs: usize,
    /// What the AFT sample's way takes: computed, not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sample_seconds_computed: Option<f64>,
}

/// A process from its start to its first poll; medians.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct ColdStart {
    pub(super) function: String,
    pub(super) milliseconds: f64,
    pub(super) peak_mebibytes: f64,
    pub(super) runs: usize,
    pub(super) is_python: bool,
}

/// A function's zip.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Package {
    pub(super) function: String,
    pub(super) zip_mebibytes: f64,
}

/// A target of the design, and what was found.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub(super) struct Target {
    pub(super) what: String,
    pub(super) wanted: String,
    pub(super) found: String,
    pub(super) is_met: bool,
}

impl CaseReport {
    /// What so many runs of a case found.
    pub(super) fn of(case: &str, size: usize, mut flights: Vec<Flight>) -> anyhow::Result<Self> {
        flights.sort_by_key(|flight| flight.time);
        let middle = flights.get(flights.len() / 2).context("nothing was run")?;
        let peak = flights.iter().map(|flight| flight.usage.peak_kibibytes).max().unwrap_or_default();
        Ok(Self {
            case: case.to_owned(),
            size,
            calls: middle.calls.clone(),
            calls_vary: flights.iter().any(|flight| flight.calls != middle.calls),
            seconds: middle.time.as_secs_f64(),
            cpu_seconds: middle.usage.cpu.as_secs_f64(),
            peak_mebibytes: mebibytes(peak),
            runs: flights.len(),
            sample_seconds_computed: None,
        })
    }

    /// Beside what the AFT sample's way takes.
    pub(super) fn beside(self, sample: Duration) -> Self {
        Self { sample_seconds_computed: Some(sample.as_secs_f64()), ..self }
    }
}
