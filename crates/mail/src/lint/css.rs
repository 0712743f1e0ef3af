//! As much of CSS as mails use: selectors of elements, classes and ids, `@media (prefers-color-scheme: dark)`, declarations.

use super::document::Element;

/// One rule with one selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    selector: Vec<(bool, Compound)>,
    pub(super) declarations: Vec<(String, String)>,
    /// Whether it holds in the dark scheme alone.
    pub(super) dark: bool,
}

/// What one element must be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Compound {
    element: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
}

/// The rules of a style sheet in their order. A selector of any other kind, such as `:hover`, is left out: it says nothing of the mail at rest.
pub(super) fn rules(sheet: &str) -> Vec<Rule> {
    let mut rules = Vec::new();
    read(&without_comments(sheet), false, &mut rules);
    rules
}

/// The declarations of a `style` attribute or of a rule.
pub(super) fn declarations(text: &str) -> Vec<(String, String)> {
    let parts = text.split(';').filter_map(|part| part.split_once(':'));
    let value = |value: &str| value.replace("!important", "").trim().to_owned();
    parts.map(|(name, text)| (name.trim().to_ascii_lowercase(), value(text))).collect()
}

impl Rule {
    /// Whether the rule holds for the last of these elements, of which each is inside of the one before.
    pub(super) fn matches(&self, open: &[&Element]) -> bool {
        let Some(((_, last), before)) = self.selector.split_last() else { return false };
        open.split_last().is_some_and(|(element, outer)| last.matches(element) && matches_outer(before, outer))
    }

    /// Which of two rules wins (CSS Cascade, "specificity"): ids, classes, elements.
    pub(super) fn specificity(&self) -> (usize, usize, usize) {
        self.selector.iter().fold((0, 0, 0), |(ids, classes, elements), (_, one)| {
            let (id, element) = (usize::from(one.id.is_some()), usize::from(one.element.is_some()));
            (ids + id, classes + one.classes.len(), elements + element)
        })
    }
}

/// Whether the elements outside of one fit the rest of a selector.
fn matches_outer(compounds: &[(bool, Compound)], outer: &[&Element]) -> bool {
    let Some(((is_parent, compound), before)) = compounds.split_last() else { return true };
    let candidates = if *is_parent { outer.len().saturating_sub(1)..outer.len() } else { 0..outer.len() };
    candidates.rev().any(|at| compound.matches(outer[at]) && matches_outer(before, &outer[..at]))
}

impl Compound {
    fn parse(text: &str) -> Option<Self> {
        let text = if text == ":root" { "html" } else { text };
        if text.contains([':', '[', '+', '~', '(']) {
            return None;
        }
        let mut compound = Self::default();
        let starts = text.match_indices(['.', '#']).map(|(at, _)| at).chain([text.len()]);
        let mut from = 0;
        for to in starts {
            let part = &text[from..to];
            match part.chars().next() {
                Some('.') => compound.classes.push(part[1..].to_owned()),
                Some('#') => compound.id = Some(part[1..].to_owned()),
                Some('*') | None => {}
                Some(_) => compound.element = Some(part.to_ascii_lowercase()),
            }
            from = to;
        }
        Some(compound)
    }

    fn matches(&self, element: &Element) -> bool {
        let has = |class: &String| element.get("class").unwrap_or_default().split_whitespace().any(|one| one == class);
        self.element.as_ref().is_none_or(|name| *name == element.name)
            && self.id.as_ref().is_none_or(|id| element.get("id") == Some(id))
            && self.classes.iter().all(has)
    }
}

fn read(mut sheet: &str, dark: bool, rules: &mut Vec<Rule>) {
    while let Some(at) = sheet.find(['{', ';']) {
        let prelude = sheet[..at].trim();
        let after = &sheet[at + 1..];
        if sheet.as_bytes()[at] == b';' {
            sheet = after;
            continue;
        }
        let (block, rest) = block(after);
        sheet = rest;
        let media = prelude.strip_prefix("@media").map(|query| query.replace(' ', "").to_ascii_lowercase());
        match media {
            Some(query) if query.contains("print") => {}
            Some(query) => read(block, dark || query.contains("prefers-color-scheme:dark"), rules),
            None if prelude.starts_with('@') => {}
            None => rules.extend(prelude.split(',').filter_map(|selector| rule(selector, block, dark))),
        }
    }
}

/// The text up to the brace that closes, and what follows.
fn block(text: &str) -> (&str, &str) {
    let mut depth = 1;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&text[..at], &text[at + 1..]);
        }
    }
    (text, "")
}

fn rule(selector: &str, block: &str, dark: bool) -> Option<Rule> {
    let spaced = selector.replace('>', " > ");
    let mut compounds: Vec<(bool, Compound)> = Vec::new();
    for part in spaced.split_whitespace() {
        if part == ">" {
            compounds.last_mut()?.0 = true;
        } else {
            compounds.push((false, Compound::parse(part)?));
        }
    }
    Some(Rule { selector: compounds, declarations: declarations(block), dark })
}

fn without_comments(sheet: &str) -> String {
    let mut kept = String::new();
    let mut rest = sheet;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept + rest
}
