//! The report as Markdown, which is what the terminal shows too.

use super::report::{CaseReport, ColdStart, Report, Target};
use super::{FAN_OUT, ROTATIONS};

/// What holds for every run, and how it is repeated.
const HOW: &str = include_str!("how.txt");

/// The page of a report.
pub(super) fn page(report: &Report) -> String {
    let generated = "<!-- written by `cargo xtask bench --update-docs`; do not edit -->";
    format!("# Benchmarks\n\n{generated}\n\n{}\n{HOW}", tables(report))
}

/// What was found, and where.
pub(super) fn tables(report: &Report) -> String {
    let machine = &report.machine;
    let mut page = format!(
        "Measured {} at commit {}, on {} with {} cores \
         and {:.1} GiB of memory (load average before: {:.1}), with {} ms per call.\n",
        report.at,
        report.commit,
        machine.processor,
        machine.cores,
        machine.memory_gibibytes,
        machine.load_before,
        report.delay_milliseconds
    );
    if !report.targets.is_empty() {
        page += &section(
            "Targets",
            "| target | wanted | found | |\n|---|---|---|---|\n",
            report.targets.iter().map(target),
        );
    }
    if !report.cases.is_empty() {
        let head = "| case | size | time | CPU | peak memory | runs | AFT sample's way, computed | times faster |\n\
                    |---|---:|---:|---:|---:|---:|---:|---:|\n";
        page += &section("Time and memory", head, report.cases.iter().map(case));
        let head = "| case | size | all | by name |\n|---|---:|---:|---|\n";
        page += &section("Calls", head, report.cases.iter().map(calls));
    }
    if !report.cold_starts.is_empty() {
        let head = "| process | start to first poll | peak memory | runs | times faster than Python |\n|---|---:|---:|---:|---:|\n";
        let python = report.cold_starts.iter().find(|start| start.is_python);
        page += &section("Cold start", head, report.cold_starts.iter().map(|start| cold_start(start, python)));
        if python.is_none() {
            page += "\nPython with boto3 was left out: boto3 could not be installed on this machine.\n";
        }
    }
    page
}

fn section(title: &str, head: &str, rows: impl Iterator<Item = String>) -> String {
    format!("\n## {title}\n\n{head}{}", rows.collect::<String>())
}

fn target(Target { what, wanted, found, is_met }: &Target) -> String {
    let outcome = if *is_met { "met" } else { "**missed**" };
    format!("| {what} | {wanted} | {found} | {outcome} |\n")
}

fn size(report: &CaseReport) -> String {
    let of = match report.case.as_str() {
        FAN_OUT => "accounts",
        ROTATIONS => "keys",
        _ => "users",
    };
    format!("{} {of}", report.size)
}

fn case(report: &CaseReport) -> String {
    let (sample, times) = match report.sample_seconds_computed {
        Some(sample) => (format!("{sample:.1} s"), format!("{:.1}", sample / report.seconds)),
        None => Default::default(),
    };
    format!(
        "| {} | {} | {:.2} s | {:.2} s | {:.1} MiB | {} | {sample} | {times} |\n",
        report.case,
        size(report),
        report.seconds,
        report.cpu_seconds,
        report.peak_mebibytes,
        report.runs
    )
}

fn calls(report: &CaseReport) -> String {
    let varies = if report.calls_vary { " (other runs made others)" } else { "" };
    format!("| {} | {} | {} | {}{varies} |\n", report.case, size(report), report.calls.all(), report.calls)
}

fn cold_start(start: &ColdStart, python: Option<&ColdStart>) -> String {
    let times = python.filter(|_| !start.is_python);
    let times = times.map(|python| format!("{:.1}", python.milliseconds / start.milliseconds)).unwrap_or_default();
    let ColdStart { function, milliseconds, peak_mebibytes, runs, .. } = start;
    format!("| {function} | {milliseconds:.1} ms | {peak_mebibytes:.1} MiB | {runs} | {times} |\n")
}

#[cfg(test)]
mod tests {
    use super::super::calls::Calls;
    use super::super::machine::Machine;
    use super::super::{NIGHT, SWEEP};
    use super::*;

    fn report() -> Report {
        let case = |case: &str, size, sample_seconds_computed| CaseReport {
            case: case.to_owned(),
            size,
            calls: Calls::of(&[("iam:ListUsers", 2), ("sts:AssumeRole", 1)]),
            calls_vary: false,
            seconds: 1.25,
            cpu_seconds: 0.5,
            peak_mebibytes: 20.0,
            runs: 3,
            sample_seconds_computed,
        };
        let start = |function: &str, milliseconds| ColdStart {
            function: function.to_owned(),
            milliseconds,
            peak_mebibytes: 8.0,
            runs: 15,
            is_python: function == "Python",
        };
        Report {
            at: "2026-11-21T02:00:00Z".to_owned(),
            commit: "abc1234".to_owned(),
            machine: Machine { processor: "Z80".to_owned(), cores: 4, memory_gibibytes: 8.0, load_before: 0.5 },
            delay_milliseconds: 25,
            targets: vec![Target { what: "a".into(), wanted: "b".into(), found: "c".into(), is_met: false }],
            cases: vec![case(NIGHT, 1000, None), case(SWEEP, 1000, Some(75.0)), case(FAN_OUT, 10_000, None)],
            cold_starts: vec![start("key-rotation", 5.0), start("Python", 200.0)],
            packages: Vec::new(),
        }
    }

    /// The page is measured, and what is said around the tables is not.
    #[test]
    fn the_page_in_docs_shows_what_the_file_beside_it_holds() {
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        let read = |name| std::fs::read_to_string(docs.join(name)).unwrap();
        let rendered = page(&serde_json::from_str(&read("benchmarks.json")).unwrap());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(docs.join("benchmarks.md"), &rendered).unwrap();
        }
        assert!(read("benchmarks.md") == rendered, "UPDATE_DOCS=1 cargo test -p keywheel-stage bench writes it anew");
    }

    #[test]
    fn every_case_has_a_row_with_its_numbers() {
        let page = page(&report());
        for row in [
            "Measured 2026-11-21T02:00:00Z at commit abc1234, on Z80 with 4 cores and 8.0 GiB",
            "| a | b | c | **missed** |",
            "| nothing due | 1000 users | 1.25 s | 0.50 s | 20.0 MiB | 3 |  |  |",
            "| full sweep | 1000 users | 1.25 s | 0.50 s | 20.0 MiB | 3 | 75.0 s | 60.0 |",
            "| fan-out | 10000 accounts | 3 | iam:ListUsers 2, sts:AssumeRole 1 |",
            "| key-rotation | 5.0 ms | 8.0 MiB | 15 | 40.0 |",
            "| Python | 200.0 ms | 8.0 MiB | 15 |  |",
            "cargo xtask bench",
        ] {
            assert!(page.contains(row), "{row} is not in {page}");
        }
        assert!(!page.contains("left out"));
    }

    #[test]
    fn what_was_not_run_has_no_section_and_a_missing_python_is_told() {
        let mut report = report();
        report.cold_starts.pop();
        assert!(page(&report).contains("Python with boto3 was left out"));
        report.cold_starts.clear();
        report.cases.clear();
        let page = page(&report);
        assert!(!page.contains("## Calls") && !page.contains("## Cold start") && page.contains("## Targets"));
    }
}
