//! Links: over TLS alone, none to a page that asks for a password, and nothing that is fetched when the mail is read.

use super::document::{Element, Node};
use super::{Finding, Part};

const PLAIN: &str = "link to https, or leave the link out";
const SIGN_IN: &str = "a mail that sends people to a sign-in page teaches them to trust the next one; name the page and let them open it themselves";
const REMOTE: &str =
    "mail programs block what a mail fetches, and it tells the sender who read it: put the text in, or leave it out";
const ACTIVE: &str = "mail programs take it out, and some the whole mail with it; leave it out";

/// Words in an address that lead to a sign-in page.
const SIGN_IN_WORDS: [&str; 11] = [
    "signin",
    "sign-in",
    "sign_in",
    "login",
    "log-in",
    "logon",
    "/sso",
    "/oauth",
    "/auth",
    "awsapps.com/start",
    "console.aws.amazon.com",
];

/// Attributes whose value is fetched when the mail is shown.
const FETCHED: [&str; 6] = ["src", "srcset", "background", "poster", "data", "lowsrc"];

/// Elements that have no place in a mail.
const ACTIVE_ELEMENTS: [&str; 11] =
    ["script", "form", "input", "button", "iframe", "object", "embed", "video", "audio", "base", "frame"];

/// Addresses in a text part or a subject.
pub(super) fn in_text(part: &Part<'_>) -> Vec<Finding> {
    let is_end = |c: char| c.is_whitespace() || "<>\"'()[]".contains(c);
    let words = part.text.split(is_end).map(|word| word.trim_end_matches(['.', ',', ';', ':']));
    let addresses = words.filter(|word| word.contains("://"));
    addresses.filter_map(|address| of_address(part, address)).collect()
}

/// Links and everything that is fetched.
pub(super) fn in_html(part: &Part<'_>, nodes: &[Node]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for node in nodes {
        match node {
            Node::Start(element) => of_element(part, element, &mut findings),
            Node::Text(text) => of_style(part, text, &mut findings),
            Node::End(_) => {}
        }
    }
    findings
}

fn of_element(part: &Part<'_>, element: &Element, findings: &mut Vec<Finding>) {
    let name = element.name.as_str();
    if ACTIVE_ELEMENTS.contains(&name) {
        let message = format!("<{name}> has no place in a mail");
        findings.push(part.fault("remote", Some(&format!("<{name}")), message, ACTIVE));
    }
    for (attribute, value) in &element.attributes {
        let is_fetched = FETCHED.contains(&attribute.as_str()) || (name == "link" && attribute == "href");
        if is_fetched && !value.trim().starts_with("data:") {
            let message = format!("<{name} {attribute}> fetches {value:?}");
            findings.push(part.fault("remote", Some(value), message, REMOTE));
        } else if attribute == "href" {
            findings.extend(of_link(part, value.trim()));
        } else if attribute == "style" {
            of_style(part, value, findings);
        } else if attribute.starts_with("on") && attribute.len() > 3 {
            let message = format!("<{name} {attribute}> is script");
            findings.push(part.fault("remote", Some(&format!("{attribute}=")), message, ACTIVE));
        }
    }
}

fn of_link(part: &Part<'_>, address: &str) -> Option<Finding> {
    let scheme = address.split(':').next().unwrap_or_default().to_ascii_lowercase();
    if address.starts_with('#') || scheme == "mailto" {
        return None;
    }
    of_address(part, address)
}

fn of_address(part: &Part<'_>, address: &str) -> Option<Finding> {
    let lower = address.to_ascii_lowercase();
    if !lower.starts_with("https://") {
        return Some(part.fault("link", Some(address), format!("{address:?} is not an https address"), PLAIN));
    }
    let word = SIGN_IN_WORDS.iter().find(|word| lower.contains(*word))?;
    let message = format!("{address:?} leads to a page that asks to sign in ({word})");
    Some(part.fault("link", Some(address), message, SIGN_IN))
}

/// `url(…)` and `@import` in CSS, which a `style` element or attribute holds.
fn of_style(part: &Part<'_>, text: &str, findings: &mut Vec<Finding>) {
    let lower = text.to_ascii_lowercase();
    let mut rest = lower.as_str();
    while let Some((_, after)) = rest.split_once("url(") {
        let address = after.split(')').next().unwrap_or_default();
        if lower.contains([':', '{']) && !address.trim_matches(['"', '\'', ' ']).starts_with("data:") {
            let message = format!("a style fetches {address:?}");
            findings.push(part.fault("remote", Some(&format!("url({address}")), message, REMOTE));
        }
        rest = after;
    }
    if lower.contains("@import") {
        findings.push(part.fault("remote", Some("@import"), "a style imports another one".to_owned(), REMOTE));
    }
}
