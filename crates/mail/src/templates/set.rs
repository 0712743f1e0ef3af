use std::io::{self, Write};

use tera::{Context, Kwargs, State, Tera, Value};

use super::tried;
use crate::clean::{quoted, subject};
use crate::{DigestContext, MailKind};

/// The files of a folder, of a mail as of the base.
pub(crate) const NAMES: [&str; 3] = ["subject.txt", "body.txt", "body.html"];
/// The folder of what the mails share.
pub(crate) const BASE: &str = "base";

/// What a part may be long at most. The longest digest that key-rotation hands over stays below it, whatever its tags say.
const LONGEST_BODY: usize = 4 * 1024 * 1024;
const LONGEST_SUBJECT: usize = 200;
const LONGEST_REASON: usize = 500;

/// A mail's three parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The subject, on one line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// Templates that cannot be compiled, or cannot render a mail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RenderFailed(String);

impl RenderFailed {
    /// Tera's errors draw the place in several lines; a log wants one.
    pub(super) fn new(why: &str) -> Self {
        Self(quoted(why, LONGEST_REASON))
    }
}

impl From<tera::Error> for RenderFailed {
    fn from(error: tera::Error) -> Self {
        Self::new(&error.to_string())
    }
}

/// The compiled templates of one mail.
pub(crate) struct TemplateSet {
    tera: Tera,
    names: [String; 3],
}

impl TemplateSet {
    /// Compiles the files of the folder over those of the base, both in the order of [`NAMES`].
    pub(super) fn compile(folder: &str, files: [&str; 3], base: [&str; 3]) -> Result<Self, RenderFailed> {
        let mut tera = Tera::default();
        // Nothing in a mail is counted, and nested it would take for ever.
        tera.register_function("range", |_: Kwargs, _: &State| -> Result<Value, tera::Error> {
            Err(tera::Error::message("range() is not for mails"))
        });
        let of = |folder: &str, name: &str| format!("{folder}/{name}");
        let shared = NAMES.iter().zip(base).map(|(name, text)| (of(BASE, name), text));
        let own = NAMES.iter().zip(files).map(|(name, text)| (of(folder, name), text));
        // The ending of a name makes Tera escape what is put into HTML.
        tera.add_raw_templates(shared.chain(own).collect::<Vec<_>>())?;
        Ok(Self { tera, names: NAMES.map(|name| of(folder, name)) })
    }

    /// A set of somebody else's making: compiled, and tried out on samples of every kind of entry that it can be handed.
    pub(crate) fn checked(kind: MailKind, files: [&str; 3], base: [&str; 3]) -> Result<Self, RenderFailed> {
        let set = Self::compile(kind.folder(), files, base)?;
        set.check_variables()?;
        for (_, mut context) in tried::contexts(kind)? {
            set.render(&context)?;
            tried::probe(&mut context);
            if set.render(&context)?.html.contains(tried::PROBE) {
                let [_, _, html] = &set.names;
                let why = format!("{html} writes texts without escaping them; leave out the filter safe");
                return Err(RenderFailed::new(&why));
            }
        }
        Ok(set)
    }

    /// Finds misspelt variables also where the sample does not lead. `{% if missing %}` is no error to Tera.
    fn check_variables(&self) -> Result<(), RenderFailed> {
        let known = serde_json::to_value(tried::sample()?).map_err(|error| RenderFailed::new(&error.to_string()))?;
        for template in &self.names {
            let variables = self.tera.get_template_variables(template)?;
            if let Some(unknown) = variables.iter().find(|name| known.get(**name).is_none()) {
                return Err(RenderFailed::new(&format!("{template} uses {unknown:?}, which a digest does not have")));
            }
        }
        Ok(())
    }

    /// Renders all three parts.
    pub(crate) fn render(&self, context: &DigestContext) -> Result<Rendered, RenderFailed> {
        let [subject_name, text_name, html_name] = &self.names;
        let actions = &context.sample.actions;
        let mut context = Context::from_serialize(context)?;
        context.insert("actions", &actions.join("\n"));
        let subject = subject(&self.part(subject_name, &context)?, LONGEST_SUBJECT);
        let text = tidied(&self.part(text_name, &context)?);
        context.insert_value("actions", list(actions)?);
        let html = self.part(html_name, &context)?;
        for (name, part) in [(subject_name, subject.as_str()), (text_name, text.trim()), (html_name, html.trim())] {
            if part.is_empty() {
                return Err(RenderFailed::new(&format!("{name} comes out empty")));
            }
        }
        Ok(Rendered { subject, text, html })
    }

    fn part(&self, name: &str, context: &Context) -> Result<String, RenderFailed> {
        let mut written = Capped(Vec::new());
        self.tera.render_to(name, context, &mut written).map_err(|error| match written.0.len() {
            LONGEST_BODY.. => RenderFailed::new(&format!("{name} comes out longer than {LONGEST_BODY} bytes")),
            _ => error.into(),
        })?;
        utf8(written.0, name)
    }
}

/// The actions as a list in HTML: escaped, and marked so that Tera does not escape it again.
fn list(actions: &[String]) -> Result<Value, RenderFailed> {
    let mut html = b"<ul>".to_vec();
    for action in actions {
        html.extend_from_slice(b"<li>");
        tera::escape_html(action, &mut html).map_err(|error| RenderFailed::new(&error.to_string()))?;
        html.extend_from_slice(b"</li>");
    }
    html.extend_from_slice(b"</ul>");
    Ok(Value::safe_string(&utf8(html, "actions")?))
}

fn utf8(bytes: Vec<u8>, name: &str) -> Result<String, RenderFailed> {
    String::from_utf8(bytes).map_err(|_| RenderFailed::new(&format!("{name} comes out as something else than UTF-8")))
}

/// Takes what fits and then refuses, so that a template that never ends cannot eat the memory.
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = LONGEST_BODY - self.0.len();
        self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The text without what templates leave behind: white space at line ends, more than one empty line in a row.
fn tidied(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty = true;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() && empty {
            continue;
        }
        empty = line.is_empty();
        tidy.push_str(line);
        tidy.push('\n');
    }
    tidy.truncate(tidy.trim_end().len());
    tidy.push('\n');
    tidy
}
