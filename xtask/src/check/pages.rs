//! Every page can be reached from the README by links: a page that nobody is led to is not read, and not mended either.

use std::collections::BTreeSet;

use super::Problem;
use super::links::{is_page, links, resolve};
use super::tree::Tree;

const START: &str = "README.md";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let reached = reached(tree);
    let pages = tree.with_ending(".md").map(|(page, _)| page);
    pages
        .filter(|page| !is_readme(page) && !reached.contains(*page))
        .map(|page| format!("{page}: no way of links leads here from {START}"))
        .collect()
}

/// The pages that links lead to. Whoever opens a folder finds its `README.md`, linked or not.
fn reached(tree: &Tree) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<String> =
        tree.with_ending(START).filter(|(page, _)| is_readme(page)).map(|(page, _)| page.to_owned()).collect();
    while let Some(page) = waiting.pop() {
        let Some(text) = tree.text(&page).filter(|_| is_page(&page) && !reached.contains(&page)) else {
            continue;
        };
        let targets = links(text).into_iter().filter_map(|(_, link)| resolve(&page, link.split('#').next()?));
        waiting.extend(targets);
        reached.insert(page);
    }
    reached
}

fn is_readme(page: &str) -> bool {
    page.rsplit('/').next() == Some(START)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    #[test]
    fn what_links_lead_to_over_other_pages_passes() {
        let tree = Tree::of([
            ("README.md", "[list](docs/README.md#all)"),
            ("docs/README.md", "[one](one.md)"),
            ("docs/one.md", "[two](sub/two.md#head) and [one](one.md)"),
            ("docs/sub/two.md", "[out](https://example.com/x.md)"),
        ]);
        assert_eq!(check(&tree), [""; 0]);
    }

    #[test]
    fn a_page_that_only_an_unreached_page_links_is_a_problem() {
        let tree = Tree::of([
            ("README.md", "nothing"),
            ("docs/one.md", "[two](two.md)"),
            ("docs/two.md", "[one](one.md)"),
            ("crates/mail/README.md", "found in its folder"),
        ]);
        assert_eq!(
            check(&tree),
            [
                "docs/one.md: no way of links leads here from README.md",
                "docs/two.md: no way of links leads here from README.md",
            ]
        );
    }
}
