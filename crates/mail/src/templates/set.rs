use std::io::{self, Write};

use tera::{Context, Tera};

use crate::DigestContext;
use crate::clean::line;

pub(super) const SUBJECT: &str = "subject.txt";
pub(super) const BODY_TEXT: &str = "body.txt";
/// The ending makes Tera escape what is put into it.
pub(super) const BODY_HTML: &str = "body.html";

const SAMPLE: &str = include_str!("../../../../templates/digest/sample.json");
/// What a part may be long at most. The longest digest that key-rotation hands over stays below it, whatever its tags say.
const LONGEST_BODY: usize = 4 * 1024 * 1024;
const LONGEST_SUBJECT: usize = 200;
const LONGEST_REASON: usize = 500;
/// Stands in texts of strangers when a set is tried out; must never come out of an HTML part as it is.
const PROBE: &str = "<keywheel-probe a='\"&>";

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
    fn new(why: &str) -> Self {
        Self(line(why, LONGEST_REASON))
    }
}

impl From<tera::Error> for RenderFailed {
    fn from(error: tera::Error) -> Self {
        Self::new(&error.to_string())
    }
}

/// The compiled templates of one mail.
pub(super) struct TemplateSet(Tera);

impl TemplateSet {
    /// The set that this release brings along.
    pub(super) fn embedded() -> Result<Self, RenderFailed> {
        Self::compile(
            include_str!("../../../../templates/digest/subject.txt"),
            include_str!("../../../../templates/digest/body.txt"),
            include_str!("../../../../templates/digest/body.html"),
        )
    }

    /// A set of somebody else's making: compiled, and tried out on a sample of every kind of entry.
    pub(super) fn checked(subject: &str, text: &str, html: &str) -> Result<Self, RenderFailed> {
        let set = Self::compile(subject, text, html)?;
        let sample: DigestContext =
            serde_json::from_str(SAMPLE).map_err(|error| RenderFailed::new(&error.to_string()))?;
        set.check_variables(&sample)?;
        for mut context in
            [sample.clone(), audit_of(&sample), compact_of(&sample)].into_iter().chain(singles_of(&sample))
        {
            set.render(&context)?;
            probe(&mut context);
            if set.render(&context)?.html.contains(PROBE) {
                return Err(RenderFailed::new(
                    "body.html writes texts without escaping them; leave out the filter safe",
                ));
            }
        }
        Ok(set)
    }

    fn compile(subject: &str, text: &str, html: &str) -> Result<Self, RenderFailed> {
        let mut tera = Tera::default();
        tera.add_raw_templates([(SUBJECT, subject), (BODY_TEXT, text), (BODY_HTML, html)])?;
        Ok(Self(tera))
    }

    /// Finds misspelt variables also where the sample does not lead. `{% if missing %}` is no error to Tera.
    fn check_variables(&self, sample: &DigestContext) -> Result<(), RenderFailed> {
        let known = serde_json::to_value(sample).map_err(|error| RenderFailed::new(&error.to_string()))?;
        for template in super::NAMES {
            let variables = self.0.get_template_variables(template)?;
            if let Some(unknown) = variables.iter().find(|name| known.get(**name).is_none()) {
                return Err(RenderFailed::new(&format!("{template} uses {unknown:?}, which a digest does not have")));
            }
        }
        Ok(())
    }

    /// Renders all three parts.
    pub(super) fn render(&self, context: &DigestContext) -> Result<Rendered, RenderFailed> {
        let context = Context::from_serialize(context)?;
        let subject = line(&self.part(SUBJECT, &context)?, LONGEST_SUBJECT);
        let text = tidied(&self.part(BODY_TEXT, &context)?);
        let html = self.part(BODY_HTML, &context)?;
        for (name, part) in [(SUBJECT, subject.as_str()), (BODY_TEXT, text.trim()), (BODY_HTML, html.trim())] {
            if part.is_empty() {
                return Err(RenderFailed::new(&format!("{name} comes out empty")));
            }
        }
        Ok(Rendered { subject, text, html })
    }

    fn part(&self, name: &str, context: &Context) -> Result<String, RenderFailed> {
        let mut written = Capped(Vec::new());
        self.0.render_to(name, context, &mut written).map_err(|error| match written.0.len() {
            LONGEST_BODY.. => RenderFailed::new(&format!("{name} comes out longer than {LONGEST_BODY} bytes")),
            _ => error.into(),
        })?;
        String::from_utf8(written.0)
            .map_err(|_| RenderFailed::new(&format!("{name} comes out as something else than UTF-8")))
    }
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

fn audit_of(sample: &DigestContext) -> DigestContext {
    DigestContext { mode: "audit".to_owned(), audit: true, ..sample.clone() }
}

fn compact_of(sample: &DigestContext) -> DigestContext {
    DigestContext { compact: true, ..sample.clone() }
}

/// One context per section, with its first entry alone: what templates say of a single entry is tried out as well.
fn singles_of(sample: &DigestContext) -> impl Iterator<Item = DigestContext> {
    sample.sections.iter().map(|section| {
        let mut section = section.clone();
        section.count = 1;
        section.groups.truncate(1);
        section.groups.iter_mut().for_each(|group| group.entries.truncate(1));
        DigestContext { single: true, sections: vec![section], ..sample.clone() }
    })
}

/// Puts the probe wherever a stranger's text can stand.
fn probe(context: &mut DigestContext) {
    for text in [&mut context.account.name, &mut context.account.label, &mut context.headline] {
        text.push_str(PROBE);
    }
    for text in context.summary.what.iter_mut().chain(&mut context.summary.todo) {
        text.push_str(PROBE);
    }
    let groups = context.sections.iter_mut().flat_map(|section| &mut section.groups);
    for entry in groups.flat_map(|group| &mut group.entries) {
        entry.user.push_str(PROBE);
        entry.instructions.push(PROBE.to_owned());
        entry.detail = Some(PROBE.to_owned());
        if let Some(last_used) = &mut entry.last_used {
            last_used.service.push_str(PROBE);
            last_used.region.push_str(PROBE);
        }
    }
}
