use std::fmt::Write;

use keywheel_mail::lint::{self, Files, Finding};

use crate::aws::AwsArguments;
use crate::exit::Ended;
use crate::place::Place;
use crate::printer::Printer;

const EXAMPLES: &str = "\
Examples:
  keywheel template check
  keywheel template check my-templates
  keywheel template check s3://keywheel-111122223333-eu-central-1/templates --profile hub

Each finding is a line `file:line: rule: what is wrong`, and a hint. Exit code 3 when there is one.";

/// Looks for undefined variables, missing parts, secrets, too long a mail, weak contrast, links and what a mail fetches, and a structure that
/// screen readers cannot follow.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Folder, or s3://bucket/prefix
    #[arg(default_value = "templates", value_name = "DIR|S3")]
    place: Place,
}

pub(super) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let files = arguments.place.read(aws).await?;
    report(printer, &files, &arguments.place.to_string())
}

/// Prints what is wrong with these templates.
pub(super) fn report(printer: &Printer, files: &Files, place: &str) -> anyhow::Result<Ended> {
    let findings = lint::check(files);
    let text = findings.iter().fold(String::new(), |text, finding| text + &said(finding));
    printer.data(&text)?;
    let mails = lint::present(files).len();
    match findings.len() {
        0 => printer.note(&format!("{place}: {mails} {} checked, no findings", plural(mails, "mail"))),
        count => printer.note(&format!("{place}: {count} {}", plural(count, "finding"))),
    }
    Ok(if findings.is_empty() { Ended::Done } else { Ended::Findings })
}

fn said(finding: &Finding) -> String {
    let Finding { file, line, rule, message, hint, sample } = finding;
    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
    let mut text = format!("{file}{line}: {rule}: {message}");
    if let Some(sample) = sample {
        let _ = write!(text, " (sample {sample})");
    }
    text + "\n  hint: " + hint + "\n"
}

/// The word, in the plural where there is not just one.
pub(super) fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}
