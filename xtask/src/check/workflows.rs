//! What GitHub's workflows run is what was looked at: actions are pinned by commit, and no job may do more than it says.

use super::Problem;
use super::tree::{Tree, numbered};

const FOLDER: &str = ".github/workflows/";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.files().filter(|(path, _)| path.starts_with(FOLDER)).flat_map(|(path, text)| problems(path, text)).collect()
}

fn problems(path: &str, text: &str) -> Vec<Problem> {
    let mut problems: Vec<Problem> = numbered(text)
        .filter_map(|(number, line)| {
            let action = line.trim_start().trim_start_matches("- ").strip_prefix("uses: ")?;
            (!is_pinned(action))
                .then(|| format!("{path}:{number}: not `owner/action@<40 hexadecimal digits> # v…`: {action}"))
        })
        .collect();
    if !text.lines().any(|line| line == "permissions: {}") {
        problems
            .push(format!("{path}: gives its jobs permissions that they do not ask for; write `permissions: {{}}`"));
    }
    let checkouts = text.matches("actions/checkout@").count();
    if text.matches("persist-credentials: false").count() < checkouts {
        problems.push(format!("{path}: a checkout leaves its token behind; write `persist-credentials: false`"));
    }
    problems
}

/// A tag can be moved to another commit, a commit cannot; the comment says which tag it was.
fn is_pinned(action: &str) -> bool {
    let Some((commit, tag)) = action.split_once('@').and_then(|(_, version)| version.split_once(" # v")) else {
        return false;
    };
    commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()) && !tag.is_empty()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    const GOOD: &str = "permissions: {}\njobs:\n  one:\n    steps:\n      \
        - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2\n        with:\n          persist-credentials: false\n";

    fn problems(text: &str) -> Vec<String> {
        check(&Tree::of([(".github/workflows/a.yml", text)]))
    }

    #[test]
    fn a_workflow_of_pinned_actions_passes() {
        assert_eq!(problems(GOOD), [""; 0]);
    }

    #[test]
    fn tags_branches_and_short_commits_are_problems() {
        for action in
            ["a/b@v4", "a/b@main", "a/b@11bd719 # v4.2.2", "a/b@11bd71901bbe5b1630ceea73d27597364c9af683", "a/b"]
        {
            let found = problems(&format!("{GOOD}      - uses: {action}\n"));
            assert_eq!(found.len(), 1, "{action}");
            assert!(found[0].starts_with(".github/workflows/a.yml:8: "), "{found:?}");
        }
    }

    #[test]
    fn permissions_of_all_jobs_and_tokens_left_behind_are_problems() {
        assert_eq!(problems(&GOOD.replace("permissions: {}", "permissions: write-all")).len(), 1);
        assert_eq!(problems(&GOOD.replace("persist-credentials: false", "fetch-depth: 0")).len(), 1);
    }
}
