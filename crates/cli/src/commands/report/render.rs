//! Every form of a report, and where it goes.

use std::path::{Path, PathBuf};

use anyhow::Context;

use keywheel_report::findings::Collector;
use keywheel_report::table::{self, Line, Options};
use keywheel_report::{Report, asff, csv, html, json, json_lines, ocsf};

use crate::aws::AwsArguments;
use crate::exit::usage;
use crate::files;
use crate::printer::Printer;
use crate::session::Hub;

/// A form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Output {
    /// For people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// One JSON object per line
    Jsonl,
    /// For spreadsheets
    Csv,
    /// One page, to open in a browser or to mail
    Html,
    /// Compliance Findings of the Open Cybersecurity Schema Framework
    Ocsf,
    /// Findings for Security Hub, at most 100 to a file
    Asff,
}

/// A report in its form.
pub(super) enum Rendered {
    Lines(Vec<Line>),
    Text(String),
    /// Each for a call of its own.
    Batches(Vec<String>),
}

/// Who collects findings: whoever is signed in, or each account its own.
pub(super) async fn collector(aws: &AwsArguments, each: bool) -> anyhow::Result<Collector> {
    let hub = Hub::open(aws, "report").await?;
    let importer = Some(hub.own.account.clone()).filter(|_| !each);
    Ok(Collector { partition: hub.own.partition.clone(), region: hub.region(), importer })
}

/// The report in a form. Without a collector there are no findings.
pub(super) fn rendered(
    report: &Report,
    output: Output,
    all: bool,
    collector: Option<&Collector>,
) -> anyhow::Result<Rendered> {
    let collector = || collector.context("findings have no collector");
    Ok(match output {
        Output::Table => Rendered::Lines(table::render(report, Options { all })),
        Output::Json => Rendered::Text(json::render(report)?),
        Output::Jsonl => Rendered::Text(json_lines::render(report)?),
        Output::Csv => Rendered::Text(csv::render(report)?),
        Output::Html => Rendered::Text(html::render(report)?),
        Output::Ocsf => Rendered::Text(ocsf::render(report, collector()?)?),
        Output::Asff => Rendered::Batches(asff::render(report, collector()?)?),
    })
}

impl Rendered {
    /// Prints it, or writes it to a file and says so.
    pub(super) fn deliver(&self, printer: &Printer, out: Option<&Path>) -> anyhow::Result<()> {
        match (self, out) {
            (Self::Lines(lines), None) => printer.lines(lines)?,
            (Self::Text(text), None) => printer.data(text)?,
            (Self::Batches(batches), None) => match batches.as_slice() {
                [] => printer.data("[]\n")?,
                [one] => printer.data(one)?,
                more => {
                    let what =
                        format!("these findings are for {} calls, which standard output cannot tell apart", more.len());
                    return Err(usage(what, "--out findings.asff.json writes a file for each"));
                }
            },
            (Self::Lines(lines), Some(path)) => write(printer, path, &table::plain(lines))?,
            (Self::Text(text), Some(path)) => write(printer, path, text)?,
            (Self::Batches(batches), Some(path)) => {
                for (place, batch) in batches.iter().enumerate() {
                    write(printer, &numbered(path, place, batches.len()), batch)?;
                }
            }
        }
        Ok(())
    }
}

fn write(printer: &Printer, path: &Path, text: &str) -> anyhow::Result<()> {
    files::write(path, text)?;
    printer.note(&format!("written to {}", path.display()));
    Ok(())
}

/// `findings.asff.json` is `findings-1.asff.json` and so on, where there is more than one.
fn numbered(path: &Path, place: usize, of: usize) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if of == 1 {
        return path.to_owned();
    }
    let (stem, rest) =
        name.split_once('.').map_or((name.as_str(), String::new()), |(stem, rest)| (stem, format!(".{rest}")));
    path.with_file_name(format!("{stem}-{}{rest}", place + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_batches_are_numbered_where_there_is_more_than_one() {
        let name = |path: &str, place, of| numbered(Path::new(path), place, of).display().to_string();
        assert_eq!(name("a/findings.asff.json", 0, 1), "a/findings.asff.json");
        assert_eq!(name("a/findings.asff.json", 1, 2), "a/findings-2.asff.json");
        assert_eq!(name("findings", 0, 2), "findings-1");
    }
}
