//! Each page in docs/adr/ is one decision, in one form, and the list has them all.

use super::Problem;
use super::tree::Tree;

const FOLDER: &str = "docs/adr/";
const LIST: &str = "docs/adr/README.md";

/// The headings of a decision, in their order.
const HEADINGS: [&str; 3] = ["## Context", "## Decision", "## Consequences"];

/// Who cannot read it in one go does not read it.
const LINES: usize = 45;

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let list = tree.text(LIST).unwrap_or_default();
    let pages = tree.with_ending(".md").filter(|(path, _)| path.starts_with(FOLDER) && *path != LIST);
    pages.flat_map(|(path, text)| problems(path, text, list)).collect()
}

fn problems(path: &str, text: &str, list: &str) -> Vec<Problem> {
    let name = path.trim_start_matches(FOLDER);
    let number = name.split('-').next().unwrap_or_default();
    let mut faults = Vec::new();
    if number.len() != 4 || number.parse::<u16>().is_err() {
        faults.push("is not named `0001-….md`".to_owned());
    }
    if !text.starts_with(&format!("# {number}: ")) {
        faults.push(format!("does not begin with `# {number}: `"));
    }
    let headings: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
    if headings != HEADINGS {
        faults.push(format!("does not have exactly the headings {HEADINGS:?}"));
    }
    if text.lines().count() > LINES {
        faults.push(format!("has more than {LINES} lines"));
    }
    if !list.contains(&format!("({name})")) {
        faults.push(format!("is not in {LIST}"));
    }
    faults.into_iter().map(|fault| format!("{path}: {fault}")).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    const GOOD: &str = "# 0001: One\n\n## Context\n\n## Decision\n\n## Consequences\n";
    const LIST: (&str, &str) = ("docs/adr/README.md", "[One](0001-one.md)");

    #[test]
    fn a_decision_in_its_form_passes() {
        assert_eq!(check(&Tree::of([("docs/adr/0001-one.md", GOOD), LIST])), [""; 0]);
    }

    #[test]
    fn another_name_form_or_length_and_one_that_is_not_listed_are_problems() {
        assert_eq!(
            check(&Tree::of([("docs/adr/0001-one.md", GOOD)])),
            ["docs/adr/0001-one.md: is not in docs/adr/README.md"]
        );
        assert_eq!(check(&Tree::of([("docs/adr/one.md", GOOD), LIST])).len(), 3);
        let long = format!("{GOOD}{}", "x\n".repeat(40));
        assert_eq!(check(&Tree::of([("docs/adr/0001-one.md", &long), LIST])).len(), 1);
        let other = GOOD.replace("## Context\n\n", "");
        assert_eq!(check(&Tree::of([("docs/adr/0001-one.md", &other), LIST])).len(), 1);
    }
}
