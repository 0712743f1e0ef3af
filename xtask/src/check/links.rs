//! Links between the repository's Markdown pages lead somewhere, down to the heading.

use std::collections::BTreeMap;
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::Problem;
use super::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.with_ending(".md")
        .flat_map(|(page, text)| {
            links(text).into_iter().filter_map(move |(offset, link)| {
                let fault = fault(tree, page, &link)?;
                let line = text[..offset].matches('\n').count() + 1;
                Some(format!("{page}:{line}: {fault}: {link}"))
            })
        })
        .collect()
}

fn fault(tree: &Tree, page: &str, link: &str) -> Option<&'static str> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let Some(target) = (if path.is_empty() { Some(page.to_owned()) } else { resolve(page, path) }) else {
        return Some("a link out of the repository");
    };
    if !tree.has(&target) {
        return Some("a link to nothing");
    }
    let found = || headings(tree.text(&target).unwrap_or_default()).iter().any(|slug| slug == heading);
    (!heading.is_empty() && is_page(&target) && !found()).then_some("a link to a heading that is not there")
}

/// The path from the root that a link on a page means; `None` when it leaves the repository.
pub(super) fn resolve(page: &str, link: &str) -> Option<String> {
    let mut folders: Vec<&str> = page.split('/').collect();
    folders.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(folders.pop()?),
            part => folders.push(part),
        }
    }
    Some(folders.join("/"))
}

/// Whether a path is that of a page.
pub(super) fn is_page(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending == "md")
}

/// Each link or image with where it begins.
pub(super) fn links(text: &str) -> Vec<(usize, String)> {
    parser(text)
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some((range.start, dest_url.to_string()))
            }
            _ => None,
        })
        .collect()
}

/// The headings' anchors as GitHub makes them: lower case, no punctuation, hyphens for spaces, numbers for repetitions.
fn headings(text: &str) -> Vec<String> {
    let mut seen = BTreeMap::<String, usize>::new();
    let mut anchors = Vec::new();
    let mut heading: Option<String> = None;
    for event in parser(text) {
        match (event, &mut heading) {
            (Event::Start(Tag::Heading { .. }), _) => heading = Some(String::new()),
            (Event::Text(text) | Event::Code(text), Some(heading)) => heading.push_str(&text),
            (Event::End(TagEnd::Heading(_)), _) => {
                let anchor = anchor(&heading.take().unwrap_or_default());
                let repeated = seen.entry(anchor.clone()).or_default();
                anchors.push(if *repeated == 0 { anchor } else { format!("{anchor}-{repeated}") });
                *repeated += 1;
            }
            _ => {}
        }
    }
    anchors
}

fn anchor(heading: &str) -> String {
    let kept = |character: &char| character.is_alphanumeric() || [' ', '-', '_'].contains(character);
    heading
        .to_lowercase()
        .chars()
        .filter(kept)
        .map(|character| if character == ' ' { '-' } else { character })
        .collect()
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

#[cfg(test)]
mod tests {
    use super::{check, headings};
    use crate::check::tree::Tree;

    #[test]
    fn links_to_pages_folders_headings_and_the_web_pass() {
        let tree = Tree::of([
            ("README.md", "[a](docs/README.md) [b](docs) [c](docs/README.md#two-words) [d](https://example.com/x)"),
            (
                "docs/README.md",
                "# Two words\n\n[up](../README.md) [here](#two-words)\n\n| [in a table](../README.md) |\n|-|\n",
            ),
        ]);
        assert_eq!(check(&tree), [""; 0]);
    }

    #[test]
    fn dead_links_are_named_with_their_page_and_line() {
        let tree = Tree::of([("docs/README.md", "# One\n\n[x](gone.md)\n[y](../../out.md)\n[z](#two)\n")]);
        assert_eq!(
            check(&tree),
            [
                "docs/README.md:3: a link to nothing: gone.md",
                "docs/README.md:4: a link out of the repository: ../../out.md",
                "docs/README.md:5: a link to a heading that is not there: #two",
            ]
        );
    }

    #[test]
    fn what_stands_in_code_is_no_link() {
        assert_eq!(check(&Tree::of([("a.md", "`[x](gone.md)`\n\n```\n[y](gone.md)\n```\n")])), [""; 0]);
    }

    #[test]
    fn anchors_are_made_as_github_makes_them() {
        assert_eq!(headings("# The `hold` step, twice\n## Same\n## Same\n"), ["the-hold-step-twice", "same", "same-1"]);
    }
}
