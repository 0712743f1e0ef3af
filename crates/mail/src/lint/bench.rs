//! Which mails there are, and how they are rendered: all that the lint knows of the templates' own code.

use super::{Files, Finding, Preview, place};
use crate::templates::set::{BASE, NAMES, TemplateSet};
use crate::templates::{shipped, tried};
use crate::{DigestContext, MailKind};

/// The names of all mails.
#[must_use]
pub fn mails() -> Vec<&'static str> {
    MailKind::ALL.iter().map(|kind| kind.folder()).collect()
}

/// The folders of what mails share, of which notification also uses all three files or none.
#[must_use]
pub fn shared() -> [&'static str; 1] {
    [BASE]
}

/// The names of a folder's three files: subject, text, HTML.
#[must_use]
pub fn parts(folder: &str) -> [String; 3] {
    NAMES.map(|part| format!("{folder}/{part}"))
}

/// Renders a mail with every sample, as notification tries it out before it uses it.
pub(super) fn render_all(mail: &str, files: &Files) -> Result<Vec<Preview>, Vec<Finding>> {
    let Some(kind) = MailKind::ALL.iter().copied().find(|kind| kind.folder() == mail) else { return Ok(Vec::new()) };
    let texts = texts(files, mail)?;
    let has_base = parts(BASE).iter().any(|name| files.contains_key(name));
    let base = if has_base { self::texts(files, BASE)? } else { shipped::BASE };
    let broken = |why: String| vec![broken(mail, files, why)];
    let set = TemplateSet::checked(kind, texts, base).map_err(|error| broken(error.to_string()))?;
    let mut samples = tried::contexts(kind).map_err(|error| broken(error.to_string()))?;
    let longest = tried::longest(kind).map_err(|error| broken(error.to_string()))?;
    samples.extend(longest.map(|context| ("200-entries".to_owned(), context)));
    samples.push(("sample.json".to_owned(), own_sample(kind).map_err(|error| broken(error.to_string()))?));
    let previews = samples.into_iter().map(|(sample, context)| {
        let rendered = set.render(&context).map_err(|error| broken(error.to_string()))?;
        Ok(Preview { mail: mail.to_owned(), sample, rendered })
    });
    previews.collect()
}

/// What stands in the `sample.json` of the mail's folder.
fn own_sample(kind: MailKind) -> Result<DigestContext, serde_json::Error> {
    macro_rules! sample {
        ($folder:literal) => {
            include_str!(concat!("../../../../templates/", $folder, "/sample.json"))
        };
    }
    serde_json::from_str(match kind {
        MailKind::Audit => sample!("audit"),
        MailKind::Blocked => sample!("blocked"),
        MailKind::Deactivated => sample!("deactivated"),
        MailKind::Deleted => sample!("deleted"),
        MailKind::Digest => sample!("digest"),
        MailKind::Emergency => sample!("emergency"),
        MailKind::Failed => sample!("failed"),
        MailKind::Held => sample!("held"),
        MailKind::Retired => sample!("retired"),
        MailKind::Rotated => sample!("rotated"),
        MailKind::Warning => sample!("warning"),
    })
}

fn texts<'a>(files: &'a Files, folder: &str) -> Result<[&'a str; 3], Vec<Finding>> {
    match parts(folder).map(|name| text_of(files, name)) {
        [Ok(subject), Ok(text), Ok(html)] => Ok([subject, text, html]),
        several => Err(several.into_iter().filter_map(Result::err).collect()),
    }
}

fn text_of(files: &Files, name: String) -> Result<&str, Finding> {
    let finding =
        |rule, message: String, hint, name| Finding { file: name, line: None, rule, message, hint, sample: None };
    let Some(bytes) = files.get(&name) else {
        let hint =
            "a mail has subject.txt, body.txt and body.html; notification uses all three of a place or none of them";
        return Err(finding("missing-part", "this part is missing".to_owned(), hint, name));
    };
    std::str::from_utf8(bytes).map_err(|error| {
        let message = format!("this is not UTF-8 text after {} bytes", error.valid_up_to());
        finding("template", message, "save the file as UTF-8", name)
    })
}

/// A set that cannot be used; the place stands in Tera's own words.
fn broken(mail: &str, files: &Files, why: String) -> Finding {
    let own = || parts(mail).into_iter().chain(parts(BASE));
    let named = own().find_map(|file| {
        let line = place::line_after(&why, &file)?;
        Some((file, line))
    });
    let part = || own().find(|file| why.contains(file));
    let (file, line) = named.map_or_else(|| (part(), None), |(file, line)| (Some(file), Some(line)));
    let file = file.unwrap_or_else(|| parts(mail).into_iter().next_back().unwrap_or_default());
    let variable = why.split_once(" uses \"").and_then(|(_, rest)| rest.split('"').next()).map(str::to_owned);
    let line = line.or_else(|| place::line_with(files, &file, variable.as_deref()?));
    let hint =
        "templates/README.md lists what a template sees; notification would use its own templates in place of these";
    Finding { file, line, rule: "template", message: why, hint, sample: None }
}
