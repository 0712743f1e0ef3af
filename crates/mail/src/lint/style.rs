//! Whether every text can be read on what is behind it, in the light and in the dark scheme.

use std::collections::BTreeSet;

use super::colour::{BLACK, Colour, WHITE};
use super::css::{Rule, declarations, rules};
use super::document::{Element, Node, walk};
use super::{Finding, Part};

/// WCAG 2.2, 1.4.3 "Contrast (Minimum)"; what holds for large text alone is not used.
const LEAST: f64 = 4.5;
const HINT: &str =
    "choose colours with a contrast of 4.5 to 1 at least, in the dark scheme too (prefers-color-scheme: dark)";
/// What a browser shows where a page takes part in the dark scheme and names no colours.
const DARK: Colour = Colour([0x12, 0x12, 0x12]);
const LINK: [Colour; 2] = [Colour([0, 0, 0xee]), Colour([0x9e, 0x9e, 0xff])];

/// Every pair of colours that a text has and that is too weak.
pub(super) fn contrast(part: &Part<'_>, nodes: &[Node]) -> Vec<Finding> {
    let sheet = rules(&sheet(nodes));
    let takes_part = takes_part_in_dark(nodes);
    let mut weak = BTreeSet::new();
    walk(nodes, |open, node| {
        let Node::Text(text) = node else { return };
        if text.trim().is_empty() || open.iter().any(|element| is_unseen(element)) || is_hidden(open, &sheet) {
            return;
        }
        for dark in [false, true] {
            let (front, back) = colours(open, &sheet, dark, dark && takes_part);
            if front.contrast(back) < LEAST {
                weak.insert((dark, front.to_string(), back.to_string(), first_words(text)));
            }
        }
    });
    let mut said = BTreeSet::new();
    weak.retain(|(dark, front, back, _)| said.insert((*dark, front.clone(), back.clone())));
    weak.into_iter().map(|(dark, front, back, text)| finding(part, dark, &front, &back, &text)).collect()
}

fn finding(part: &Part<'_>, dark: bool, front: &str, back: &str, text: &str) -> Finding {
    let ratio = Colour::parse(front).zip(Colour::parse(back)).map_or(0.0, |(front, back)| front.contrast(back));
    let scheme = if dark { "dark" } else { "light" };
    let message =
        format!("{front} on {back} has a contrast of {ratio:.2} to 1 in the {scheme} scheme, at the text {text:?}");
    let written = [front.to_owned(), back.to_owned(), short(front), short(back)];
    let cause = written.iter().find(|colour| part.files.values().any(|file| contains(file, colour)));
    part.fault("contrast", cause.map(String::as_str), message, HINT)
}

/// `#aabbcc` as `#abc`.
fn short(colour: &str) -> String {
    let digits = colour.as_bytes();
    let is_short = digits.len() == 7 && digits[1..].chunks(2).all(|pair| pair[0] == pair[1]);
    if is_short { colour.chars().take(1).chain(colour.chars().skip(1).step_by(2)).collect() } else { colour.to_owned() }
}

fn contains(file: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(file).to_ascii_lowercase().contains(text)
}

fn sheet(nodes: &[Node]) -> String {
    let mut sheet = String::new();
    walk(nodes, |open, node| {
        if let (Node::Text(text), Some("style")) = (node, open.last().map(|element| element.name.as_str())) {
            sheet.push_str(text);
        }
    });
    sheet
}

/// Whether the page says that it knows the dark scheme, so that a browser's own colours change with it.
fn takes_part_in_dark(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| {
        let Node::Start(element) = node else { return false };
        element.get("name") == Some("color-scheme") && element.get("content").unwrap_or_default().contains("dark")
    })
}

fn is_unseen(element: &Element) -> bool {
    matches!(element.name.as_str(), "head" | "style" | "script" | "title")
}

fn is_hidden(open: &[&Element], sheet: &[Rule]) -> bool {
    (1..=open.len()).any(|depth| {
        let displayed = value(&open[..depth], sheet, false, &["display"]);
        displayed.is_some_and(|display| display.eq_ignore_ascii_case("none"))
    })
}

/// The colours of text inside of these elements: its own, and what is behind it.
fn colours(open: &[&Element], sheet: &[Rule], dark: bool, dark_defaults: bool) -> (Colour, Colour) {
    let (mut front, mut back) = if dark_defaults { (WHITE, DARK) } else { (BLACK, WHITE) };
    for depth in 1..=open.len() {
        let (path, element) = (&open[..depth], open[depth - 1]);
        if element.name == "a" && element.get("href").is_some() {
            front = LINK[usize::from(dark_defaults)];
        }
        let of_attribute = |name: &str| element.get(name).and_then(Colour::parse);
        let named = value(path, sheet, dark, &["color"]).as_deref().and_then(Colour::parse);
        front = named.or_else(|| of_attribute("color")).unwrap_or(front);
        let behind = value(path, sheet, dark, &["background", "background-color"]).as_deref().and_then(first_colour);
        back = behind.or_else(|| of_attribute("bgcolor")).unwrap_or(back);
    }
    (front, back)
}

/// The value that wins of the properties: the element's own `style`, unless the dark scheme overrides it, then the strongest rule's.
fn value(path: &[&Element], sheet: &[Rule], dark: bool, properties: &[&str]) -> Option<String> {
    let of = |declared: &[(String, String)]| {
        let found = declared.iter().rev().find(|(name, _)| properties.contains(&name.as_str()));
        found.map(|(_, value)| value.clone())
    };
    let holding = sheet.iter().enumerate().filter(|(_, rule)| (dark || !rule.dark) && rule.matches(path));
    let values =
        holding.filter_map(|(order, rule)| Some(((rule.specificity(), order), rule.dark, of(&rule.declarations)?)));
    let strongest = values.max_by_key(|(rank, ..)| *rank);
    let inline = path.last().and_then(|element| element.get("style")).and_then(|style| of(&declarations(style)));
    match (inline, strongest) {
        // In mails a rule of the dark scheme that is to win over a style attribute is marked as important.
        (Some(_), Some((_, true, value))) => Some(value),
        (Some(inline), _) => Some(inline),
        (None, strongest) => strongest.map(|(.., value)| value),
    }
}

/// The colour in a `background`, which may say more.
fn first_colour(value: &str) -> Option<Colour> {
    Colour::parse(value).or_else(|| value.split_whitespace().find_map(Colour::parse))
}

fn first_words(text: &str) -> String {
    crate::clean::line(text, 30)
}
