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
    let odd = |why, line| Broken::Odd { why, line: Some(line) };
    let mut sections: Vec<Section> = Vec::new();
    let mut headers = BTreeSet::new();
    // How far the entry is indented to which further lines may belong.
    let mut indent = None;
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate().map(|(number, line)| (number + 1, line)) {
        let start = at;
        at += line.len();
        if let Some(why) = oddity(line) {
            return Err(odd(why, number));
        }
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        let offset = start + (line.len() - line.trim_start().len());
        let depth = line.chars().take_while(|character| character.is_whitespace()).count();
        let open = sections.last_mut().and_then(|section| section.entries.last_mut());
        if let (Some(outer), Some(entry)) = (indent, open)
            && depth > outer
        {
            entry.is_continued = true;
            continue;
        }
        if let Some(header) = header(content) {
            if !headers.insert(header.to_owned()) {
                return Err(odd("a section is there twice", number));
            }
            sections.push(Section {
                header: header.to_owned(),
                line: number,
                entries: Vec::new(),
                names: BTreeSet::new(),
            });
            indent = None;
            continue;
        }
        let Some(section) = sections.last_mut() else {
            return Err(odd("something stands before the first section", number));
        };
        let entry = entry(content, offset, number).ok_or(odd("a line is neither a section nor an entry", number))?;
        if !section.names.insert(entry.name.clone()) {
            return Err(odd("an entry is there twice", number));
        }
        section.entries.push(entry);
        indent = Some(depth);
    }
    Ok(sections)
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
