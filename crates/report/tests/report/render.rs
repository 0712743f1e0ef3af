//! Renders the sample reports; into the folder that `KEYWHEEL_REPORTS` names, where it names one, for the tests that look at them.

use std::path::PathBuf;

use keywheel_report::table::{Options, plain, render};
use keywheel_report::{Report, asff, csv, html, json, json_lines, ocsf};

use crate::attacks::attacked;
use crate::findings::collector;
use crate::sample::{fifty_thousand, twelve};
use crate::stored::stored;
use crate::totals::check_sums;

/// Every format of a report, by the ending of its file.
fn formats(report: &Report) -> Vec<(String, String)> {
    let calls = asff::render(report, &collector(None)).unwrap().into_iter().enumerate();
    let calls = calls.map(|(number, call)| (format!("{number}.asff.json"), call));
    let others = [
        ("txt", plain(&render(report, Options::default()))),
        ("json", json::render(report).unwrap()),
        ("jsonl", json_lines::render(report).unwrap()),
        ("csv", csv::render(report).unwrap()),
        ("html", html::render(report).unwrap()),
        ("ocsf.json", ocsf::render(report, &collector(None)).unwrap()),
    ];
    calls.chain(others.map(|(ending, text)| (ending.to_owned(), text))).collect()
}

/// The folder for the files, where one is asked for.
fn folder() -> Option<PathBuf> {
    std::env::var_os("KEYWHEEL_REPORTS").map(PathBuf::from)
}

fn write(name: &str, report: &Report) {
    for (ending, text) in formats(report) {
        keep(&format!("{name}.{ending}"), &text);
    }
}

fn keep(file: &str, text: &str) {
    assert!(text.ends_with('\n') && text.len() > 200, "{file}");
    if let Some(folder) = folder() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(file), text).unwrap();
    }
}

#[test]
fn a_report_of_twelve_accounts() {
    write("twelve", &twelve());
}

#[test]
fn a_report_of_a_stored_run() {
    write("stored", &stored());
}

#[test]
fn a_report_full_of_attacks() {
    write("attacked", &attacked());
}

#[test]
fn a_report_of_50_000_keys() {
    let report = fifty_thousand();
    assert!(report.totals.keys.listed >= 50_000);
    check_sums(&report);
    // The page alone is looked at with so many keys.
    if folder().is_some() {
        keep("fifty-thousand.html", &html::render(&report).unwrap());
    }
}
