//! What screen readers and mail programs go by: language, title, headings, tables, pictures.

use super::document::{Element, Node, walk};
use super::{Finding, Part};

const LANGUAGE: &str = "set lang and dir on <html> and on the element in <body>: some mail programs throw <html> away";
const HEADINGS: &str = "begin with one <h1> and go down one level at a time";
const TABLE: &str = "give the headings of a data table <th scope=\"col\"> or <th scope=\"row\">, and role=\"presentation\" to one that only lays out";

/// Looks at the structure of the HTML part.
pub(super) fn check(part: &Part<'_>, nodes: &[Node]) -> Vec<Finding> {
    let mut findings = Vec::new();
    language(part, nodes, &mut findings);
    headings(part, nodes, &mut findings);
    tables(part, nodes, &mut findings);
    findings
}

fn language(part: &Part<'_>, nodes: &[Node], findings: &mut Vec<Finding>) {
    let (mut html, mut inner, mut title) = (None, None, false);
    walk(nodes, |open, node| match (node, open) {
        (Node::Start(element), _) if element.name == "html" => html = Some(element),
        (Node::Start(element), [.., parent, _]) if parent.name == "body" && inner.is_none() => inner = Some(element),
        (Node::Start(element), _) if element.name == "img" && element.get("alt").is_none() => {
            let message = "<img> without alt".to_owned();
            findings.push(part.fault("image", Some("<img"), message, "say in alt what the picture shows, or alt=\"\""));
        }
        (Node::Text(text), [.., last]) if last.name == "title" => title |= !text.trim().is_empty(),
        _ => {}
    });
    for (what, element) in [("<html>", html), ("the element in <body>", inner)] {
        let missing = |name: &&str| element.is_none_or(|element| element.get(name).is_none_or(str::is_empty));
        let missing: Vec<&str> = ["lang", "dir"].into_iter().filter(missing).collect();
        if !missing.is_empty() {
            let cause = element.map(|element| format!("<{}", element.name));
            let message = format!("{what} has no {}", missing.join(" and no "));
            findings.push(part.fault("language", cause.as_deref(), message, LANGUAGE));
        }
    }
    if !title {
        let hint = "give <head> a <title>, such as the subject";
        findings.push(part.fault("language", Some("<head"), "the page has no title".to_owned(), hint));
    }
}

fn headings(part: &Part<'_>, nodes: &[Node], findings: &mut Vec<Finding>) {
    let level = |node: &Node| match node {
        Node::Start(element) => element.name.strip_prefix('h')?.parse::<u8>().ok(),
        Node::Text(_) | Node::End(_) => None,
    };
    let mut fault = |level: u8, message: String| {
        findings.push(part.fault("heading", Some(&format!("<h{level}")), message, HEADINGS));
    };
    let mut before = 0;
    for level in nodes.iter().filter_map(level) {
        match (before, level) {
            (0, 1) => {}
            (0, level) => fault(level, format!("the first heading is <h{level}>, not <h1>")),
            (_, 1) => fault(1, "there is a second <h1>".to_owned()),
            (before, level) if level > before + 1 => fault(level, format!("<h{level}> follows <h{before}>")),
            _ => {}
        }
        before = level;
    }
    if before == 0 {
        findings.push(part.fault("heading", None, "there is no heading".to_owned(), HEADINGS));
    }
}

/// A table that is open: the element, and whether a heading and any cell was seen.
struct Table<'a> {
    element: &'a Element,
    headed: bool,
    cells: usize,
}

fn tables(part: &Part<'_>, nodes: &[Node], findings: &mut Vec<Finding>) {
    let mut open: Vec<Table<'_>> = Vec::new();
    for node in nodes {
        match node {
            Node::Start(element) if element.name == "table" => open.push(Table { element, headed: false, cells: 0 }),
            Node::Start(element) if element.name == "th" => {
                let Some(table) = open.last_mut() else { continue };
                table.headed = true;
                if is_layout(table.element) {
                    let message = "<th> in a table with role=\"presentation\"".to_owned();
                    findings.push(part.fault("table", Some("<th"), message, TABLE));
                } else if !matches!(element.get("scope"), Some("col" | "row" | "colgroup" | "rowgroup")) {
                    let message = "<th> without scope".to_owned();
                    findings.push(part.fault("table", Some("<th>"), message, TABLE));
                }
            }
            Node::Start(element) if element.name == "td" => {
                if let Some(table) = open.last_mut() {
                    table.cells += 1;
                }
            }
            Node::End(name) if name == "table" => {
                let Some(table) = open.pop() else { continue };
                if table.cells > 0 && !table.headed && !is_layout(table.element) {
                    let message = "a data table without <th>".to_owned();
                    findings.push(part.fault("table", Some("<table"), message, TABLE));
                }
            }
            _ => {}
        }
    }
}

fn is_layout(table: &Element) -> bool {
    matches!(table.get("role"), Some("presentation" | "none"))
}
