//! Every alarm that the hub's layer makes has its row for whoever it wakes.

use super::Problem;
use super::tree::{Tree, numbered};

const LAYER: &str = "account-customization/alarms.tf";
const PAGE: &str = "docs/troubleshooting.md";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let alarms: Vec<_> = numbered(tree.text(LAYER).unwrap_or_default())
        .filter_map(|(number, line)| Some((number, name(line)?)))
        .collect();
    if alarms.is_empty() {
        return vec![format!("{LAYER}: names no alarm that could be read")];
    }
    let page = tree.text(PAGE).unwrap_or_default();
    let has_row = |name: &str| page.lines().any(|line| line.starts_with("| `keywheel-") && line.contains(name));
    alarms
        .into_iter()
        .filter(|(_, name)| !has_row(&format!("`{name}`")))
        .map(|(number, name)| format!("{LAYER}:{number}: {PAGE} has no row for the alarm {name}"))
        .collect()
}

/// The alarm that a line names: written out, or as the key of what Keywheel counts itself.
fn name(line: &str) -> Option<String> {
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    if value.starts_with("{ metric =") {
        return Some(format!("keywheel-{key}"));
    }
    let name = value.strip_prefix('"')?.strip_suffix('"')?;
    (key == "alarm_name" && !name.contains("${")).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    const LAYER: &str = "    incomplete      = { metric = \"RunsIncomplete\" }\n  alarm_name          = \"keywheel-no-run\"\n  \
                         alarm_name          = \"keywheel-${each.key}\"\n";

    fn problems(layer: &str, page: &str) -> Vec<String> {
        check(&Tree::of([("account-customization/alarms.tf", layer), ("docs/troubleshooting.md", page)]))
    }

    #[test]
    fn alarms_with_a_row_pass() {
        assert_eq!(problems(LAYER, "| `keywheel-no-run`, `keywheel-incomplete` | what |\n"), [""; 0]);
    }

    #[test]
    fn an_alarm_that_is_only_mentioned_and_a_layer_without_alarms_are_problems() {
        assert_eq!(
            problems(LAYER, "| `keywheel-no-run` | what |\n\nSee `keywheel-incomplete`.\n"),
            ["account-customization/alarms.tf:1: docs/troubleshooting.md has no row for the alarm keywheel-incomplete"]
        );
        assert_eq!(problems("", "| `keywheel-no-run` | what |\n").len(), 1);
    }
}
