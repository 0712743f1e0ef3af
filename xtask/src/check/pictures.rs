//! Every picture is shown on a page, with a text for those who cannot see it.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::Problem;
use super::links::resolve;
use super::tree::Tree;

const FOLDER: &str = "docs/pictures/";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let shown: Vec<Shown> = tree.with_ending(".md").flat_map(|(page, text)| shown(page, text)).collect();
    let without_text = shown.iter().filter(|picture| picture.text.trim().is_empty()).map(|picture| {
        format!("{}:{}: a picture without a text for those who cannot see it", picture.page, picture.line)
    });
    let is_shown = |path: &str| shown.iter().any(|picture| picture.path.as_deref() == Some(path));
    let unused = tree
        .files()
        .filter(|(path, _)| path.starts_with(FOLDER) && !is_shown(path))
        .map(|(path, _)| format!("{path}: no page shows this picture"));
    without_text.chain(unused).collect()
}

/// A picture on a page.
struct Shown {
    page: String,
    line: usize,
    path: Option<String>,
    text: String,
}

fn shown(page: &str, text: &str) -> Vec<Shown> {
    let mut pictures = Vec::new();
    let mut is_inside = false;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::Image { dest_url, .. }) => {
                let line = text[..range.start].matches('\n').count() + 1;
                let path = resolve(page, &dest_url);
                pictures.push(Shown { page: page.to_owned(), line, path, text: String::new() });
                is_inside = true;
            }
            Event::End(TagEnd::Image) => is_inside = false,
            Event::Text(text) | Event::Code(text) if is_inside => {
                if let Some(picture) = pictures.last_mut() {
                    picture.text.push_str(&text);
                }
            }
            _ => {}
        }
    }
    pictures
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    #[test]
    fn a_picture_with_a_text_passes() {
        let tree = Tree::of([("docs/a.md", "![a mail, on a phone](pictures/a.png)"), ("docs/pictures/a.png", "")]);
        assert_eq!(check(&tree), [""; 0]);
    }

    #[test]
    fn pictures_without_a_text_and_those_that_no_page_shows_are_problems() {
        let tree = Tree::of([
            ("README.md", "# A\n\n![](docs/pictures/a.png)\n"),
            ("docs/pictures/a.png", ""),
            ("docs/pictures/b.png", ""),
        ]);
        assert_eq!(
            check(&tree),
            [
                "README.md:3: a picture without a text for those who cannot see it",
                "docs/pictures/b.png: no page shows this picture",
            ]
        );
    }
}
