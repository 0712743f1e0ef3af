use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use keywheel_mail::lint::{self, Finding, Preview};

use super::check::plural;
use crate::exit::{Ended, failed, usage};
use crate::place::{read_folder, refuse_links};
use crate::printer::Printer;

const EXAMPLES: &str = "\
Examples:
  keywheel template preview --out previews
  keywheel template preview my-templates --out previews && xdg-open previews/index.html";

/// Stands in a folder that this verb made, so that it may be written again.
const INDEX: &str = "index.html";
const HEAD: &str = "<!DOCTYPE html>
<html lang=\"en\" dir=\"ltr\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"generator\" content=\"keywheel template preview\"><title>Mails</title>
<style>:root { color-scheme: light dark } body { font: 16px/1.5 sans-serif; margin: 24px } iframe { border: 1px solid #888; height: 640px; max-width: 100% }
section { margin-bottom: 48px }</style></head>
<body><h1>Mails</h1>
";

/// Writes every mail as HTML and text, and index.html that shows them in the width of a screen and of a phone.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Folder with templates
    #[arg(default_value = "templates")]
    dir: PathBuf,
    /// Folder to write to: a new or empty one, or one of earlier previews
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(printer: &Printer, arguments: &Arguments) -> anyhow::Result<Ended> {
    let Arguments { dir, out } = arguments;
    let files = read_folder(dir)?;
    let previews = lint::previews(&files).map_err(|findings| unrendered(dir, &findings))?;
    if previews.is_empty() {
        return Err(failed(format!("there are no templates in {}", dir.display()), "name the folder that holds them"));
    }
    refuse_foreign(out)?;
    let mut index = HEAD.to_owned();
    for preview in &previews {
        write_one(out, preview, &mut index)?;
    }
    index.push_str("</body></html>\n");
    let index_file = out.join(INDEX);
    write(out, INDEX, &index)?;
    printer.data(&format!("{}\n", index_file.display()))?;
    printer.note(&format!("{} {} written", previews.len(), plural(previews.len(), "preview")));
    Ok(Ended::Done)
}

fn unrendered(dir: &Path, findings: &[Finding]) -> anyhow::Error {
    let first = findings.first().map(|finding| format!("{}: {}", finding.file, finding.message)).unwrap_or_default();
    let hint = format!("`keywheel template check {}` says what is wrong with all of them", dir.display());
    failed(format!("the templates cannot be rendered: {first}"), hint)
}

/// Nobody's files are written over.
fn refuse_foreign(out: &Path) -> anyhow::Result<()> {
    let is_empty = fs::read_dir(out).map_or(true, |mut entries| entries.next().is_none());
    let is_ours = || fs::read_to_string(out.join(INDEX)).is_ok_and(|text| text.contains("keywheel template preview"));
    if is_empty || is_ours() {
        return Ok(());
    }
    Err(usage(format!("{} holds other files", out.display()), "name a new folder with --out"))
}

fn write_one(out: &Path, preview: &Preview, index: &mut String) -> anyhow::Result<()> {
    let Preview { mail, sample, rendered } = preview;
    let folder = out.join(mail);
    refuse_links(out, mail)?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let text = format!("Subject: {}\n\n{}", rendered.subject, rendered.text);
    for (ending, content) in [("html", &rendered.html), ("txt", &text)] {
        write(out, &format!("{mail}/{sample}.{ending}"), content)?;
    }
    let subject = escaped(&rendered.subject);
    let _ = writeln!(
        index,
        "<section><h2>{mail}: {sample}</h2><p>{subject}</p><p><a href=\"{mail}/{sample}.html\">HTML of {mail}, {sample}</a>, \
         <a href=\"{mail}/{sample}.txt\">text of {mail}, {sample}</a></p>"
    );
    for width in [680, 375] {
        let _ = writeln!(
            index,
            "<iframe sandbox=\"\" loading=\"lazy\" width=\"{width}\" src=\"{mail}/{sample}.html\" title=\"{mail}, {sample}, {width} pixels wide\"></iframe>"
        );
    }
    index.push_str("</section>\n");
    Ok(())
}

/// Writes a file below the folder, over an earlier one, and never through a link.
fn write(out: &Path, name: &str, content: &str) -> anyhow::Result<()> {
    refuse_links(out, name)?;
    let file = out.join(name);
    let cannot_write = || format!("cannot write {}", file.display());
    match fs::remove_file(&file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(cannot_write),
        _ => {}
    }
    let mut made = fs::File::create_new(&file).with_context(cannot_write)?;
    made.write_all(content.as_bytes()).with_context(cannot_write)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
