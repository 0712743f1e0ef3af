//! The targets that the benchmark can hold its numbers against. Nothing is said of a case that was not run.

use super::report::{CaseReport, ColdStart, Package, Target};
use super::{FAN_OUT, NIGHT, SWEEP};

const MOST_ZIP_MEBIBYTES: f64 = 4.0;
const LEAST_FASTER_THAN_PYTHON: f64 = 25.0;
const LEAST_FASTER_THAN_SAMPLE: f64 = 20.0;
/// Users, and the most IAM and STS calls of a night in which nothing is due.
const MOST_CALLS: [(usize, u64); 2] = [(1000, 6), (5000, 12)];
const MOST_STORAGE_CALLS: u64 = 3;
const MOST_PEAK_MEBIBYTES: f64 = 48.0;
const MOST_FAN_OUT_SECONDS: f64 = 30.0;

/// Every target that something was found for.
pub(super) fn targets(cases: &[CaseReport], cold_starts: &[ColdStart], packages: &[Package]) -> Vec<Target> {
    let of = |case: &str, size: usize| cases.iter().find(move |found| found.case == case && found.size == size);
    let mut targets: Vec<_> = packages.iter().map(zip).collect();
    let python = cold_starts.iter().find(|start| start.is_python);
    let functions = cold_starts.iter().filter(|start| !start.is_python);
    targets.extend(python.into_iter().flat_map(|python| functions.clone().map(|start| cold_start(start, python))));
    for (users, most) in MOST_CALLS {
        targets.extend(of(NIGHT, users).into_iter().flat_map(|night| nothing_due(night, most)));
    }
    targets.extend(of(SWEEP, 1000).and_then(sweep));
    targets.extend(of(FAN_OUT, 10_000).map(fan_out));
    targets
}

fn target(what: String, wanted: String, found: String, is_met: bool) -> Target {
    Target { what, wanted, found, is_met }
}

fn zip(Package { function, zip_mebibytes }: &Package) -> Target {
    let most = format!("at most {MOST_ZIP_MEBIBYTES:.0} MiB");
    target(format!("zip of {function}"), most, format!("{zip_mebibytes:.2} MiB"), *zip_mebibytes <= MOST_ZIP_MEBIBYTES)
}

fn cold_start(start: &ColdStart, python: &ColdStart) -> Target {
    let times = python.milliseconds / start.milliseconds;
    let least = format!("at least {LEAST_FASTER_THAN_PYTHON:.0} times faster than Python with boto3");
    let found = format!("{times:.1} times");
    target(format!("cold start of {}", start.function), least, found, times >= LEAST_FASTER_THAN_PYTHON)
}

fn nothing_due(night: &CaseReport, most: u64) -> Vec<Target> {
    let what = |of: &str| format!("nothing due, {} users: {of}", night.size);
    let (calls, storage) = (night.calls.of_services(&["iam", "sts"]), night.calls.of_services(&["s3"]));
    let peak = night.peak_mebibytes;
    vec![
        target(what("IAM and STS calls"), format!("at most {most}"), calls.to_string(), calls <= most),
        target(
            what("S3 calls"),
            format!("at most {MOST_STORAGE_CALLS}"),
            storage.to_string(),
            storage <= MOST_STORAGE_CALLS,
        ),
        target(
            what("peak memory"),
            format!("under {MOST_PEAK_MEBIBYTES:.0} MiB"),
            format!("{peak:.1} MiB"),
            peak < MOST_PEAK_MEBIBYTES,
        ),
    ]
}

fn sweep(sweep: &CaseReport) -> Option<Target> {
    let times = sweep.sample_seconds_computed? / sweep.seconds;
    let what = format!("full sweep of {} users", sweep.size);
    let least = format!("at least {LEAST_FASTER_THAN_SAMPLE:.0} times faster than the AFT sample's way (computed)");
    Some(target(what, least, format!("{times:.1} times"), times >= LEAST_FASTER_THAN_SAMPLE))
}

fn fan_out(fan_out: &CaseReport) -> Target {
    let most = format!("under {MOST_FAN_OUT_SECONDS:.0} s");
    let what = format!("fan-out of {} accounts", fan_out.size);
    target(what, most, format!("{:.1} s", fan_out.seconds), fan_out.seconds < MOST_FAN_OUT_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::super::calls::Calls;
    use super::*;

    fn case(case: &str, size: usize, calls: &[(&str, u64)], seconds: f64) -> CaseReport {
        CaseReport {
            case: case.to_owned(),
            size,
            calls: Calls::of(calls),
            calls_vary: false,
            seconds,
            cpu_seconds: 0.0,
            peak_mebibytes: 47.9,
            runs: 1,
            sample_seconds_computed: Some(75.1),
        }
    }

    fn start(function: &str, milliseconds: f64) -> ColdStart {
        let (function, is_python) = (function.to_owned(), function == "Python");
        ColdStart { function, milliseconds, peak_mebibytes: 1.0, runs: 1, is_python }
    }

    fn met(targets: &[Target]) -> Vec<bool> {
        targets.iter().map(|target| target.is_met).collect()
    }

    #[test]
    fn targets_are_met_up_to_their_limits_and_not_beyond() {
        let night = |calls: u64| case(NIGHT, 1000, &[("iam:ListUsers", calls - 1), ("sts:AssumeRole", 1)], 1.0);
        assert_eq!(met(&targets(&[night(6)], &[], &[])), [true, true, true]);
        assert_eq!(met(&targets(&[night(7)], &[], &[])), [false, true, true]);
        let sweep = |seconds| targets(&[case(SWEEP, 1000, &[], seconds)], &[], &[]);
        assert_eq!((met(&sweep(3.75)), met(&sweep(3.76))), (vec![true], vec![false]));
        let fan_out = |seconds| met(&targets(&[case(FAN_OUT, 10_000, &[], seconds)], &[], &[]));
        assert_eq!((fan_out(29.9), fan_out(30.0)), (vec![true], vec![false]));
        let zip = |zip_mebibytes| met(&targets(&[], &[], &[Package { function: "x".to_owned(), zip_mebibytes }]));
        assert_eq!((zip(4.0), zip(4.01)), (vec![true], vec![false]));
        let cold = |ours| met(&targets(&[], &[start("x", ours), start("Python", 250.0)], &[]));
        assert_eq!((cold(10.0), cold(10.1)), (vec![true], vec![false]));
    }

    #[test]
    fn nothing_is_said_of_what_was_not_run() {
        assert!(targets(&[case(NIGHT, 500, &[], 1.0), case(SWEEP, 500, &[], 1.0)], &[start("x", 1.0)], &[]).is_empty());
    }
}
