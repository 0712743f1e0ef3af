//! Sections and entries of a file, by the rules of Python's configparser as botocore uses it.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Broken;

/// A section.
#[derive(Debug)]
pub(super) struct Section {
    /// What stands between the brackets.
    pub(super) header: String,
    pub(super) line: usize,
    pub(super) entries: Vec<Entry>,
    /// The names of the entries.
    names: BTreeSet<String>,
}

/// `name = value`.
#[derive(Debug)]
pub(super) struct Entry {
    /// In lower case: configparser reads names so.
    pub(super) name: String,
    pub(super) line: usize,
    /// Where the value stands in the text, without white space at its ends.
    pub(super) value: Range<usize>,
    /// Further lines belong to the value.
    pub(super) is_continued: bool,
}

/// The sections of a text.
pub(super) fn parse(text: &str) -> Result<Vec<Section>, Broken> {
    let mut reading = Reading::default();
    let mut start = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        reading.take(line, start, number).map_err(|why| Broken::Odd { why, line: Some(number) })?;
        start += line.len();
    }
    Ok(reading.sections)
}

/// What was read of a text so far.
#[derive(Default)]
struct Reading {
    sections: Vec<Section>,
    headers: BTreeSet<String>,
    /// How far the entry is indented to which further lines may belong.
    indent: Option<usize>,
}

impl Reading {
    /// Takes the line that begins at `start`, or says what is odd about it.
    fn take(&mut self, line: &str, start: usize, number: usize) -> Result<(), &'static str> {
        if let Some(why) = oddity(line) {
            return Err(why);
        }
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            return Ok(());
        }
        let depth = line.chars().take_while(|character| character.is_whitespace()).count();
        if self.continues(depth) {
            return Ok(());
        }
        if let Some(header) = header(content) {
            return self.begin_section(header, number);
        }
        let offset = start + (line.len() - line.trim_start().len());
        self.add_entry(content, offset, number)?;
        self.indent = Some(depth);
        Ok(())
    }

    /// Whether a line that is so far indented belongs to the entry before it, which then knows.
    fn continues(&mut self, depth: usize) -> bool {
        let open = self.sections.last_mut().and_then(|section| section.entries.last_mut());
        let (Some(outer), Some(entry)) = (self.indent, open) else { return false };
        let is_deeper = depth > outer;
        entry.is_continued |= is_deeper;
        is_deeper
    }

    fn begin_section(&mut self, header: &str, line: usize) -> Result<(), &'static str> {
        if !self.headers.insert(header.to_owned()) {
            return Err("a section is there twice");
        }
        self.sections.push(Section { header: header.to_owned(), line, entries: Vec::new(), names: BTreeSet::new() });
        self.indent = None;
        Ok(())
    }

    fn add_entry(&mut self, content: &str, offset: usize, line: usize) -> Result<(), &'static str> {
        let section = self.sections.last_mut().ok_or("something stands before the first section")?;
        let entry = entry(content, offset, line).ok_or("a line is neither a section nor an entry")?;
        if !section.names.insert(entry.name.clone()) {
            return Err("an entry is there twice");
        }
        section.entries.push(entry);
        Ok(())
    }
}

/// What SDKs and languages take for different things: other line breaks, and white space that is none to some.
fn oddity(line: &str) -> Option<&'static str> {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.contains('\u{feff}') {
        return Some("there is a byte order mark");
    }
    let is_odd = |character: char| {
        (character.is_control() && character != '\t') || (character.is_whitespace() && !matches!(character, ' ' | '\t'))
    };
    line.contains(is_odd).then_some("there is a control character or an unusual space")
}

/// configparser looks for the last bracket of the line, and does not mind what comes after it.
fn header(content: &str) -> Option<&str> {
    let inner = content.strip_prefix('[')?;
    let (header, _) = inner.rsplit_once(']')?;
    (!header.is_empty()).then_some(header)
}

fn entry(content: &str, offset: usize, line: usize) -> Option<Entry> {
    let delimiter = content.find(['=', ':'])?;
    let name = content[..delimiter].trim_end().to_lowercase();
    if name.is_empty() {
        return None;
    }
    let value = &content[delimiter + 1..];
    let start = offset + delimiter + 1 + (value.len() - value.trim_start().len());
    Some(Entry { name, line, value: start..offset + content.len(), is_continued: false })
        .map(|entry| if value.trim().is_empty() { Entry { value: start..start, ..entry } } else { entry })
}
