//! Looks for faults in templates before they are used: what does not render, what a mail must not hold, and what readers could not read.
//!
//! Every mail is rendered with every sample, and the parts that come out are looked at. A finding names the place in the template where that
//! can be told.

mod bench;
mod colour;
mod css;
mod document;
mod links;
mod place;
mod secrets;
mod size;
mod structure;
mod style;

use std::collections::{BTreeMap, BTreeSet};

use crate::Rendered;

pub use bench::{mails, parts, shared};

/// Template files: the text by its name below the folder or prefix, such as `digest/body.html`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, below the folder or prefix.
    pub file: String,
    /// The line in it, from 1; none where the fault is that of the whole file.
    pub line: Option<usize>,
    /// The rule's name, such as `contrast`.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: &'static str,
    /// The sample with which it shows; none where it does with any.
    pub sample: Option<String>,
}

/// A mail that was rendered with a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The mail, such as `digest`.
    pub mail: String,
    /// The sample, such as `audit`.
    pub sample: String,
    /// Its parts.
    pub rendered: Rendered,
}

/// A part of a mail as it came out, and the files that may have brought it about.
struct Part<'a> {
    file: String,
    sample: &'a str,
    text: &'a str,
    files: &'a Files,
}

impl Part<'_> {
    /// A fault whose cause is looked for in the templates by this text.
    fn fault(&self, rule: &'static str, cause: Option<&str>, message: String, hint: &'static str) -> Finding {
        let (file, line) = place::of(self.files, &self.file, cause);
        Finding { file, line, rule, message, hint, sample: Some(self.sample.to_owned()) }
    }
}

/// The mails that have at least one file among these.
#[must_use]
pub fn present(files: &Files) -> Vec<&'static str> {
    let has = |mail: &&str| parts(mail).iter().any(|part| files.contains_key(part));
    mails().into_iter().filter(has).collect()
}

/// Looks for every kind of fault in these files, in the order of files and lines; what shows with several samples is said once.
#[must_use]
pub fn check(files: &Files) -> Vec<Finding> {
    let mut findings: Vec<Finding> = files.iter().flat_map(|(name, bytes)| secrets::in_file(name, bytes)).collect();
    for mail in present(files) {
        match bench::render_all(mail, files) {
            Ok(previews) => findings.extend(previews.iter().flat_map(|preview| of_preview(files, preview))),
            Err(broken) => findings.extend(broken),
        }
    }
    findings.sort();
    let mut said = BTreeSet::new();
    findings.retain(|found| said.insert((found.file.clone(), found.line, found.rule, found.message.clone())));
    findings
}

/// Renders every mail that is among these files with every sample.
///
/// # Errors
/// What keeps a mail from being rendered.
pub fn previews(files: &Files) -> Result<Vec<Preview>, Vec<Finding>> {
    let mut previews = Vec::new();
    for mail in present(files) {
        previews.extend(bench::render_all(mail, files)?);
    }
    Ok(previews)
}

fn of_preview(files: &Files, preview: &Preview) -> Vec<Finding> {
    let Rendered { subject, text, html } = &preview.rendered;
    let [subject_file, text_file, html_file] = parts(&preview.mail);
    let part = |file: String, text| Part { file, sample: &preview.sample, text, files };
    let (subject, text, html) = (part(subject_file, subject), part(text_file, text), part(html_file, html));
    let mut findings = size::check(&html);
    for part in [&subject, &text, &html] {
        findings.extend(secrets::in_part(part));
    }
    findings.extend([&subject, &text].into_iter().flat_map(links::in_text));
    let nodes = document::nodes(html.text);
    findings.extend(links::in_html(&html, &nodes));
    findings.extend(structure::check(&html, &nodes));
    findings.extend(style::contrast(&html, &nodes));
    findings
}

#[cfg(test)]
mod tests;
